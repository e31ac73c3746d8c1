import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import type { JsonSchema } from "../../lib/base/json_schema.ts";
import { schemaViolation } from "../../lib/base/json_schema.ts";
import { SERVER_KEYS } from "../../lib/cli/config.ts";
import { CONFIG_SCHEMA, CONFIG_SECTIONS } from "../../lib/cli/config_schema.ts";
import { CONFIG_KEYS, variableOf } from "../../lib/cli/config_value.ts";
import { resolveOptions } from "../../lib/server/options.ts";
import { MemoryAuthorizer } from "../../lib/auth/memory_authorizer.ts";

/** Every schema in it, with the path that leads there. */
function* parts(
  schema: JsonSchema,
  path: string,
): Generator<readonly [string, JsonSchema]> {
  yield [path, schema];
  for (const [name, member] of Object.entries(schema.properties ?? {})) {
    yield* parts(member, `${path}.${name}`);
  }
  for (const member of schema.anyOf ?? []) yield* parts(member, `${path}|`);
  if (schema.items) yield* parts(schema.items, `${path}[]`);
  if (schema.additionalProperties) {
    yield* parts(schema.additionalProperties, `${path}.*`);
  }
}

const PARTS = [...parts(CONFIG_SCHEMA, "config")];

describe("the schema of configuration files", () => {
  test("is published as it is", async () => {
    await expect(JSON.stringify(CONFIG_SCHEMA, null, 2) + "\n")
      .toMatchFileSnapshot("../../schema/config.schema.json");
  });

  test("has every option of the server that is no function", () => {
    // The doc comments are the list: a new option has to be among them.
    const source = readFileSync(
      fileURLToPath(new URL("../../lib/server/options.ts", import.meta.url)),
      "utf8",
    );
    const [, members = ""] = /interface ServerOptions \{([\s\S]*?)\n\}/
      .exec(source)!;
    const names = [...members.matchAll(/^ {2}readonly (\w+)\??:/gm)]
      .map(([, name]) => name!);
    expect(names.length).toBeGreaterThan(30);
    const byPrograms = [
      "authorizer",
      "commands",
      "admission",
      "hooks",
      "progressIntervalMs",
    ];
    const known = Object.keys(CONFIG_SCHEMA.properties!);
    expect(names.filter((name) => !known.includes(name))).toEqual(byPrograms);
    for (const key of Object.keys(SERVER_KEYS)) expect(known).toContain(key);
  });

  test("names each key in one section only", () => {
    const names = CONFIG_SECTIONS.flatMap((each) =>
      Object.keys(each.properties)
    );
    expect(new Set(names).size).toBe(names.length);
    expect(names.sort()).toEqual(
      Object.keys(CONFIG_SCHEMA.properties!).filter((key) => key !== "$schema")
        .sort(),
    );
  });

  test("describes every key, in sentences", () => {
    for (const [path, schema] of PARTS) {
      if (!/\.\w+$/.test(path)) continue;
      expect(schema.description, path).toMatch(/\.$/);
      if (/Ms$/.test(path)) {
        expect(schema.description, path).toContain("In milliseconds.");
      }
    }
  });

  test("has defaults and examples that it allows itself", () => {
    for (const [path, schema] of PARTS) {
      const { default: value, examples = [], ...rest } = schema;
      const given = value === undefined ? examples : [value, ...examples];
      for (const one of given) {
        expect(schemaViolation(rest, one), path).toBeNull();
      }
    }
  });

  test("has the server's own defaults", () => {
    const settings = resolveOptions({ authorizer: new MemoryAuthorizer() });
    const { properties = {} } = CONFIG_SCHEMA;
    for (const key of Object.keys(SERVER_KEYS)) {
      const { default: stated } = properties[key]!;
      if (stated === undefined) continue;
      const real = key === "loggedCommands"
        ? [...settings.loggedCommands]
        : Reflect.get(settings, key);
      if (key === "encoding") {
        expect(settings.codec.isUtf8).toBe(stated === "utf-8");
      } else if (key !== "unicodeErrors") expect(real, key).toEqual(stated);
    }
  });

  test("gives every key a variable of its own", () => {
    const variables = CONFIG_KEYS.map(({ path }) => variableOf(path));
    expect(new Set(variables).size).toBe(variables.length);
    expect(variables).toContain("ANYFTPD_IDLE_TIMEOUT_MS");
    expect(variables).toContain("ANYFTPD_TLS_MIN_VERSION");
    // These have meanings already, here and where Kubernetes sets them.
    for (const taken of ["PASSWORD", "CONFIG", "PORT", "SERVICE_HOST"]) {
      expect(variables).not.toContain(`ANYFTPD_${taken}`);
    }
  });
});

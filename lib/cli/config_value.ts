import { type JsonSchema, schemaViolations } from "../base/json_schema.ts";
import type { Config } from "./config.ts";
import { CONFIG_SCHEMA } from "./config_schema.ts";

/** A key that has a value of its own: `["tls", "cert"]`. */
export interface ConfigKey {
  readonly path: readonly string[];
  readonly schema: JsonSchema;
}

/** Every key with a name of its own, in the order of the schema. */
export const CONFIG_KEYS: readonly ConfigKey[] = [...keysOf(CONFIG_SCHEMA, [])];

/** The environment variable of a key: `ANYFTPD_TLS_MIN_VERSION`. */
export function variableOf(path: readonly string[]): string {
  const words = path.join("_").replace(/[A-Z]/g, "_$&").toUpperCase();
  return `ANYFTPD_${words}`;
}

/** The key that dots lead to: `tls.cert`; `null` when there is none. */
export function findKey(name: string): ConfigKey | null {
  return CONFIG_KEYS.find(({ path }) => path.join(".") === name) ?? null;
}

/**
 * A value written as a word: `true`, `5`, a text as it is, lists with commas
 * between the items, ports as `FROM-TO`, anything as JSON.
 *
 * @returns what is wrong with it: `must be a whole number`
 */
export function parseValue(
  { schema }: ConfigKey,
  text: string,
): { readonly value: unknown } | { readonly problem: string } {
  const value = valueOf(schema, text);
  for (const { path, problem } of schemaViolations(schema, value)) {
    const part = path.length === 0 ? "" : `${path.join(".")}: `;
    return { problem: `${part}${problem}` };
  }
  return { value };
}

/** The configuration with one more key. */
export function withValue(
  config: Config,
  path: readonly string[],
  value: unknown,
): Config {
  return mergeConfigs(
    config,
    path.reduceRight<unknown>(
      (inner, name) => ({ [name]: inner }),
      value,
    ) as Config,
  );
}

/** Two configurations; of keys in both, those of the second. */
export function mergeConfigs(first: Config, second: Config): Config {
  return {
    ...first,
    ...second,
    ...(second.tls === undefined
      ? {}
      : { tls: { ...first.tls, ...second.tls } }),
    ...(second.log === undefined
      ? {}
      : { log: { ...first.log, ...second.log } }),
  };
}

function* keysOf(
  schema: JsonSchema,
  path: readonly string[],
): Generator<ConfigKey, void, undefined> {
  for (const [name, member] of Object.entries(schema.properties ?? {})) {
    if (name === "$schema") continue;
    const key = { path: [...path, name], schema: member };
    yield key;
    if (member.properties !== undefined) yield* keysOf(member, key.path);
  }
}

function valueOf(schema: JsonSchema, text: string): unknown {
  if (schema.anyOf !== undefined) {
    const range = /^(\d+)-(\d+)$/.exec(text);
    if (range !== null) return { from: Number(range[1]), to: Number(range[2]) };
    const likely = schema.anyOf.find(({ type }) => type === "array");
    return text.startsWith("{") || likely === undefined
      ? json(text)
      : valueOf(likely, text);
  }
  switch (schema.type) {
    case "integer":
      return /^-?\d+$/.test(text) ? Number(text) : text;
    case "boolean":
      return text === "true" ? true : text === "false" ? false : text;
    case "array":
      if (text.startsWith("[")) return json(text);
      return text === ""
        ? []
        : text.split(",").map((item) =>
          valueOf(schema.items ?? {}, item.trim())
        );
    case "object":
      return json(text);
    default:
      return text;
  }
}

/** What is no JSON is a text, which the schema then refuses. */
function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

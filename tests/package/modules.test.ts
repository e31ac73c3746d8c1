import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runtimeProgram } from "../support/runtimes.ts";
import { Consumer, ENTRIES, output, specifierOf } from "./_packed.ts";

let consumer: Consumer;

beforeAll(() => {
  consumer = new Consumer();
}, 120_000);
afterAll(() => consumer?.remove());

const SPECIFIERS = ENTRIES.map(specifierOf);

/** Names that each entry must export; one is enough to know it by. */
const KNOWN: Readonly<Record<string, string>> = {
  "anyftpd": "serve",
  "anyftpd/core": "FtpServer",
  "anyftpd/node": "nodeTransport",
  "anyftpd/deno": "denoTransport",
  "anyftpd/bun": "bunTransport",
  "anyftpd/memory": "memoryServer",
  "anyftpd/streams": "streamConnection",
  "anyftpd/contract": "fileSystemContract",
  "anyftpd/cli": "main",
};

/** A dialogue with a server, and a name of every other entry. */
const USE = `
const server = await anyftpd.serve({ directory: ".", port: 0 });
if (!(server.address.port > 0)) throw new Error("no port");
await server.close();
console.log(names.join("\\n"));
`;

const ES_MODULE = `
import * as anyftpd from "anyftpd";
const names = [];
for (const name of ${JSON.stringify(SPECIFIERS)}) {
  names.push(...Object.keys(await import(name)).map((key) => name + " " + key));
}
${USE}`;

const COMMON_JS = `
const anyftpd = require("anyftpd");
const names = ${JSON.stringify(SPECIFIERS)}.flatMap((name) =>
  Object.keys(require(name)).map((key) => name + " " + key));
(async () => { ${USE} })();
`;

function expectEntries(printed: string): void {
  const names = printed.trimEnd().split("\n");
  for (const specifier of SPECIFIERS) {
    expect(names).toContain(`${specifier} ${KNOWN[specifier]}`);
  }
}

describe("every entry can be loaded", () => {
  test("by modules on Node", () => {
    const program = consumer.write("program.mjs", ES_MODULE);
    expectEntries(output("node", [program], consumer.path));
  });

  test("by CommonJS on Node", () => {
    const program = consumer.write("program.cjs", COMMON_JS);
    expectEntries(output("node", [program], consumer.path));
  });

  test("by modules on Deno", () => {
    const program = consumer.write("program.mjs", ES_MODULE);
    const deno = runtimeProgram("deno");
    expectEntries(output(deno, ["run", "-A", program], consumer.path));
  });

  test("by npm: specifiers on Deno", () => {
    const program = consumer.write(
      "npm.ts",
      ES_MODULE.replaceAll('"anyftpd', '"npm:anyftpd'),
    );
    const printed = output(
      runtimeProgram("deno"),
      ["run", "-A", program],
      consumer.path,
    );
    expectEntries(printed.replaceAll("npm:", ""));
  });

  test("by an import map on Deno", () => {
    const { exports } = JSON.parse(consumer.read("package.json"));
    const imports = Object.fromEntries(ENTRIES.map((entry) => [
      specifierOf(entry),
      `./node_modules/anyftpd/${exports[entry].default.slice(2)}`,
    ]));
    const program = consumer.write("program.mjs", ES_MODULE);
    const map = consumer.write("map.json", JSON.stringify({ imports }));
    expectEntries(output(
      runtimeProgram("deno"),
      ["run", "-A", "--no-config", `--import-map=${map}`, program],
      consumer.path,
    ));
  });

  test("by modules on Bun", () => {
    const program = consumer.write("program.mjs", ES_MODULE);
    expectEntries(output(runtimeProgram("bun"), [program], consumer.path));
  });

  test("by CommonJS on Bun", () => {
    const program = consumer.write("program.cjs", COMMON_JS);
    expectEntries(output(runtimeProgram("bun"), [program], consumer.path));
  });
});

describe("loading an entry", () => {
  test.each(SPECIFIERS)("starts nothing: %s", (name) => {
    const program = consumer.write(
      "silent.mjs",
      `import ${JSON.stringify(name)};`,
    );
    for (const runtime of ["node", "bun"] as const) {
      expect(output(runtimeProgram(runtime), [program], consumer.path)).toBe(
        "",
      );
    }
    const deno = runtimeProgram("deno");
    // Without any permission, and without a question.
    expect(output(deno, ["run", "--no-prompt", program], consumer.path))
      .toBe("");
  });
});

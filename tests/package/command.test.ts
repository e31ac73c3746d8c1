import { spawnSync } from "node:child_process";
import { statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { VERSION } from "../../lib/cli/version.ts";
import { runtimeProgram } from "../support/runtimes.ts";
import { serveToCurl } from "./_launch.ts";
import { cleanEnvironment, Consumer } from "./_packed.ts";

let consumer: Consumer;

beforeAll(() => {
  consumer = new Consumer();
}, 120_000);
afterAll(() => consumer?.remove());

const bun = runtimeProgram("bun");
const deno = runtimeProgram("deno");
const BUILT = "node_modules/anyftpd/dist/cli.js";

/** How people start the command, and what it then runs on. */
const WAYS: readonly (readonly [string, string, [string, ...string[]]])[] = [
  ["npx anyftpd", "node", ["npx", "anyftpd"]],
  ["bunx anyftpd", "node", [bun, "x", "anyftpd"]],
  ["bunx --bun anyftpd", "bun", [bun, "x", "--bun", "anyftpd"]],
  ["deno run -A npm:anyftpd", "deno", [deno, "run", "-A", "npm:anyftpd"]],
  ["node dist/cli.js", "node", ["node", BUILT]],
  ["bun dist/cli.js", "bun", [bun, BUILT]],
  ["deno run -A dist/cli.js", "deno", [deno, "run", "-A", BUILT]],
];

describe.each(WAYS)("%s", (_, runtime, program) => {
  test("serves a folder to curl", async () => {
    const log = await serveToCurl(program, consumer.path);
    expect(log).toContain(`transport: ${runtime}\n`);
  }, 30_000);

  test("says its version", () => {
    const [name, ...args] = program;
    const result = spawnSync(name, [...args, "--version"], {
      cwd: consumer.path,
      encoding: "utf8",
      env: cleanEnvironment(),
    });
    expect(result.stdout).toBe(`anyftpd ${VERSION}\n`);
    expect(result.status).toBe(0);
  });
});

test("one file without a runtime serves a folder to curl", async () => {
  const folder = consumer.at("bin");
  const script = new URL("../../scripts/compile.mjs", import.meta.url);
  const compiled = spawnSync(
    "node",
    [script.pathname, "--outdir", folder],
    { encoding: "utf8", env: cleanEnvironment() },
  );
  expect(compiled.stderr).toBe("");
  expect(compiled.stdout).toMatch(/anyftpd: \d+ MiB\n$/);
  const program = join(folder, "anyftpd");
  expect(statSync(program).size).toBeLessThan(200 * 1024 * 1024);
  const log = await serveToCurl([program], folder);
  expect(log).toContain("transport: bun\n");
}, 60_000);

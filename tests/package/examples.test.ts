// The examples as they stand, beside the installed package.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runtimeProgram } from "../support/runtimes.ts";
import { Consumer, output, ROOT } from "./_packed.ts";

let consumer: Consumer;

beforeAll(() => {
  consumer = new Consumer();
}, 120_000);
afterAll(() => consumer?.remove());

/** Node reads TypeScript from 22.18 on. */
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
const NODE_READS_TYPES = major > 22 || (major === 22 && minor >= 18);

const RUNTIMES: readonly (readonly [string, () => readonly string[]])[] = [
  ...(NODE_READS_TYPES ? [["node", () => ["node"]] as const] : []),
  ["deno", () => [runtimeProgram("deno"), "run", "-A"]],
  ["bun", () => [runtimeProgram("bun")]],
];

/** A program on any free port, which ends once it listens. */
function written(name: string, end: string): string {
  const source = readFileSync(join(ROOT, "examples", `${name}.ts`), "utf8");
  return consumer.write(
    `${name}.ts`,
    source.replace("port: 2121", "port: 0") + end,
  );
}

describe.each(RUNTIMES)("on %s", (_, command) => {
  test("basic listens", () => {
    const program = written("basic", "await server.close();\n");
    const [runtime, ...args] = command();
    expect(output(runtime!, [...args, program], consumer.path))
      .toMatch(/^Listening on port [1-9]\d*$/m);
  });

  test("worker_processes finds its module and listens", () => {
    written("worker_options", "");
    const program = written("worker_processes", "await pool.close();\n");
    const [runtime, ...args] = command();
    expect(output(runtime!, [...args, program], consumer.path))
      .toMatch(/^Listening on port \d+, workers \d+ and \d+$/m);
  });
});

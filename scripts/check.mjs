// Everything that a change must pass.
//
//   node scripts/check.mjs [--tests | --all]
//
// Without options: types, documentation, and what the registries ask for.
// `--tests` adds format, lint and the tests on this Node, on Deno and on Bun;
// `--all` runs the tests on every supported release of Node too. The last line
// says how many tests passed, and how many tests and checks failed.
import { spawn, spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { deno, ROOT } from "./_runtimes.mjs";

const { values: options } = parseArgs({
  options: {
    tests: { type: "boolean", default: false },
    all: { type: "boolean", default: false },
  },
});
const withTests = options.tests || options.all;

const DENO = deno().program;
const TSC = [process.execPath, join(ROOT, "node_modules/typescript/bin/tsc")];
const ENTRIES = Object.values(
  JSON.parse(readFileSync(join(ROOT, "deno.json"), "utf8")).exports,
);
const ADAPTERS = readdirSync(join(ROOT, "adapters"))
  .filter((name) => name.endsWith(".ts")).map((name) => `adapters/${name}`);

const LINT = [
  ["format", [DENO, "fmt", "--check"]],
  ["lint", [DENO, "lint"]],
];
const CHECKS = [
  ["types", TSC],
  ["types of the core", [...TSC, "-p", "tsconfig.core.json"]],
  ["types of the tests", [...TSC, "-p", "tsconfig.tests.json"]],
  ["deno check", [DENO, "check", ...ENTRIES, ...ADAPTERS]],
  ["deno doc", [DENO, "doc", "--lint", ...ENTRIES]],
  // It asks for a commit first, which a change does not have yet.
  ["deno publish", [DENO, "publish", "--dry-run", "--allow-dirty"]],
  ["npm pack", ["npm", "pack", "--dry-run", "--ignore-scripts"]],
];

let failed = 0;
for (const [name, command] of [...(withTests ? LINT : []), ...CHECKS]) {
  const begin = performance.now();
  const [program, ...args] = command;
  const result = spawnSync(program, args, { cwd: ROOT, encoding: "utf8" });
  const seconds = ((performance.now() - begin) / 1000).toFixed(1);
  const ok = result.status === 0;
  if (!ok) {
    failed++;
    print(result.stdout + result.stderr);
  }
  print(`${ok ? "ok    " : "FAILED"} ${name} (${seconds} s)\n`);
}
if (withTests) {
  const [passed, failedTests] = await runTests();
  print(`${passed} passed, ${failedTests + failed} failed\n`);
  failed += failedTests;
}
process.exitCode = failed === 0 ? 0 : 1;

/** Shows what the tests print, but for its last line, which it answers. */
async function runTests() {
  const args = [join(ROOT, "scripts/matrix.mjs")];
  if (options.all) args.push("--all");
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "inherit"],
  });
  let rest = "";
  let result = [0, 1];
  child.stdout.setEncoding("utf8").on("data", (chunk) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop();
    for (const line of lines) {
      const sum = /^(\d+) passed, (\d+) failed$/.exec(line);
      if (sum === null) print(`${line}\n`);
      else result = [Number(sum[1]), Number(sum[2])];
    }
  });
  await new Promise((resolve) => child.once("close", resolve));
  return result;
}

function print(text) {
  process.stdout.write(text);
}

// Builds the benchmark with tsc and starts one of its programs; the entry for
// Node 20, which cannot run TypeScript.
//
//   node bench/run.mjs [compare | draw | ftpbench | peers | profile] [options]
//
// Without a name it is `compare`, which is what `npm run bench` does.
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const PROGRAMS = ["compare", "draw", "ftpbench", "peers", "profile"];

const bench = dirname(fileURLToPath(import.meta.url));
const out = join(bench, "..", "node_modules", ".cache", "anyftpd-bench");
const tsc = join(
  dirname(createRequire(import.meta.url).resolve("typescript/package.json")),
  "bin",
  "tsc",
);

mkdirSync(out, { recursive: true });
// Node does not look above a folder named node_modules for the module type.
writeFileSync(join(out, "package.json"), '{ "type": "module" }\n');
const built = spawnSync(
  process.execPath,
  [tsc, "-p", join(bench, "tsconfig.json"), "--outDir", out],
  { stdio: "inherit" },
);
if (built.status !== 0) process.exit(1);

const [first, ...rest] = process.argv.slice(2);
const named = first !== undefined && PROGRAMS.includes(first);
const args = named || first === undefined ? rest : [first, ...rest];
const program = join(out, `${named ? first : "compare"}.js`);
const { main } = await import(pathToFileURL(program).href);
process.exitCode = await main(args);

// Compiles the sources to JavaScript with declarations, in `dist`. The folder is
// replaced in one step, so that a program that runs from it meets the old build
// or the new one.
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/**
 * `await using` needs a name that the default libraries of TypeScript lack.
 * Sources cannot ask for it: JSR refuses such directives.
 */
const DISPOSABLE = '/// <reference lib="esnext.disposable" />\n';

const goal = join(ROOT, "dist");
const fresh = mkdtempSync(`${goal}-`);
// Made for this user alone; others may run the command.
chmodSync(fresh, 0o755);
try {
  compile(fresh);
  for (const name of ["lib/server/server.d.ts", "adapters/memory.d.ts"]) {
    askForDisposable(join(fresh, name));
  }
  chmodSync(join(fresh, "cli.js"), 0o755);
  replace(goal, fresh);
} catch (error) {
  rmSync(fresh, { recursive: true, force: true });
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}

function compile(folder) {
  const manifest = createRequire(import.meta.url).resolve(
    "typescript/package.json",
  );
  const { status } = spawnSync(process.execPath, [
    join(dirname(manifest), "bin", "tsc"),
    "-p",
    join(ROOT, "tsconfig.build.json"),
    "--outDir",
    folder,
  ], { stdio: "inherit" });
  if (status !== 0) throw new Error("Cannot build: the compiler failed");
}

function askForDisposable(path) {
  writeFileSync(path, DISPOSABLE + readFileSync(path, "utf8"));
  // All lines of the declarations move down by one.
  const map = JSON.parse(readFileSync(`${path}.map`, "utf8"));
  map.mappings = `;${map.mappings}`;
  writeFileSync(`${path}.map`, JSON.stringify(map));
}

function replace(old, next) {
  const gone = `${next}-old`;
  if (existsSync(old)) renameSync(old, gone);
  renameSync(next, old);
  rmSync(gone, { recursive: true, force: true });
}

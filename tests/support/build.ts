import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { sha256 } from "./files.ts";

const ROOT: string = fileURLToPath(new URL("../..", import.meta.url));
const SOURCES = ["mod.ts", "cli.ts", "lib", "adapters", "tsconfig.build.json"];

/** A build that nobody has asked for anew in this time may go. */
const STALE_MS = 3_600_000;

/**
 * Compiles the sources for Node releases that do not read TypeScript and
 * returns the path of the Node adapter. The output is kept per state of the
 * sources, so tests never see an old build, and test files that run at the
 * same time share one.
 *
 * @throws {Error} with the compiler's output, when nothing was emitted
 */
export function buildForNode(): string {
  const cache = join(ROOT, "node_modules", ".cache", "anyftpd-tests");
  const folder = join(cache, stateOf(SOURCES.map((name) => join(ROOT, name))));
  const entry = join(folder, "adapters", "node.js");
  if (existsSync(entry)) return entry;
  mkdirSync(cache, { recursive: true });
  pruneBuilds(cache);
  const fresh = mkdtempSync(join(cache, "build-"));
  const compiler = join(ROOT, "node_modules", "typescript", "bin", "tsc");
  const built = spawnSync("node", [
    compiler,
    "-p",
    join(ROOT, "tsconfig.build.json"),
    "--outDir",
    fresh,
    "--declaration",
    "false",
    "--declarationMap",
    "false",
  ], { encoding: "utf8" });
  if (!existsSync(join(fresh, "adapters", "node.js"))) {
    rmSync(fresh, { recursive: true, force: true });
    throw new Error(`Cannot build for Node: ${built.stdout}${built.stderr}`);
  }
  // Below node_modules nothing else says that these are modules.
  writeFileSync(join(fresh, "package.json"), '{ "type": "module" }\n');
  try {
    renameSync(fresh, folder);
  } catch {
    // Another test file was faster; its output is the same.
    rmSync(fresh, { recursive: true, force: true });
  }
  return entry;
}

/** Removes what earlier states of the sources left. */
export function pruneBuilds(cache: string): void {
  for (const name of readdirSync(cache)) {
    if (!/^([0-9a-f]{16}|build-\w+|(package|pack)-.*)$/.test(name)) continue;
    const stat = statSync(join(cache, name), { throwIfNoEntry: false });
    if (stat && stat.mtimeMs < Date.now() - STALE_MS) {
      rmSync(join(cache, name), { recursive: true, force: true });
    }
  }
}

/** A name for the state of files and folders. */
export function stateOf(paths: readonly string[]): string {
  const lines: string[] = [];
  const visit = (path: string): void => {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (!stat) return;
    if (stat.isDirectory()) {
      for (const name of readdirSync(path).sort()) visit(join(path, name));
    } else {
      lines.push(`${path} ${stat.size} ${stat.mtimeMs}`);
    }
  };
  for (const path of paths) visit(path);
  return sha256(lines.join("\n")).slice(0, 16);
}

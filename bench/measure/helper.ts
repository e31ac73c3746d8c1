import { execFile } from "node:child_process";
import { existsSync, mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { BENCH, CACHE } from "../paths.ts";

const run = promisify(execFile);

/**
 * Compiles one of the C programs of this folder, unless that has been done.
 *
 * @returns where it is; `null` without a compiler or what it needs
 */
export async function compileHelper(
  name: string,
  ...libraries: readonly string[]
): Promise<string | null> {
  const source = join(BENCH, "measure", `${name}.c`);
  const binary = join(CACHE, name);
  const fresh = existsSync(binary) &&
    statSync(binary).mtimeMs > statSync(source).mtimeMs;
  if (fresh) return binary;
  mkdirSync(CACHE, { recursive: true });
  const flags = libraries.map((library) => `-l${library}`);
  try {
    await run("gcc", ["-O2", "-Wall", "-o", binary, source, ...flags]);
    return binary;
  } catch {
    return null;
  }
}

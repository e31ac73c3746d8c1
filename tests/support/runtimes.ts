import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import type { RuntimeName } from "../../adapters/_runtime.ts";

const MODULES = fileURLToPath(new URL("../../node_modules", import.meta.url));

/**
 * The program of a runtime, among the development dependencies.
 *
 * @throws {Error} when it is not installed
 */
export function runtimeProgram(name: RuntimeName): string {
  if (name === "node") return "node";
  const known = `${name[0]!.toUpperCase()}${name.slice(1)}`;
  if (known in globalThis) return process.execPath;
  if (name === "bun") return join(MODULES, ".bin", "bun");
  // Not .bin/deno: at first that is a script which passes no signals on.
  const scope = join(MODULES, "@deno");
  const folders = existsSync(scope) ? readdirSync(scope) : [];
  const found = folders.map((folder) => join(scope, folder, "deno"))
    .find((path) => existsSync(path));
  if (found === undefined) {
    throw new Error("Cannot run deno: run npm install first");
  }
  return found;
}

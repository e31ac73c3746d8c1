import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Whether a folder is the project's own. */
function isProject(folder: string): boolean {
  const file = join(folder, "package.json");
  if (!existsSync(file)) return false;
  const manifest = JSON.parse(readFileSync(file, "utf8")) as { name?: string };
  return manifest.name === "anyftpd";
}

function findProject(): string {
  // The compiled files lie deeper than the sources, so the depth is not fixed.
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!isProject(folder)) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error("Cannot find the project's folder");
    folder = parent;
  }
  return folder;
}

/** The project's folder. */
export const PROJECT: string = findProject();

/** The folder of the benchmark's sources, also when compiled files run. */
export const BENCH: string = join(PROJECT, "bench");

/** What may be thrown away: compiled helpers, unpacked packages. */
export const CACHE: string = join(BENCH, ".cache");

/** Whether a module is the program itself and not imported by another. */
export function isProgram(moduleUrl: string): boolean {
  return process.argv[1] === fileURLToPath(moduleUrl);
}

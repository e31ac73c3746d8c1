import { type Dir, opendirSync, promises } from "node:fs";
import type { HostPath } from "./_host_path.ts";

/**
 * The names in a folder, in the order of the system, in parts of at most so
 * many. Throws the errors of `node:fs` on the first step; the folder is closed
 * when the caller stops early, too.
 */
export type ReadNames = (
  folder: HostPath,
  atMost: number,
) => AsyncGenerator<string[], void, void>;

/** Names that the system is asked for at a time. */
const READ_AHEAD = { bufferSize: 1024 };

/** The calls of `node:fs` for it; see `FileCalls` for the two kinds. */
export function readNamesBy(kind: "blocking" | "pooled"): ReadNames {
  const blocking = kind === "blocking";
  return async function* (path, atMost): AsyncGenerator<string[], void, void> {
    const folder = blocking
      ? opendirSync(path, READ_AHEAD)
      : await promises.opendir(path, READ_AHEAD);
    try {
      while (true) {
        const names = await readPart(folder, atMost, blocking);
        if (names.length === 0) return;
        yield names;
      }
    } finally {
      folder.closeSync();
    }
  };
}

/** None at the end. */
async function readPart(
  folder: Dir,
  atMost: number,
  blocking: boolean,
): Promise<string[]> {
  const names: string[] = [];
  while (names.length < atMost) {
    const entry = blocking ? folder.readSync() : await folder.read();
    if (entry === null) break;
    names.push(entry.name);
  }
  return names;
}

import { FileError } from "../base/errors.ts";
import { isInside, joinPath } from "../protocol/path.ts";
import type { FileSystem } from "../spi/file_system.ts";

/** What may lie in a folder; what is left out has no limit. */
export interface Quota {
  /** The sizes of all files together. */
  readonly bytes?: number;
  /** Files, folders and links together. */
  readonly files?: number;
}

/** What lies in a folder. */
export interface Usage {
  /** The sizes of all files together. */
  readonly bytes: number;
  /** Files, folders and links together, without the folder itself. */
  readonly files: number;
}

/** A folder as its users see it, and where it is among all others. */
export interface CountedFolder {
  /** Whose `/` is the folder. */
  readonly fileSystem: FileSystem;
  /**
   * Its path, by which folders are told apart, and whether one is inside of
   * another: what `FileSystem.locate` makes of `/`, if it has that.
   */
  readonly root: string;
}

/** A file that is being written. */
export interface WrittenFile {
  /** Where it is, or was when its last name was removed. */
  path: string;
  /** Bytes, with what is being written now. */
  size: number;
  /** How often it is open. */
  handles: number;
  /** Writes that have begun, ever. */
  begun: number;
  /** Writes that have ended. */
  ended: number;
  /** False: its name is gone, and its bytes are when it is closed. */
  isNamed: boolean;
  /** Whether its size has to be looked at again. */
  isUnsure: boolean;
  /** Whether it has other names, whose sizes change too. */
  readonly isShared: boolean;
}

/** The count of one folder. */
export class CountedTree {
  readonly root: string;
  readonly #fileSystem: FileSystem;
  #bytes = 0;
  #files = 0;
  #isDoubted = false;

  /** @param fileSystem whose `/` is `root` */
  constructor(root: string, fileSystem: FileSystem) {
    this.root = root;
    this.#fileSystem = fileSystem;
  }

  get usage(): Usage {
    return { bytes: this.#bytes, files: this.#files };
  }

  /** Whether something was refused since all was counted. */
  get isDoubted(): boolean {
    return this.#isDoubted;
  }

  /** Counts all that is there; `written` are the files that grow meanwhile. */
  async scan(written: ReadonlySet<WrittenFile>): Promise<void> {
    const found = await measure(
      this.#fileSystem,
      "/",
      (path) => findWritten(written, underRoot(this.root, path)) !== null,
    );
    // At once from here on: nothing is counted twice, or not at all.
    let { bytes } = found;
    for (const { path, size } of written) {
      if (isInside(this.root, path)) bytes += size;
    }
    this.#bytes = bytes;
    this.#files = found.files;
    this.#isDoubted = false;
  }

  /** Counts what became more or less at a path. */
  charge(path: string, bytes: number, files: number): void {
    if (!isInside(this.root, path)) return;
    this.#bytes += bytes;
    if (path !== this.root) this.#files += files;
  }

  /**
   * Whether there is room for so much more.
   *
   * @throws {FileError} `quota-exceeded`
   */
  demand(quota: Quota, bytes: number, files: number): void {
    const { bytes: mostBytes = Infinity, files: mostFiles = Infinity } = quota;
    const isOver = (bytes > 0 && this.#bytes + bytes > mostBytes) ||
      (files > 0 && this.#files + files > mostFiles);
    if (!isOver) return;
    this.#isDoubted = true;
    throw new FileError(
      "quota-exceeded",
      `Cannot write to "${this.root}": ${this.#bytes} bytes in ` +
        `${this.#files} files are there, the quota is ${mostBytes} bytes in ` +
        `${mostFiles} files`,
    );
  }
}

/** The file with this name, if it is being written. */
export function findWritten(
  written: ReadonlySet<WrittenFile>,
  path: string,
): WrittenFile | null {
  for (const file of written) {
    if (file.isNamed && file.path === path) return file;
  }
  return null;
}

/** The path of one tree as a path of the larger one. */
export function underRoot(root: string, path: string): string {
  if (path === "/") return root;
  return root === "/" ? path : root + path;
}

/**
 * What lies below a folder, links not followed.
 *
 * @param isLeftOut files whose bytes shall not count
 */
export async function measure(
  fileSystem: FileSystem,
  folder: string,
  isLeftOut: (path: string) => boolean,
): Promise<Usage> {
  let bytes = 0;
  let files = 0;
  const folders = [folder];
  for (let at = folders.pop(); at !== undefined; at = folders.pop()) {
    const options = { sorted: false, stat: "self" } as const;
    try {
      for await (const batch of fileSystem.list(at, options)) {
        for (const { name, stat } of batch) {
          const path = joinPath(at, name);
          files++;
          if (stat?.kind === "directory") folders.push(path);
          else if (stat?.kind === "file" && !isLeftOut(path)) {
            bytes += stat.size;
          }
        }
      }
    } catch (error) {
      // What nobody may look into holds nothing of the user's.
      if (!(error instanceof FileError)) throw error;
    }
  }
  return { bytes, files };
}

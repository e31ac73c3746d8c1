import { FileError } from "../base/errors.ts";
import type {
  DirectoryEntry,
  FileHandle,
  FileSystem,
  OpenMode,
} from "../spi/file_system.ts";
import { splitPath } from "./check_path.ts";

/** Options of {@linkcode atomicUploads}. */
export interface AtomicUploadsOptions {
  /**
   * What becomes of an upload that did not finish: removed, or kept under its
   * hidden name for whoever looks into the folder by other means.
   * @default {"remove"}
   */
  readonly broken?: "remove" | "keep";
  /**
   * How the hidden names begin. Clients neither see nor reach names that
   * begin so.
   * @default {".anyftpd-upload-"}
   */
  readonly prefix?: string;
}

/** Enough for no two uploads to meet, and to be guessed by nobody. */
const RANDOM_BYTES = 12;

/**
 * The same tree, but a file that is written from its beginning appears when it
 * is complete, in one step: until then it has a hidden name in the same folder,
 * and what had its name before is still there. Uploads that go on with a file
 * (REST, APPE) write into it, as they have to.
 *
 * A program that dies leaves hidden files behind; they are never served.
 *
 * @example
 * ```ts
 * import { atomicUploads, MemoryFileSystem } from "anyftpd/core";
 * const files = new MemoryFileSystem();
 * files.writeFile("/a", "old");
 * const tree = atomicUploads(files);
 * const handle = await tree.open("/a", {
 *   access: "write",
 *   create: "always",
 *   truncate: true,
 * });
 * await handle.write(new TextEncoder().encode("new"), 0);
 * console.assert((await files.stat("/a")).size === 3);
 * await handle.close();
 * console.assert(new TextDecoder().decode(files.readFile("/a")) === "new");
 * ```
 */
export function atomicUploads(
  fileSystem: FileSystem,
  options: AtomicUploadsOptions = {},
): FileSystem {
  const { broken = "remove", prefix = ".anyftpd-upload-" } = options;
  const isHidden = (path: string): boolean =>
    path.split("/").some((name) => name.startsWith(prefix));
  /** A path that clients may name. */
  const known = (path: string): string => {
    if (!isHidden(path)) return path;
    throw new FileError("not-found", `Cannot reach "${path}": it is hidden`);
  };
  /** A name that clients may make. */
  const allowed = (path: string): string => {
    if (!isHidden(path)) return path;
    throw new FileError(
      "permission-denied",
      `Cannot use "${path}": the name is reserved`,
    );
  };
  const open = async (path: string, mode: OpenMode): Promise<FileHandle> => {
    if (mode.access === "read") return await fileSystem.open(known(path), mode);
    if (mode.access === "append" || !mode.truncate && mode.create !== "new") {
      return await fileSystem.open(allowed(path), mode);
    }
    return await Upload.begin(fileSystem, allowed(path), mode, prefix, broken);
  };
  const { entry, enter, resolve, locate, freeSpace } = fileSystem;
  const { setModified, setMode, keepsCreationTime } = fileSystem;
  return {
    stat: async (path, given) => await fileSystem.stat(known(path), given),
    list: (path, given) =>
      visible(() => fileSystem.list(known(path), given), prefix),
    open,
    makeDirectory: async (path) =>
      await fileSystem.makeDirectory(allowed(path)),
    removeDirectory: async (path) =>
      await fileSystem.removeDirectory(known(path)),
    remove: async (path) => await fileSystem.remove(known(path)),
    rename: async (from, to) =>
      await fileSystem.rename(known(from), allowed(to)),
    ...(keepsCreationTime === undefined ? {} : { keepsCreationTime }),
    ...(entry && {
      entry: async (path) => await entry.call(fileSystem, known(path)),
    }),
    ...(enter && {
      enter: async (path) => await enter.call(fileSystem, known(path)),
    }),
    ...(setModified && {
      setModified: async (path, milliseconds) =>
        await setModified.call(fileSystem, known(path), milliseconds),
    }),
    ...(setMode && {
      setMode: async (path, mode) =>
        await setMode.call(fileSystem, known(path), mode),
    }),
    ...(freeSpace && { freeSpace: freeSpace.bind(fileSystem) }),
    ...(resolve && { resolve: resolve.bind(fileSystem) }),
    ...(locate && { locate: locate.bind(fileSystem) }),
  };
}

async function* visible(
  list: () => AsyncIterable<readonly DirectoryEntry[]>,
  prefix: string,
): AsyncIterable<readonly DirectoryEntry[]> {
  for await (const batch of list()) {
    yield batch.some(({ name }) => name.startsWith(prefix))
      ? batch.filter(({ name }) => !name.startsWith(prefix))
      : batch;
  }
}

/** A file under its hidden name, and where it shall go. */
class Upload implements FileHandle {
  readonly size = 0;
  readonly #fileSystem: FileSystem;
  readonly #inner: FileHandle;
  readonly #hidden: string;
  readonly #goal: string;
  /** Of the file that it takes the place of; `null` for a new one. */
  readonly #mode: number | null;
  /** The name was taken for it alone, by an empty file. */
  readonly #isReserved: boolean;
  readonly #broken: "remove" | "keep";
  #over = false;

  private constructor(parts: {
    readonly fileSystem: FileSystem;
    readonly inner: FileHandle;
    readonly hidden: string;
    readonly goal: string;
    readonly mode: number | null;
    readonly isReserved: boolean;
    readonly broken: "remove" | "keep";
  }) {
    this.#fileSystem = parts.fileSystem;
    this.#inner = parts.inner;
    this.#hidden = parts.hidden;
    this.#goal = parts.goal;
    this.#mode = parts.mode;
    this.#isReserved = parts.isReserved;
    this.#broken = parts.broken;
  }

  static async begin(
    fileSystem: FileSystem,
    path: string,
    mode: OpenMode & { readonly access: "write" },
    prefix: string,
    broken: "remove" | "keep",
  ): Promise<Upload> {
    const isReserved = mode.create === "new";
    let goal = path;
    let old: number | null = null;
    if (isReserved) {
      await (await fileSystem.open(path, mode)).close();
    } else {
      // Opened and left as it is: all that forbids writing forbids it now. A
      // link stays one, its target is what is replaced.
      old = await writable(fileSystem, path, mode.create);
      goal = await fileSystem.resolve?.(path) ?? path;
    }
    const [folder] = splitPath(goal);
    const hidden = `${folder === "/" ? "" : folder}/${prefix}${randomName()}`;
    try {
      const inner = await fileSystem.open(hidden, {
        access: "write",
        create: "new",
        truncate: true,
      });
      return new Upload({
        fileSystem,
        inner,
        hidden,
        goal,
        mode: old,
        isReserved,
        broken,
      });
    } catch (error) {
      if (isReserved) await fileSystem.remove(path).catch(() => {});
      throw error;
    }
  }

  get fd(): number | undefined {
    return this.#over ? undefined : this.#inner.fd;
  }

  read(into: Uint8Array, position: number): Promise<number> {
    return this.#inner.read(into, position);
  }

  write(bytes: Uint8Array, position: number): Promise<void> {
    return this.#inner.write(bytes, position);
  }

  writeNow(bytes: Uint8Array, position: number): boolean {
    return !this.#over &&
      this.#inner.writeNow?.(bytes, position) === true;
  }

  async close(): Promise<void> {
    if (this.#over) return;
    this.#over = true;
    try {
      await this.#inner.close();
      if (this.#mode !== null) {
        await this.#fileSystem.setMode?.(this.#hidden, this.#mode)
          .catch(() => {}); // Somebody else's file: the content counts.
      }
      await this.#fileSystem.rename(this.#hidden, this.#goal);
    } catch (error) {
      await this.#giveUp();
      throw error;
    }
  }

  async abort(reason: unknown): Promise<void> {
    if (this.#over) return;
    this.#over = true;
    try {
      if (this.#inner.abort) await this.#inner.abort(reason);
      else await this.#inner.close();
    } finally {
      await this.#giveUp();
    }
  }

  async #giveUp(): Promise<void> {
    if (this.#isReserved) {
      await this.#fileSystem.remove(this.#goal).catch(() => {});
    }
    if (this.#broken === "remove") {
      await this.#fileSystem.remove(this.#hidden).catch(() => {});
    }
  }
}

/**
 * Makes sure that a file may be written.
 *
 * @returns the mode of one that is there, `null` when none is
 */
async function writable(
  fileSystem: FileSystem,
  path: string,
  create: "always" | "never",
): Promise<number | null> {
  try {
    const handle = await fileSystem.open(path, {
      access: "write",
      create: "never",
      truncate: false,
    });
    await handle.close();
  } catch (error) {
    const isMissing = error instanceof FileError && error.code === "not-found";
    if (isMissing && create === "always") return null;
    throw error;
  }
  return (await fileSystem.stat(path)).mode ?? null;
}

function randomName(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(RANDOM_BYTES));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0"))
    .join("");
}

import { FileError } from "../base/errors.ts";
import type {
  DirectoryEntry,
  FileHandle,
  FileSystem,
  OpenMode,
} from "../spi/file_system.ts";
import { realName, Upload } from "./upload.ts";

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
  const uploads = new Set<Upload>();
  const open = async (path: string, mode: OpenMode): Promise<FileHandle> => {
    if (mode.access === "read") return await fileSystem.open(known(path), mode);
    if (mode.access === "append" || !mode.truncate && mode.create !== "new") {
      return await fileSystem.open(allowed(path), mode);
    }
    return await Upload.begin(
      fileSystem,
      allowed(path),
      mode,
      prefix,
      broken,
      uploads,
    );
  };
  const rename = async (from: string, to: string): Promise<void> => {
    if (uploads.size === 0) {
      return await fileSystem.rename(known(from), allowed(to));
    }
    const source = await realName(fileSystem, known(from));
    await fileSystem.rename(from, allowed(to));
    const target = await realName(fileSystem, to);
    for (const upload of uploads) upload.follow(source, target);
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
    rename,
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

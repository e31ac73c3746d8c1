import { FileError } from "../base/errors.ts";
import type { FileHandle, FileSystem, OpenMode } from "../spi/file_system.ts";

/** To make a file that nobody has. */
const NEW: OpenMode = { access: "write", create: "new", truncate: true };

/**
 * The same tree, but a file that is there is never replaced or written to:
 * such calls reject with `exists`, also when two clients want the same new name
 * at the same time, or another program does. What may be removed and renamed is
 * up to the permissions of users; the new name has to be free.
 *
 * Under `atomicUploads`, so that uploads appear when they are complete and an
 * upload that broke can be sent again:
 * `atomicUploads(noOverwrite(fileSystem))`. A program that is killed within the
 * step in which a file gets its name can leave an empty file under it.
 *
 * @example
 * ```ts
 * import { MemoryFileSystem, noOverwrite } from "anyftpd/core";
 * const files = new MemoryFileSystem();
 * files.writeFile("/a", "first");
 * const tree = noOverwrite(files);
 * await tree.open("/a", { access: "append" }).catch((error) => {
 *   console.assert(error.code === "exists");
 * });
 * ```
 */
export function noOverwrite(fileSystem: FileSystem): FileSystem {
  const { entry, enter, resolve, locate, freeSpace } = fileSystem;
  const { setModified, setMode, keepsCreationTime } = fileSystem;
  return {
    stat: (path, options) => fileSystem.stat(path, options),
    list: (path, options) => fileSystem.list(path, options),
    open: (path, mode) => openNew(fileSystem, path, mode),
    makeDirectory: (path) => fileSystem.makeDirectory(path),
    removeDirectory: (path) => fileSystem.removeDirectory(path),
    remove: (path) => fileSystem.remove(path),
    rename: (from, to) => renameToFree(fileSystem, from, to),
    ...(keepsCreationTime === undefined ? {} : { keepsCreationTime }),
    ...(entry && { entry: entry.bind(fileSystem) }),
    ...(enter && { enter: enter.bind(fileSystem) }),
    ...(setModified && { setModified: setModified.bind(fileSystem) }),
    ...(setMode && { setMode: setMode.bind(fileSystem) }),
    ...(freeSpace && { freeSpace: freeSpace.bind(fileSystem) }),
    ...(resolve && { resolve: resolve.bind(fileSystem) }),
    ...(locate && { locate: locate.bind(fileSystem) }),
  };
}

async function openNew(
  fileSystem: FileSystem,
  path: string,
  mode: OpenMode,
): Promise<FileHandle> {
  if (mode.access === "read") return await fileSystem.open(path, mode);
  if (mode.access === "write" && mode.create === "never") {
    // Refused as it would be otherwise, but for what would work.
    await (await fileSystem.open(path, { ...mode, truncate: false })).close();
    throw taken(path);
  }
  return await fileSystem.open(path, NEW);
}

/** The new name is taken first, by something empty that gives way. */
async function renameToFree(
  fileSystem: FileSystem,
  from: string,
  to: string,
): Promise<void> {
  const { kind } = await fileSystem.stat(from, { followLinks: false });
  if (from === to) return await fileSystem.rename(from, to);
  const isFolder = kind === "directory";
  if (isFolder) await fileSystem.makeDirectory(to);
  else await (await fileSystem.open(to, NEW)).close();
  try {
    await fileSystem.rename(from, to);
  } catch (error) {
    const giveWay = isFolder
      ? fileSystem.removeDirectory(to)
      : fileSystem.remove(to);
    await giveWay.catch(() => {}); // Somebody may have written to it.
    throw error;
  }
}

function taken(path: string): FileError {
  return new FileError("exists", `Cannot write to "${path}": it exists`);
}

import { FileError } from "../base/errors.ts";
import type { FileSystem } from "../spi/file_system.ts";

/**
 * The same tree, but nothing in it can be made, changed or removed: such calls
 * reject with `read-only`. MFMT and SITE CHMOD are not offered at all.
 *
 * @example
 * ```ts
 * import { MemoryFileSystem, readOnly } from "anyftpd/core";
 * const files = readOnly(new MemoryFileSystem());
 * await files.makeDirectory("/new").catch((error) => {
 *   console.assert(error.code === "read-only");
 * });
 * ```
 */
export function readOnly(fileSystem: FileSystem): FileSystem {
  const { entry, keepsCreationTime } = fileSystem;
  return {
    stat: (path, options) => fileSystem.stat(path, options),
    list: (path, options) => fileSystem.list(path, options),
    open: (path, mode) =>
      mode.access === "read"
        ? fileSystem.open(path, mode)
        : refuse("write", path),
    makeDirectory: (path) => refuse("make", path),
    removeDirectory: (path) => refuse("remove", path),
    remove: (path) => refuse("remove", path),
    rename: (from) => refuse("rename", from),
    ...(keepsCreationTime === undefined ? {} : { keepsCreationTime }),
    ...(entry && { entry: entry.bind(fileSystem) }),
    ...(fileSystem.enter && { enter: fileSystem.enter.bind(fileSystem) }),
    ...(fileSystem.resolve && { resolve: fileSystem.resolve.bind(fileSystem) }),
    ...(fileSystem.locate && { locate: fileSystem.locate.bind(fileSystem) }),
  };
}

function refuse(action: string, path: string): Promise<never> {
  return Promise.reject(
    new FileError(
      "read-only",
      `Cannot ${action} "${path}": the file system is read-only`,
    ),
  );
}

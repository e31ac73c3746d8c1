import { FileError, type FileErrorCode } from "../base/errors.ts";
import type { MemoryFile, MemoryNode } from "./memory_node.ts";

// Permission bits: those of the owner decide, as for a single user.

/** A file may be read, a folder listed. */
export const READ = 0o400;
/** A file may be written, names may come into a folder and leave it. */
export const WRITE = 0o200;
/** A folder may be entered. */
export const SEARCH = 0o100;

/** The node as a file that may be opened. */
export function regular(
  node: MemoryNode,
  permission: number,
  path: string,
): MemoryFile {
  if (node.kind === "directory") throw failure("is-a-directory", path);
  if (node.kind !== "file") throw failure("not-a-file", path);
  allow(node, permission, path);
  return node;
}

/** Refuses what the node's permission bits do not grant. */
export function allow(
  node: MemoryNode,
  permission: number,
  path: string,
): void {
  if ((node.mode & permission) !== permission) {
    throw failure("permission-denied", path);
  }
}

/** The error to throw for a path. */
export function failure(code: FileErrorCode, path: string): FileError {
  return new FileError(code, `Cannot use "${path}": ${code}`);
}

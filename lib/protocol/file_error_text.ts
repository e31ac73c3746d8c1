import type { FileError, FileErrorCode } from "../base/errors.ts";

/** The words of the C library, which clients have seen for decades. */
const TEXTS: Readonly<Record<FileErrorCode, string>> = {
  "not-found": "No such file or directory",
  "exists": "File exists",
  "not-a-directory": "Not a directory",
  "is-a-directory": "Is a directory",
  "not-empty": "Directory not empty",
  "permission-denied": "Permission denied",
  "not-permitted": "Operation not permitted",
  "read-only": "Read-only file system",
  "no-space": "No space left on device",
  "quota-exceeded": "Disk quota exceeded",
  "too-large": "File too large",
  "name-too-long": "File name too long",
  "too-many-links": "Too many levels of symbolic links",
  "cross-device": "Invalid cross-device link",
  "busy": "Device or resource busy",
  "too-many-open": "Too many open files",
  "not-a-file": "Not a regular file",
  "outside-root": "The path points outside of the user's root directory",
  "invalid": "Invalid argument",
  "unsupported": "Operation not supported",
  "io": "Input/output error",
  "custom": "Operation failed",
};

/**
 * What a client is told of a file error, without a full stop. It never holds a
 * path of the disk.
 */
export function fileErrorText(error: FileError): string {
  return error.code === "custom" && error.reply !== null
    ? error.reply
    : TEXTS[error.code];
}

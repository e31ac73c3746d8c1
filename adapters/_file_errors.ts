import { constants } from "node:os";
import { FileError, type FileErrorCode } from "../lib/base/errors.ts";

/** The operating system's error names; what is not listed is `io`. */
const CODES: Readonly<Record<string, FileErrorCode>> = {
  ENOENT: "not-found",
  EEXIST: "exists",
  ENOTDIR: "not-a-directory",
  EISDIR: "is-a-directory",
  ENOTEMPTY: "not-empty",
  EACCES: "permission-denied",
  EPERM: "not-permitted",
  EROFS: "read-only",
  ENOSPC: "no-space",
  EDQUOT: "quota-exceeded",
  EFBIG: "too-large",
  EOVERFLOW: "too-large",
  ENAMETOOLONG: "name-too-long",
  ELOOP: "too-many-links",
  EMLINK: "too-many-links",
  EXDEV: "cross-device",
  EBUSY: "busy",
  ETXTBSY: "busy",
  // A lease or a mandatory lock, since files are opened with O_NONBLOCK.
  EAGAIN: "busy",
  EWOULDBLOCK: "busy",
  EMFILE: "too-many-open",
  ENFILE: "too-many-open",
  // What opening a pipe without a reader, or a socket, answers.
  ENXIO: "not-a-file",
  ENODEV: "not-a-file",
  EINVAL: "invalid",
  EILSEQ: "invalid",
  ERR_INVALID_ARG_VALUE: "invalid",
  ENOSYS: "unsupported",
  ENOTSUP: "unsupported",
  EOPNOTSUPP: "unsupported",
};

const TEXTS: Readonly<Record<FileErrorCode, string>> = {
  "not-found": "no such file or directory",
  "exists": "file exists",
  "not-a-directory": "not a directory",
  "is-a-directory": "is a directory",
  "not-empty": "directory not empty",
  "permission-denied": "permission denied",
  "not-permitted": "operation not permitted",
  "read-only": "read-only file system",
  "no-space": "no space left on device",
  "quota-exceeded": "disk quota exceeded",
  "too-large": "file too large",
  "name-too-long": "file name too long",
  "too-many-links": "too many levels of symbolic links",
  "cross-device": "not on the same device",
  "busy": "device or resource busy",
  "too-many-open": "too many open files",
  "not-a-file": "not a regular file",
  "outside-root": "outside the shared folder",
  "invalid": "invalid argument",
  "unsupported": "operation not supported",
  "io": "input/output error",
  "custom": "refused",
};

/** The code for what a `node:fs` call threw. */
export function fileErrorCode(error: unknown): FileErrorCode {
  if (error instanceof FileError) return error.code;
  return CODES[systemCode(error)] ?? "io";
}

/** The name that the system has for an error, or an empty text. */
function systemCode(error: unknown): string {
  if (!(error instanceof Error)) return "";
  if ("code" in error && typeof error.code === "string") return error.code;
  // Deno refuses paths outside --allow-read and --allow-write with an error
  // that has no code, and has none for EFBIG and EDQUOT, among others: there
  // the number in the message is all there is (seen with 2.9).
  if (error.name === "NotCapable") return "EACCES";
  const number = /\(os error (\d+)\)$/.exec(error.message)?.[1];
  return number === undefined ? "" : NAMES.get(Number(number)) ?? "";
}

/** Names by number, which differ from system to system. */
const NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(constants.errno).map(([name, number]) => [number, name]),
);

/** The words for a code in a message for the log. */
export function describeCode(code: FileErrorCode): string {
  return TEXTS[code];
}

/**
 * The error to throw for what a `node:fs` call threw.
 *
 * @param action What was tried, as a verb: `open`, `rename`
 * @param path The real path, for the log
 */
export function fileError(
  error: unknown,
  action: string,
  path: string,
): FileError {
  if (error instanceof FileError) return error;
  return makeFileError(fileErrorCode(error), action, path, error);
}

/** An error that the operating system did not raise but might have. */
export function makeFileError(
  code: FileErrorCode,
  action: string,
  path: string,
  cause?: unknown,
): FileError {
  const system = systemCode(cause);
  const detail = code === "io" && system !== "" ? ` (${system})` : "";
  return new FileError(
    code,
    `Cannot ${action} "${path}": ${TEXTS[code]}${detail}`,
    cause === undefined ? {} : { cause },
  );
}

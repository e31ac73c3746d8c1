/** Why a transport call failed. `closed` means that we closed it ourselves. */
export type TransportErrorCode =
  | "closed"
  | "reset"
  | "timeout"
  | "truncated"
  | "refused"
  | "unreachable"
  | "address-in-use"
  | "address-not-available"
  | "not-permitted"
  | "tls"
  | "not-resumed"
  | "unsupported"
  | "other";

/**
 * A socket operation failed. The end of a stream is not an error: `read()`
 * answers `null` for it.
 */
export class TransportError extends Error {
  /** The name of the class. */
  override readonly name = "TransportError";
  /** What programs decide by; messages are for people. */
  readonly code: TransportErrorCode;

  /** The message says it in words: `Cannot read: connection reset by peer`. */
  constructor(
    code: TransportErrorCode,
    message: string,
    options?: { readonly cause?: unknown },
  ) {
    super(message, options);
    this.code = code;
  }
}

/** Why a file system call failed; each code has one reply text. */
export type FileErrorCode =
  | "not-found"
  | "exists"
  | "not-a-directory"
  | "is-a-directory"
  | "not-empty"
  | "permission-denied"
  | "not-permitted"
  | "read-only"
  | "no-space"
  | "quota-exceeded"
  | "too-large"
  | "name-too-long"
  | "too-many-links"
  | "cross-device"
  | "busy"
  | "too-many-open"
  | "not-a-file"
  | "outside-root"
  | "invalid"
  | "unsupported"
  | "io"
  | "custom";

/**
 * A file system call failed.
 *
 * The message is for logs and may hold a real path. The client is sent a text
 * chosen by `code`, except for `custom`, whose `reply` a file system of the
 * user's own wants the client to read.
 *
 * @example A file system that refuses with a text of its own
 * ```ts
 * import { FileError } from "anyftpd/core";
 * const refused = new FileError("custom", "Cannot write: the archive is sealed", {
 *   reply: "the archive is sealed",
 * });
 * console.assert(refused.reply === "the archive is sealed");
 * ```
 */
export class FileError extends Error {
  /** The name of the class. */
  override readonly name = "FileError";
  /** What programs decide by; the client's reply follows from it. */
  readonly code: FileErrorCode;
  /** The text for the client; only read when `code` is `custom`. */
  readonly reply: string | null;

  /** The message is for the log. */
  constructor(
    code: FileErrorCode,
    message: string,
    options?: { readonly cause?: unknown; readonly reply?: string },
  ) {
    super(message, options);
    this.code = code;
    this.reply = options?.reply ?? null;
  }
}

/**
 * A file system of the host's own refuses, with the text that the client reads
 * after 550: what pyftpdlib's `FilesystemError` is.
 *
 * @example
 * ```ts
 * import { FilesystemError } from "anyftpd/core";
 * const error = new FilesystemError("The archive is sealed");
 * console.assert(error.code === "custom");
 * ```
 */
export class FilesystemError extends FileError {
  /** The text is for the client, without a full stop; the log has it too. */
  constructor(text: string, options?: { readonly cause?: unknown }) {
    super("custom", text, { ...options, reply: text });
  }
}

/**
 * A login was refused, with the text that the client shall read after 530.
 * An authorizer that answers `null` gives the default text instead.
 */
export class AuthenticationError extends Error {
  /** The name of the class. */
  override readonly name = "AuthenticationError";
}

/**
 * Whether a login is right cannot be told now: a service does not answer, say.
 * The client reads 421, which asks it to try again later, and the session
 * ends; nothing counts as a failed login. The message is for the log.
 */
export class LoginUnavailableError extends Error {
  /** The name of the class. */
  override readonly name = "LoginUnavailableError";
}

/** An option does not hold: thrown when an object is made, never later. */
export class ConfigError extends Error {
  /** The name of the class. */
  override readonly name = "ConfigError";
}

/** The message of whatever was thrown, for a log line. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

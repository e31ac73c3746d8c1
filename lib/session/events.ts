import type { TransferOutcome } from "../transfer/outcome.ts";
import type { SessionView, TransferView } from "./view.ts";

/** What every event carries. */
export interface SessionEvent {
  /** The session that it happened in. */
  readonly session: SessionView;
}

/** A user logged in, or out by QUIT, REIN or a new USER. */
export interface UserEvent extends SessionEvent {
  /** The account's name, or the one that was claimed. */
  readonly username: string;
}

/** A login failed. */
export interface LoginFailedEvent extends UserEvent {
  /** In clear, for hooks that count attempts; never log it. */
  readonly password: string;
}

/** A client sent a line. */
export interface CommandEvent extends SessionEvent {
  /**
   * The command, such as `RETR` or `SITE CHMOD`; empty when the server has
   * none of that name. What stands behind it is not told: it may be a password.
   */
  readonly command: string;
}

/** A file was moved, wholly or in part. Listings fire nothing. */
export interface TransferEvent extends UserEvent {
  /** `RETR`, `STOR`, `APPE` or `STOU`. */
  readonly command: string;
  /** Virtual path. */
  readonly path: string;
  /** Where the file system says that it lies. */
  readonly realPath: string;
  /** TYPE A: line ends were converted. */
  readonly ascii: boolean;
  /** Bytes on the data connection. */
  readonly bytes: number;
  /** Milliseconds since the data connection was there. */
  readonly durationMs: number;
  /** How it ended. */
  readonly outcome: TransferOutcome;
}

/** Some bytes of a file moved. */
export interface TransferProgressEvent extends UserEvent {
  /** How far it is. */
  readonly transfer: TransferView;
  /** Where the file system says that the file lies. */
  readonly realPath: string;
}

/**
 * What the host may do when something happens.
 *
 * A hook may be asynchronous: the session that fired it executes no further
 * command until it is done, other sessions go on. A hook that throws is logged
 * and changes nothing.
 * A hook that never ends holds up its session, and `close()` of the server with
 * it.
 */
export interface Hooks {
  /** After the limits, before 220; after `disconnect()` no 220 is sent. */
  connect?(event: SessionEvent): void | Promise<void>;
  /**
   * A line came, before anything is done about it, permission or not; after
   * `disconnect()` it is not executed.
   */
  command?(event: CommandEvent): void | Promise<void>;
  /** The control connection is gone, for whatever reason. */
  disconnect?(event: SessionEvent): void | Promise<void>;
  /** After 230. */
  login?(event: UserEvent): void | Promise<void>;
  /** After 530; the client may be gone. */
  loginFailed?(event: LoginFailedEvent): void | Promise<void>;
  /** QUIT, REIN or USER of a user who was logged in. */
  logout?(event: UserEvent): void | Promise<void>;
  /**
   * Bytes of a file moved: at most once in `progressIntervalMs` for each
   * transfer, and never while nothing moves. Nobody waits for this hook; the
   * end of a transfer is told by the next four.
   */
  transferProgress?(event: TransferProgressEvent): void | Promise<void>;
  /** A download is complete: file closed, 226 sent. */
  fileSent?(event: TransferEvent): void | Promise<void>;
  /** An upload is complete: file closed, 226 sent. */
  fileReceived?(event: TransferEvent): void | Promise<void>;
  /** A download ended early. */
  incompleteFileSent?(event: TransferEvent): void | Promise<void>;
  /** An upload ended early; what arrived may still be there. */
  incompleteFileReceived?(event: TransferEvent): void | Promise<void>;
}

import type { Account } from "../spi/authorizer.ts";
import type { Endpoint, TlsInfo } from "../spi/transport.ts";

/** A transfer that is under way. */
export interface TransferView {
  /** `RETR`, `STOR`, `LIST`, … */
  readonly command: string;
  /** Virtual path. */
  readonly path: string;
  /** `send` is a download or a listing. */
  readonly direction: "send" | "receive";
  /** Bytes moved on the data connection so far. */
  readonly bytes: number;
  /**
   * Bytes that will have moved at the end, `null` when nobody knows: the rest
   * of the file for a binary download, what ALLO said for an upload.
   */
  readonly totalBytes: number | null;
  /** Over the last two to four seconds, computed when it is asked for. */
  readonly bytesPerSecond: number;
  /** When the data connection was there: milliseconds since 1970, UTC. */
  readonly startedAt: number;
  /** Milliseconds since the data connection was there. */
  readonly elapsedMs: number;
}

/** A session as hooks and the host see it. */
export interface SessionView {
  /** Counts up from 1 in each server, or over all workers of a pool. */
  readonly id: number;
  /** The client. */
  readonly remote: Endpoint;
  /** The address that the client reached. */
  readonly local: Endpoint;
  /** Milliseconds since 1970, UTC. */
  readonly startedAt: number;
  /** The claimed name after USER, the account's after the login. */
  readonly username: string;
  /** `null` before the login. */
  readonly account: Account | null;
  /** Virtual path. */
  readonly workingDirectory: string;
  /** Whether the control connection is encrypted. */
  readonly secure: boolean;
  /** What is known of its TLS session; `null` when it is clear. */
  readonly tls: TlsInfo | null;
  /**
   * The last command with its argument, with secrets and control characters
   * written over, as in the log: `CWD films`, `PASS ******`. `null` before the
   * first.
   */
  readonly command: string | null;
  /** When it came: milliseconds since 1970, UTC. */
  readonly commandAt: number | null;
  /** `null` when none is under way. */
  readonly transfer: TransferView | null;
  /**
   * Sends a reply of the host's own: for a `connect` hook that refuses, say.
   * Line breaks in the text make it a legal multi-line reply.
   */
  respond(code: number, text: string): void;
  /**
   * Ends the session once pending replies are out. A transfer is cut off: its
   * outcome is `closed`, and an upload is incomplete.
   */
  disconnect(): void;
}

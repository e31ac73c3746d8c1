/**
 * How a transfer ended. `complete`: all of it. `aborted`: by ABOR.
 * `disconnected`: the peer broke the data connection. `stalled`: nothing moved
 * for `dataTimeoutMs`. `handshake-failed`: TLS could not be agreed on.
 * `file-error`: reading or writing the file failed.
 * `closed`: the session or the server ended.
 */
export type TransferOutcome =
  | "complete"
  | "aborted"
  | "disconnected"
  | "stalled"
  | "handshake-failed"
  | "file-error"
  | "closed";

/** What is known when a transfer is over. */
export interface TransferResult {
  readonly outcome: TransferOutcome;
  /** Bytes on the data connection. */
  readonly bytes: number;
  /** Whether anything was received, or given to the connection to send. */
  readonly begun: boolean;
  /** Milliseconds since the data connection was there. */
  readonly durationMs: number;
  /** What went wrong, for the log and for the reply's code. */
  readonly error: unknown;
}

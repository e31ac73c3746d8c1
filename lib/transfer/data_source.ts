import type { ActiveEndpoint } from "./active_endpoint.ts";
import type { IdleConnection } from "./idle_connection.ts";
import type { PassiveEndpoint } from "./passive_endpoint.ts";
import type { Transfer } from "./transfer.ts";

/** Where the next data connection comes from. */
export type DataSource =
  | PassiveEndpoint
  | ActiveEndpoint
  | IdleConnection
  /** There was one, and it came to nothing before a command could use it. */
  | { readonly kind: "lost"; drop(): void }
  | { readonly kind: "none"; drop(): void };

/** None was asked for. */
export const NONE: DataSource = { kind: "none", drop() {} };

/** There was one. */
export const LOST: DataSource = { kind: "lost", drop() {} };

/** What STAT tells. */
export type DataStatus =
  | { readonly kind: "none" }
  | { readonly kind: "listening" }
  | {
    readonly kind: "open";
    readonly transfer: Transfer | null;
    readonly elapsedMs: number;
  };

/**
 * What there is, of a transfer and of a source for the next.
 *
 * @param now the clock's time in milliseconds
 */
export function statusOf(
  transfer: Transfer | null,
  source: DataSource,
  now: number,
): DataStatus {
  if (transfer !== null) {
    return { kind: "open", transfer, elapsedMs: transfer.elapsedMs };
  }
  if (source.kind === "listening") return { kind: "listening" };
  if (isOpen(source)) {
    return { kind: "open", transfer, elapsedMs: now - source.openedAt };
  }
  return { kind: "none" };
}

/** Whether there is something that ABOR can put an end to. */
export function isAlive(source: DataSource): boolean {
  return source.kind === "listening" || source.kind === "connecting" ||
    isOpen(source);
}

/** Whether the connection at hand is dead already for such a transfer. */
export function isUseless(source: DataSource, receives: boolean): boolean {
  return source.kind === "lost" ||
    (source.kind === "open" && source.peerEnded && !receives);
}

function isOpen(source: DataSource): source is IdleConnection {
  return source.kind === "open" && !source.peerEnded;
}

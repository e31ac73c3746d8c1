import { TransportError } from "../lib/base/errors.ts";

/** Somebody else reads or writes already. */
export function busyError(action: string): TransportError {
  return new TransportError(
    "other",
    `Cannot ${action}: another ${action} is under way`,
  );
}

/** The connection was closed at this end. */
export function closedError(action: string): TransportError {
  return new TransportError(
    "closed",
    `Cannot ${action}: the connection is closed`,
  );
}

/** A stream inside TLS that has no proper end. */
export function truncatedError(action: string): TransportError {
  return new TransportError(
    "truncated",
    `Cannot ${action}: the peer finished without close_notify`,
  );
}

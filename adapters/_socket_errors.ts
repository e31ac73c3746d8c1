import {
  messageOf,
  TransportError,
  type TransportErrorCode,
} from "../lib/base/errors.ts";

interface Meaning {
  readonly code: TransportErrorCode;
  readonly state: string;
}

/** The codes that runtimes put on errors, and the names of Deno's. */
const MEANINGS: Readonly<Record<string, Meaning>> = {
  ECONNRESET: { code: "reset", state: "connection reset by peer" },
  EPIPE: { code: "reset", state: "connection reset by peer" },
  ECONNABORTED: { code: "reset", state: "connection aborted" },
  // Deno's node:net, of a write that waits while a read finds a reset.
  ECANCELED: { code: "reset", state: "connection reset by peer" },
  ENOTCONN: { code: "reset", state: "not connected any more" },
  ETIMEDOUT: { code: "timeout", state: "timed out" },
  ECONNREFUSED: { code: "refused", state: "connection refused" },
  EHOSTUNREACH: { code: "unreachable", state: "no route to host" },
  ENETUNREACH: { code: "unreachable", state: "network unreachable" },
  EADDRINUSE: { code: "address-in-use", state: "address in use" },
  EADDRNOTAVAIL: {
    code: "address-not-available",
    state: "address not available",
  },
  // Deno's node:net says this of a foreign address.
  EINVAL: { code: "address-not-available", state: "address not available" },
  EAFNOSUPPORT: {
    code: "address-not-available",
    state: "address family not supported",
  },
  ENOTFOUND: { code: "address-not-available", state: "no such host" },
  EAI_AGAIN: { code: "address-not-available", state: "no such host" },
  EACCES: { code: "not-permitted", state: "permission denied" },
  EPERM: { code: "not-permitted", state: "operation not permitted" },
  NotCapable: { code: "not-permitted", state: "no permission was granted" },
  Interrupted: { code: "closed", state: "the connection is closed" },
  BadResource: { code: "closed", state: "the connection is closed" },
  ERR_STREAM_DESTROYED: { code: "closed", state: "the connection is closed" },
  ERR_STREAM_WRITE_AFTER_END: {
    code: "closed",
    state: "the connection is closed",
  },
};

/**
 * What a runtime threw as a {@linkcode TransportError}.
 *
 * @param action what failed, as `Cannot read`
 */
export function transportError(
  action: string,
  error: unknown,
): TransportError {
  if (error instanceof TransportError) return error;
  const meaning = MEANINGS[keyOf(error)];
  return new TransportError(
    meaning?.code ?? "other",
    `${action}: ${meaning?.state ?? messageOf(error)}`,
    { cause: error },
  );
}

/** Our own `close()` came first. */
export function closedError(action: string): TransportError {
  return new TransportError("closed", `${action}: the connection is closed`);
}

/** A call of the system found out; it tells once. */
export function lostError(action: string, cause?: unknown): TransportError {
  return new TransportError("reset", `${action}: connection lost`, { cause });
}

/** Two calls of the same kind at once: a mistake of the caller. */
export function busyError(action: string): TransportError {
  return new TransportError("other", `${action}: another call is under way`);
}

/** What is possible elsewhere cannot be done here, and nothing was done. */
export function unsupportedError(
  action: string,
  state: string,
): TransportError {
  return new TransportError("unsupported", `${action}: ${state}`);
}

/** The key in {@linkcode MEANINGS}. */
function keyOf(error: unknown): string {
  if (typeof error !== "object" || error === null) return "";
  if ("code" in error && typeof error.code === "string") {
    // Deno says EINTR for Interrupted.
    if (error.code !== "EINTR") return error.code;
  }
  return "name" in error ? String(error.name) : "";
}

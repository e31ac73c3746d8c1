import { messageOf, TransportError } from "../lib/base/errors.ts";
import { transportError } from "./_socket_errors.ts";

/** How the peer's half of a TLS stream came to its end. */
export type TlsEnd = "finished" | "truncated" | "reset";

/** OpenSSL and BoringSSL: error:number:library:function:reason. */
const REASON = /error:[0-9A-Fa-f]+:[^:]*:[^:]*:([^:\n]+)/;

/**
 * What an engine said as a {@linkcode TransportError}: `tls`, unless it is
 * about the connection below.
 *
 * @param action what failed, as `Cannot start TLS`
 */
export function tlsError(action: string, error: unknown): TransportError {
  if (error instanceof TransportError) return error;
  if (isHangUp(error)) return endOfHandshake(action);
  const plain = transportError(action, error);
  if (plain.code !== "other") return plain;
  const message = messageOf(error);
  const reason = REASON.exec(message)?.[1]?.replaceAll("_", " ").toLowerCase();
  return new TransportError("tls", `${action}: ${reason ?? message}`, {
    cause: error,
  });
}

/** The error for an end that is none; `null` for one that is. */
export function endError(action: string, end: TlsEnd): TransportError | null {
  switch (end) {
    case "finished":
      return null;
    case "truncated":
      return truncatedError(action);
    case "reset":
      return new TransportError(
        "reset",
        `${action}: connection reset by peer`,
      );
  }
}

/** Who knows what was still to come. */
export function truncatedError(action: string): TransportError {
  return new TransportError(
    "truncated",
    `${action}: the peer finished without close_notify`,
  );
}

/** The client finished too early. */
export function endOfHandshake(action: string): TransportError {
  return new TransportError(
    "truncated",
    `${action}: the client finished within the handshake`,
  );
}

/** The client came with no session of this context. */
export function notResumed(action: string): TransportError {
  return new TransportError(
    "not-resumed",
    `${action}: the client resumes no session`,
  );
}

/** What Bun makes of an end within the handshake; a reset has a `syscall`. */
function isHangUp(error: unknown): boolean {
  return "Bun" in globalThis && typeof error === "object" && error !== null &&
    "code" in error && error.code === "ECONNRESET" && !("syscall" in error);
}

import type { TlsEnd } from "./_tls_errors.ts";

// A TLS stream ends with close_notify. A FIN without one may be the work of
// somebody in between who wants a file to be cut short, but the streams of
// Node and Deno say "end" to both. Their handles know more; what they say has
// no promise of stability, so that a handle of another shape is asked nothing,
// and the contract test tells.

/** A handle below a socket of `node:net`. */
interface Handle {
  /** Called with bytes, or with nothing at the end. */
  onread?: (this: Handle, bytes?: unknown) => unknown;
  /** Whether the stream wants bytes. */
  readonly reading?: boolean;
  readStart?(): number;
  readStop?(): number;
  getpeername?(into: object): number;
}

interface Handled {
  readonly _handle?: Handle | null;
  readonly writableEnded?: boolean;
}

/**
 * Watches the two handles of a TLS stream over a socket of `node:net`.
 *
 * @param raw the socket below
 * @param inner the TLS stream, just made
 * @returns how the stream came to its end, when it has; `finished` too where
 * it cannot be told
 */
export function watchEnd(raw: object, inner: object): () => TlsEnd {
  const below = (raw as Handled)._handle;
  const above = (inner as Handled)._handle;
  let end: TlsEnd | null = null;
  if (!below || !above) return () => "finished";
  const isLost = "Deno" in globalThis
    ? denoLosses(below)
    : () => hasStopped(below);
  // Who broke off has no address any more. Deno takes that for an end, Node
  // too when data came with it.
  const wasReset = () =>
    (below.getpeername?.({}) ?? 0) !== 0 &&
    // After our own FIN, who sent one has none either.
    (inner as Handled).writableEnded !== true;
  const { onread } = above;
  if (onread === undefined) return () => "finished";
  above.onread = function (bytes) {
    // The first word counts: after close_notify, FIN follows.
    if (bytes === undefined) {
      end ??= !isLost() ? "finished" : wasReset() ? "reset" : "truncated";
    }
    return onread.call(this, bytes);
  };
  return () => end ?? "finished";
}

/**
 * On Node the inner stream is told of close_notify while the socket below is
 * still being read, and of FIN once that has stopped by itself.
 */
function hasStopped(below: Handle): boolean {
  // Stopped by us, for want of a reader: no FIN has been seen then.
  if (below.reading === false) return false;
  // EALREADY while it is being read.
  if (below.readStart?.() !== 0) return false;
  below.readStop?.();
  return true;
}

/**
 * Deno passes on what the socket below says: its end comes before that of the
 * inner stream, unless close_notify was first.
 */
function denoLosses(below: Handle): () => boolean {
  const { onread } = below;
  let hasEnded = false;
  if (onread !== undefined) {
    below.onread = function (bytes) {
      hasEnded ||= bytes === undefined;
      return onread.call(this, bytes);
    };
  }
  return () => hasEnded;
}

/**
 * Bytes read from a file at once. 256 KiB is where copying loops stop getting
 * faster on all runtimes.
 */
export const CHUNK_BYTES: number = 256 * 1024;

/** Idle buffers that are kept; more than this many are left to the collector. */
const MAX_IDLE = 32;

const idle: Uint8Array[] = [];

/** A buffer of `CHUNK_BYTES` whose contents are anything. */
export function takeBuffer(): Uint8Array {
  return idle.pop() ?? new Uint8Array(CHUNK_BYTES);
}

/** Hands a buffer back. The caller must not touch it any more. */
export function returnBuffer(buffer: Uint8Array): void {
  if (idle.length < MAX_IDLE) idle.push(buffer);
}

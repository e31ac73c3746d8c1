/**
 * Bytes moved at once by most transfers. The first few get
 * {@linkcode LARGE_CHUNK_BYTES}.
 */
export const CHUNK_BYTES: number = 256 * 1024;

/**
 * Where copying loops stop getting faster: with fewer trips to the thread pool
 * for each gibibyte.
 */
export const LARGE_CHUNK_BYTES: number = 1024 * 1024;

/** Below this, a buffer is made to measure and not kept. */
const SMALL_BYTES = 64 * 1024;

/**
 * Transfers with large chunks at one time. When there are more, they keep the
 * machine busy without.
 */
const MAX_LARGE_TRANSFERS = 4;

/** Idle buffers that are kept; more of them are left to the collector. */
const MAX_IDLE = 8;
const MAX_IDLE_LARGE = 2;

const idle: Uint8Array[] = [];
const idleLarge: Uint8Array[] = [];
let largeTransfers = 0;

/**
 * The buffers of one transfer, from a store that all transfers of the program
 * share. Their contents are anything.
 */
export class TransferBuffers {
  #isLarge = false;

  /**
   * A buffer of `wanted` bytes when that is little, else of `CHUNK_BYTES` or
   * `LARGE_CHUNK_BYTES`, whatever suits and is to be had. It may be shorter
   * than `wanted`, never empty.
   */
  take(wanted: number): Uint8Array {
    if (wanted < SMALL_BYTES) return new Uint8Array(Math.max(wanted, 1));
    return wanted > CHUNK_BYTES && this.#becomesLarge()
      ? idleLarge.pop() ?? new Uint8Array(LARGE_CHUNK_BYTES)
      : idle.pop() ?? new Uint8Array(CHUNK_BYTES);
  }

  /** Hands a buffer back. The caller must not touch it any more. */
  give(buffer: Uint8Array): void {
    if (buffer.length === LARGE_CHUNK_BYTES) {
      if (idleLarge.length < MAX_IDLE_LARGE) idleLarge.push(buffer);
    } else if (buffer.length === CHUNK_BYTES && idle.length < MAX_IDLE) {
      idle.push(buffer);
    }
  }

  /** The transfer is over: another one may have large chunks. */
  release(): void {
    if (this.#isLarge) largeTransfers--;
    this.#isLarge = false;
  }

  #becomesLarge(): boolean {
    if (!this.#isLarge && largeTransfers < MAX_LARGE_TRANSFERS) {
      this.#isLarge = true;
      largeTransfers++;
    }
    return this.#isLarge;
  }
}

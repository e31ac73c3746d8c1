import { EMPTY_BYTES } from "../base/bytes.ts";

const CR = 0x0d;
const LF = 0x0a;

/**
 * Local text to TYPE A on the wire (RFC 959 section 3.1.1.1): an LF without a
 * CR in front becomes CR LF. What is CR LF already stays, also when a chunk
 * ends between the two.
 */
export class AsciiEncoder {
  #buffer: Uint8Array = EMPTY_BYTES;
  /** Whether the last byte of the chunk before was a CR. */
  #afterCr = false;

  /**
   * The bytes to send: valid until the next call, and `chunk` itself when
   * there was nothing to change.
   */
  encode(chunk: Uint8Array): Uint8Array {
    let lineFeed = this.#nextBare(chunk, 0);
    if (lineFeed === -1) {
      this.#remember(chunk);
      return chunk;
    }
    // Every byte may be an LF.
    this.#buffer = atLeast(this.#buffer, chunk.length * 2);
    const out = this.#buffer;
    let from = 0;
    let at = 0;
    while (lineFeed !== -1) {
      at = copy(chunk, from, lineFeed, out, at);
      out[at++] = CR;
      out[at++] = LF;
      from = lineFeed + 1;
      lineFeed = this.#nextBare(chunk, from);
    }
    at = copy(chunk, from, chunk.length, out, at);
    this.#remember(chunk);
    return out.subarray(0, at);
  }

  /** The index of the next LF that needs a CR, from `from` on; -1: none. */
  #nextBare(chunk: Uint8Array, from: number): number {
    let at = chunk.indexOf(LF, from);
    while (at !== -1) {
      const afterCr = at === 0 ? this.#afterCr : chunk[at - 1] === CR;
      if (!afterCr) return at;
      at = chunk.indexOf(LF, at + 1);
    }
    return -1;
  }

  #remember(chunk: Uint8Array): void {
    if (chunk.length > 0) this.#afterCr = chunk[chunk.length - 1] === CR;
  }
}

/**
 * TYPE A from the wire to local text: CR LF becomes LF, a CR or LF alone
 * stays. A CR at the end of a chunk is held back until it is known what
 * follows.
 */
export class AsciiDecoder {
  #buffer: Uint8Array = EMPTY_BYTES;
  #heldCr = false;

  /**
   * The bytes to store: valid until the next call, perhaps none, and `chunk`
   * itself when there was nothing to change.
   */
  decode(chunk: Uint8Array): Uint8Array {
    if (chunk.length === 0) return chunk;
    let carriageReturn = chunk.indexOf(CR);
    if (carriageReturn === -1 && !this.#heldCr) return chunk;
    this.#buffer = atLeast(this.#buffer, chunk.length + 1);
    const out = this.#buffer;
    let from = 0;
    let at = 0;
    if (this.#heldCr && chunk[0] !== LF) out[at++] = CR;
    this.#heldCr = chunk[chunk.length - 1] === CR;
    const end = this.#heldCr ? chunk.length - 1 : chunk.length;
    while (carriageReturn !== -1 && carriageReturn < end) {
      if (chunk[carriageReturn + 1] === LF) {
        at = copy(chunk, from, carriageReturn, out, at);
        from = carriageReturn + 1;
      }
      carriageReturn = chunk.indexOf(CR, carriageReturn + 1);
    }
    at = copy(chunk, from, end, out, at);
    return out.subarray(0, at);
  }

  /** The CR that was held back, when nothing follows any more. */
  end(): Uint8Array {
    if (!this.#heldCr) return EMPTY_BYTES;
    this.#heldCr = false;
    return Uint8Array.of(CR);
  }
}

/** Below this a loop beats making a view and calling `set()`. */
const SHORT_RUN_BYTES = 64;

/** Copies a part of `from`; the answer is where the next byte goes. */
function copy(
  from: Uint8Array,
  start: number,
  end: number,
  to: Uint8Array,
  at: number,
): number {
  if (end - start > SHORT_RUN_BYTES) {
    to.set(from.subarray(start, end), at);
    return at + end - start;
  }
  for (let index = start; index < end; index++) to[at++] = from[index]!;
  return at;
}

function atLeast(buffer: Uint8Array, length: number): Uint8Array {
  return buffer.length >= length ? buffer : new Uint8Array(length);
}

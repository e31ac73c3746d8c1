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
  /** The last byte of the chunk before. */
  #previous = 0;

  /**
   * The bytes to send: valid until the next call, and `chunk` itself when
   * there was nothing to change.
   */
  encode(chunk: Uint8Array): Uint8Array {
    const first = this.#firstBare(chunk);
    let previous = first === 0 ? this.#previous : chunk[first - 1];
    if (chunk.length > 0) this.#previous = chunk[chunk.length - 1]!;
    if (first === -1) return chunk;
    // Every byte from there on may be an LF.
    this.#buffer = atLeast(this.#buffer, chunk.length * 2 - first);
    const out = this.#buffer;
    out.set(chunk.subarray(0, first));
    let at = first;
    for (let from = first; from < chunk.length; from++) {
      const byte = chunk[from]!;
      if (byte === LF && previous !== CR) out[at++] = CR;
      out[at++] = byte;
      previous = byte;
    }
    return out.subarray(0, at);
  }

  /** The index of the first LF that needs a CR; -1: none does. */
  #firstBare(chunk: Uint8Array): number {
    let at = chunk.indexOf(LF);
    while (at !== -1) {
      const previous = at === 0 ? this.#previous : chunk[at - 1];
      if (previous !== CR) return at;
      at = chunk.indexOf(LF, at + 1);
    }
    return -1;
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
    const first = this.#heldCr ? 0 : chunk.indexOf(CR);
    if (first === -1) return chunk;
    this.#buffer = atLeast(this.#buffer, chunk.length + 1);
    const out = this.#buffer;
    out.set(chunk.subarray(0, first));
    let at = first;
    if (this.#heldCr) out[at++] = CR;
    let previous = this.#heldCr ? CR : 0;
    for (let from = first; from < chunk.length; from++) {
      const byte = chunk[from]!;
      // The LF takes the place of the CR that was written before it.
      if (byte === LF && previous === CR) at--;
      out[at++] = byte;
      previous = byte;
    }
    this.#heldCr = previous === CR;
    return out.subarray(0, this.#heldCr ? at - 1 : at);
  }

  /** The CR that was held back, when nothing follows any more. */
  end(): Uint8Array {
    if (!this.#heldCr) return EMPTY_BYTES;
    this.#heldCr = false;
    return Uint8Array.of(CR);
  }
}

function atLeast(buffer: Uint8Array, length: number): Uint8Array {
  return buffer.length >= length ? buffer : new Uint8Array(length);
}

/** Overwrites chunks whose time is over, so that late use shows. */
const POISON = 0xdd;

/** What has arrived at an end of a connection and was not read. */
export class MemoryInbox {
  #pieces: Uint8Array[] = [];
  #bytes = 0;
  #lent: Uint8Array | null = null;

  /** How many bytes there are. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Keeps the array. */
  push(piece: Uint8Array): void {
    this.#pieces.push(piece);
    this.#bytes += piece.length;
  }

  /** As much as there is, up to `most` bytes, in one array. */
  take(most: number): Uint8Array {
    const chunk = new Uint8Array(Math.min(Math.max(1, most), this.#bytes));
    let at = 0;
    while (at < chunk.length) {
      const piece = this.#pieces[0];
      if (piece === undefined) break;
      const part = piece.subarray(0, chunk.length - at);
      chunk.set(part, at);
      at += part.length;
      if (part.length === piece.length) this.#pieces.shift();
      else this.#pieces[0] = piece.subarray(part.length);
    }
    this.#bytes -= at;
    this.#lent = chunk;
    return chunk;
  }

  /** The chunk that was taken last is not valid any more. */
  spoil(): void {
    this.#lent?.fill(POISON);
    this.#lent = null;
  }

  /** Drops everything. */
  clear(): void {
    this.#pieces = [];
    this.#bytes = 0;
  }
}

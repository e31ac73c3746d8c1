import { EMPTY_BYTES } from "../base/bytes.ts";

/** One line without its end, or the news that one was too long. */
export type DecodedLine =
  | { readonly kind: "line"; readonly bytes: Uint8Array }
  | { readonly kind: "too-long" };

const CR = 0x0d;
const LF = 0x0a;

/** pyftpdlib's limit; a path of 1024 characters fits twice. */
const DEFAULT_MAX_BYTES = 2048;

/**
 * The least room for what arrives: most commands fit, and engines make buffers
 * of this size as cheaply as objects, without a block of memory of their own.
 */
const LEAST_BUFFER_BYTES = 64;

/**
 * Cuts what arrives on the control connection into lines (RFC 959 section
 * 5.3). The result does not depend on how the bytes were cut into chunks.
 *
 * Memory is bounded by `maxBytes` and one chunk, as long as `next()` is called
 * until it answers `null` before the next `push()`.
 */
export class LineDecoder {
  readonly #maxBytes: number;
  readonly #anyEnd: boolean;
  #buffer: Uint8Array = EMPTY_BYTES;
  #start = 0;
  #end = 0;
  /** No line ends before this index. */
  #scanned = 0;
  /** The rest of a line that was too long is being dropped. */
  #skipping = false;

  /**
   * An empty decoder.
   *
   * @param options.maxBytes The longest line, without its end; 2048 unless
   * told
   * @param options.lineEnding `crlf` (the default): only CR LF ends a line, a
   * lone CR or LF belongs to it. `any`: LF, CR LF and CR CR LF do
   */
  constructor(
    options?: {
      readonly maxBytes?: number;
      readonly lineEnding?: "crlf" | "any";
    },
  ) {
    this.#maxBytes = options?.maxBytes ?? DEFAULT_MAX_BYTES;
    this.#anyEnd = options?.lineEnding === "any";
  }

  /** Bytes held: whole lines not taken yet and the start of one. */
  get pending(): number {
    return this.#end - this.#start;
  }

  /** Adds what arrived. `chunk` is copied. */
  push(chunk: Uint8Array): void {
    const held = this.#end - this.#start;
    if (this.#end + chunk.length > this.#buffer.length) {
      const needed = held + chunk.length;
      const source = this.#buffer.subarray(this.#start, this.#end);
      if (needed > this.#buffer.length) {
        this.#buffer = new Uint8Array(Math.max(needed, LEAST_BUFFER_BYTES));
      }
      this.#buffer.set(source);
      this.#scanned -= this.#start;
      this.#start = 0;
      this.#end = held;
    }
    this.#buffer.set(chunk, this.#end);
    this.#end += chunk.length;
  }

  /**
   * The next line; `null`: none is complete. `too-long` comes once for a line,
   * as soon as the limit is passed; the rest of the line is dropped.
   */
  next(): DecodedLine | null {
    while (true) {
      const at = this.#findLineFeed();
      if (at === -1) return this.#atEndOfInput();
      const end = this.#textEnd(at);
      const from = this.#start;
      this.#start = this.#scanned = at + 1;
      const skipped = this.#skipping;
      this.#skipping = false;
      if (skipped) continue;
      if (end - from > this.#maxBytes) return { kind: "too-long" };
      return { kind: "line", bytes: this.#buffer.slice(from, end) };
    }
  }

  /** Forgets everything that was pushed. */
  clear(): void {
    this.#buffer = EMPTY_BYTES;
    this.#start = this.#end = this.#scanned = 0;
    this.#skipping = false;
  }

  /** The index of the LF that ends a line, -1 when there is none yet. */
  #findLineFeed(): number {
    const held = this.#buffer;
    // Lines are short: a view to search in would cost more than the search.
    for (let at = this.#scanned; at < this.#end; at++) {
      if (held[at] !== LF) continue;
      if (this.#anyEnd || this.#isCr(at - 1)) return at;
    }
    this.#scanned = this.#end;
    return -1;
  }

  /** Where the text ends of which the end of line begins before `lineFeed`. */
  #textEnd(lineFeed: number): number {
    let end = lineFeed;
    if (this.#isCr(end - 1)) end--;
    if (this.#anyEnd && this.#isCr(end - 1)) end--;
    return end;
  }

  #isCr(at: number): boolean {
    return at >= this.#start && this.#buffer[at] === CR;
  }

  /** No line end is held: drop or complain, but keep what may become one. */
  #atEndOfInput(): DecodedLine | null {
    const end = this.#textEnd(this.#end);
    const tooLong = !this.#skipping && end - this.#start > this.#maxBytes;
    if (tooLong) this.#skipping = true;
    if (this.#skipping) this.#start = end;
    if (this.#start === this.#end) {
      // Sessions idle long, and there may be many.
      this.#buffer = EMPTY_BYTES;
      this.#start = this.#end = this.#scanned = 0;
    }
    return tooLong ? { kind: "too-long" } : null;
  }
}

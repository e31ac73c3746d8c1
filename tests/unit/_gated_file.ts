import { equalBytes } from "../../lib/base/bytes.ts";
import { type Deferred, deferred } from "../../lib/base/deferred.ts";
import type { FileHandle } from "../../lib/spi/file_system.ts";

/** One call that waits for the test to let it go on. */
export interface GatedCall {
  readonly position: number;
  readonly length: number;
  /** Lets it do what it was asked for. */
  pass(): void;
  fail(error: unknown): void;
}

/**
 * A file in memory whose reads and writes wait, when `gated`, until the test
 * lets them go on, and that notes what must not happen: calls that overlap, and
 * calls after the end of another's buffer or after `close()`.
 */
export class GatedFile implements FileHandle {
  readonly size: number;
  /** What it holds. Grows by writes and by the test. */
  content: Uint8Array;
  /** Calls that wait. */
  readonly waiting: GatedCall[] = [];
  /** Lengths of the buffers that were to be filled or written. */
  readonly lengths: number[] = [];
  /** The most bytes that one read gives. */
  mostBytes = Infinity;
  gated = false;
  underWay = 0;
  closed = false;
  readonly faults: string[] = [];
  #arrival: Deferred<void> | null = null;

  constructor(content: Uint8Array, size: number = content.length) {
    this.content = content;
    this.size = size;
  }

  read(into: Uint8Array, position: number): Promise<number> {
    return this.#call(into, position, () => {
      const end = position + Math.min(into.length, this.mostBytes);
      const piece = this.content.subarray(position, end);
      into.set(piece);
      return piece.length;
    });
  }

  async write(bytes: Uint8Array, position: number): Promise<void> {
    const before = new Uint8Array(bytes);
    await this.#call(bytes, position, () => {
      if (!equalBytes(bytes, before)) {
        this.faults.push("bytes changed while they were written");
      }
      const end = position + bytes.length;
      if (end > this.content.length) {
        const longer = new Uint8Array(end);
        longer.set(this.content);
        this.content = longer;
      }
      this.content.set(bytes, position);
    });
  }

  close(): Promise<void> {
    if (this.underWay > 0) this.faults.push("closed with a call under way");
    this.closed = true;
    return Promise.resolve();
  }

  /** The next call, as soon as there is one. */
  async next(): Promise<GatedCall> {
    while (this.waiting.length === 0) {
      this.#arrival ??= deferred();
      await this.#arrival.promise;
    }
    return this.waiting.shift()!;
  }

  async #call<T>(
    bytes: Uint8Array,
    position: number,
    run: () => T,
  ): Promise<T> {
    if (this.closed) this.faults.push("called after close()");
    if (this.underWay > 0) this.faults.push("calls overlap");
    this.underWay++;
    this.lengths.push(bytes.length);
    try {
      if (this.gated) await this.#gate(bytes.length, position);
      else await Promise.resolve();
      return run();
    } finally {
      this.underWay--;
    }
  }

  #gate(length: number, position: number): Promise<void> {
    const gate = deferred<void>();
    this.waiting.push({
      position,
      length,
      pass: () => gate.resolve(),
      fail: (error) => gate.reject(error),
    });
    this.#arrival?.resolve();
    this.#arrival = null;
    return gate.promise;
  }
}

/** Bytes of which each tells its place, as far as 251 of them can. */
export function pattern(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at++) bytes[at] = at % 251;
  return bytes;
}

/** Runs what the runtime has queued: promise chains of any length. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

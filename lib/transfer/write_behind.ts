import type { Clock } from "../spi/clock.ts";
import type { FileHandle } from "../spi/file_system.ts";
import {
  CHUNK_BYTES,
  LARGE_CHUNK_BYTES,
  TransferBuffers,
} from "./buffer_pool.ts";

/** How long less than half a large buffer is kept for more to come. */
const HOLD_MS = 50;

/** Then a file that did not take bytes at once is asked again; twice as much. */
const ASK_AGAIN_BYTES = 4 * 1024 * 1024;

/**
 * Writes an upload to its file while the next bytes arrive.
 *
 * A file that takes bytes at once is given them as they come; one that did not
 * is asked again later, as a disk may have been busy for a moment. For any other,
 * two buffers change places: one is being written, the other is filled. What
 * arrives is written as soon as nothing else is, so a slow upload reaches the
 * disk piece by piece and a fast one in large writes. Holds at most two
 * buffers, which begin small and grow with what has come.
 *
 * Each write wakes a thread, which takes longer than to write what has come
 * meanwhile, where files are fast and bytes come in small pieces, as TLS makes
 * them. So what belongs to a lot is kept until it is half a large buffer, or
 * for a moment.
 */
export class WriteBehind {
  readonly #file: FileHandle;
  readonly #frugal: boolean;
  readonly #after: Clock["after"] | null;
  readonly #buffers = new TransferBuffers();
  #position: number;
  #received = 0;
  /** Bytes that did not go at once, since the file was asked. */
  #late = 0;
  #patience = ASK_AGAIN_BYTES;
  #filling: Uint8Array | null = null;
  #spare: Uint8Array | null = null;
  #filled = 0;
  #writing: Promise<void> | null = null;
  #failure: { readonly error: unknown } | null = null;
  /** Ends the wait for more; `null` when nobody waits. */
  #cancel: (() => void) | null = null;

  /**
   * @param position bytes into the file
   * @param frugal whether writes stay at `CHUNK_BYTES` or below: for whom
   * writing is not what takes the time
   * @param after of the clock; without it, nothing is kept for more to come
   */
  constructor(
    file: FileHandle,
    position: number,
    frugal = false,
    after: Clock["after"] | null = null,
  ) {
    this.#file = file;
    this.#position = position;
    this.#frugal = frugal;
    this.#after = frugal ? null : after;
  }

  /** Takes a copy of `bytes`. Rejects with what an earlier write threw. */
  async push(bytes: Uint8Array): Promise<void> {
    this.#received += bytes.length;
    this.#throwFailure();
    if (this.#writeNow(bytes) || await this.#writeAgain(bytes)) return;
    let rest = bytes;
    while (rest.length > 0) {
      this.#throwFailure();
      this.#filling ??= this.#takeBuffer();
      const room = this.#filling.length - this.#filled;
      const piece = rest.length <= room ? rest : rest.subarray(0, room);
      this.#filling.set(piece, this.#filled);
      this.#filled += piece.length;
      rest = rest.subarray(piece.length);
      if (this.#writing === null) this.#writeOrHold(this.#filling);
      else if (this.#filled === this.#filling.length) await this.#writing;
    }
  }

  /** Resolves when everything is in the file. */
  async finish(): Promise<void> {
    await this.#flushed();
    this.#throwFailure();
  }

  /**
   * Waits until all is written that can be, and gives the buffers back: after
   * it the file may be closed. Never rejects.
   */
  async release(): Promise<void> {
    await this.#flushed();
    this.#cancel?.();
    for (const buffer of [this.#filling, this.#spare]) {
      if (buffer !== null) this.#buffers.give(buffer);
    }
    this.#filling = this.#spare = null;
    this.#buffers.release();
  }

  /** Without a copy, when nothing is waiting and the file is quick. */
  #writeNow(bytes: Uint8Array): boolean {
    if (this.#filled > 0 || this.#writing !== null) return false;
    if (this.#file.writeNow?.(bytes, this.#position) !== true) return false;
    this.#position += bytes.length;
    return true;
  }

  /** The same when it is time to ask again, after all that came before. */
  async #writeAgain(bytes: Uint8Array): Promise<boolean> {
    if (this.#file.writeNow === undefined) return false;
    this.#late += bytes.length;
    if (this.#late < this.#patience) return false;
    this.#late = 0;
    await this.#flushed();
    this.#throwFailure();
    const isQuick = this.#writeNow(bytes);
    if (!isQuick) this.#patience *= 2;
    return isQuick;
  }

  #takeBuffer(): Uint8Array {
    const wanted = this.#wantedBytes();
    const spare = this.#spare;
    this.#spare = null;
    if (spare !== null) {
      if (spare.length >= wanted) return spare;
      this.#buffers.give(spare);
    }
    return this.#buffers.take(wanted);
  }

  /** What came first may be all; from a whole large chunk on, it is a lot. */
  #wantedBytes(): number {
    if (this.#received > LARGE_CHUNK_BYTES && !this.#frugal) {
      return LARGE_CHUNK_BYTES;
    }
    const isFirst = this.#writing === null && this.#spare === null;
    return isFirst ? Math.min(this.#received, CHUNK_BYTES) : CHUNK_BYTES;
  }

  /** Resolves when nothing is left to write, or writing has failed. */
  async #flushed(): Promise<void> {
    this.#flush();
    // The end of a write may keep what came meanwhile.
    while (this.#writing !== null) {
      await this.#writing;
      this.#flush();
    }
  }

  #flush(): void {
    if (this.#writing !== null || this.#failure !== null) return;
    if (this.#filling !== null) this.#startWriting(this.#filling);
  }

  #writeOrHold(buffer: Uint8Array): void {
    const isLot = this.#received > LARGE_CHUNK_BYTES;
    if (
      this.#after === null || !isLot || this.#filled * 2 >= buffer.length
    ) {
      this.#startWriting(buffer);
      return;
    }
    this.#cancel ??= this.#after(HOLD_MS, () => {
      this.#cancel = null;
      this.#flush();
    });
  }

  #startWriting(full: Uint8Array): void {
    const length = this.#filled;
    const position = this.#position;
    this.#filling = null;
    this.#filled = 0;
    this.#position += length;
    this.#writing = this.#write(full.subarray(0, length), position).then(
      () => this.#written(full),
      (error: unknown) => {
        this.#failure ??= { error };
        this.#spare = full;
        this.#writing = null;
      },
    );
  }

  /** Also for files that throw at once. */
  async #write(bytes: Uint8Array, position: number): Promise<void> {
    await this.#file.write(bytes, position);
  }

  #written(buffer: Uint8Array): void {
    this.#spare = buffer;
    this.#writing = null;
    if (this.#filling !== null) this.#writeOrHold(this.#filling);
  }

  #throwFailure(): void {
    if (this.#failure !== null) throw this.#failure.error;
  }
}

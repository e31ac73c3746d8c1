import type { FileHandle } from "../spi/file_system.ts";
import {
  CHUNK_BYTES,
  LARGE_CHUNK_BYTES,
  TransferBuffers,
} from "./buffer_pool.ts";

/** A file that is said to be empty may have grown, or not know its size. */
const LEAST_BYTES = 4 * 1024;

/**
 * Reads a download's file while the bytes read before are sent.
 *
 * Two buffers change places: one is being sent, the other is filled. Holds at
 * most these two, of `LARGE_CHUNK_BYTES` at most, and for a small file a
 * single one that is no bigger than it needs.
 */
export class ReadAhead {
  readonly #file: FileHandle;
  readonly #mostBytes: number;
  readonly #buffers = new TransferBuffers();
  #position: number;
  /** The chunk that the caller has. */
  #lent: Uint8Array | null = null;
  /** Being filled, by `#reading`. */
  #filling: Uint8Array | null = null;
  #reading: Promise<number> | null = null;
  #ended = false;

  /**
   * @param position bytes into the file
   * @param frugal whether chunks stay at `CHUNK_BYTES` or below: for whom
   * reading is not what takes the time
   */
  constructor(file: FileHandle, position: number, frugal = false) {
    this.#file = file;
    this.#position = position;
    this.#mostBytes = frugal ? CHUNK_BYTES : LARGE_CHUNK_BYTES;
  }

  /**
   * The next bytes of the file, valid until the next call; `null` at its end.
   * Calls must not overlap. Rejects with what reading threw, after all that
   * was read before it.
   */
  async next(): Promise<Uint8Array | null> {
    if (this.#reading === null && !this.#ended) this.#startReading();
    const buffer = this.#filling;
    if (buffer === null || this.#reading === null) return null;
    const count = await this.#reading;
    this.#reading = null;
    this.#position += count;
    // Short, and where the end was: a further read would only find it again.
    // Elsewhere it may be the file system that reads in pieces.
    this.#ended = count === 0 ||
      (count < buffer.length && this.#position === this.#file.size);
    if (count === 0) return null;
    this.#filling = this.#lent;
    this.#lent = buffer;
    if (!this.#ended) this.#startReading();
    return buffer.subarray(0, count);
  }

  /**
   * Waits for a read that is under way and gives the buffers back: after it
   * the file may be closed. Never rejects.
   */
  async release(): Promise<void> {
    this.#ended = true;
    await this.#reading?.catch(() => {});
    this.#reading = null;
    for (const buffer of [this.#lent, this.#filling]) {
      if (buffer !== null) this.#buffers.give(buffer);
    }
    this.#lent = this.#filling = null;
    this.#buffers.release();
  }

  #startReading(): void {
    const wanted = this.#wantedBytes();
    let buffer = this.#filling;
    if (buffer !== null && buffer.length < Math.min(wanted, CHUNK_BYTES)) {
      // Made for a file that turned out to be longer.
      this.#buffers.give(buffer);
      buffer = null;
    }
    buffer ??= this.#buffers.take(wanted);
    this.#filling = buffer;
    this.#reading = this.#read(buffer);
    // Whoever calls next() is told of it.
    this.#reading.catch(() => {});
  }

  /** Also for files that throw at once. */
  async #read(into: Uint8Array): Promise<number> {
    return await this.#file.read(into, this.#position);
  }

  #wantedBytes(): number {
    const left = this.#file.size - this.#position;
    // Beyond the end there is no telling how much will come.
    if (left <= 0 && this.#lent !== null) return this.#mostBytes;
    // One more than is left shows at once that nothing is.
    return Math.min(Math.max(left + 1, LEAST_BYTES), this.#mostBytes);
  }
}

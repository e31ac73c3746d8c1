import type { FileHandle } from "../spi/file_system.ts";
import { CHUNK_BYTES, returnBuffer, takeBuffer } from "./buffer_pool.ts";

/**
 * Writes an upload to its file while the next bytes arrive.
 *
 * Two buffers change places: one is being written, the other is filled. What
 * arrives is written as soon as nothing else is, so a slow upload reaches the
 * disk piece by piece and a fast one in large writes. Holds at most two
 * buffers.
 */
export class WriteBehind {
  readonly #file: FileHandle;
  #position: number;
  #filling: Uint8Array = takeBuffer();
  #spare: Uint8Array | null = takeBuffer();
  #filled = 0;
  #writing: Promise<void> | null = null;
  #failure: { readonly error: unknown } | null = null;

  constructor(file: FileHandle, position: number) {
    this.#file = file;
    this.#position = position;
  }

  /** Takes a copy of `bytes`. Rejects with what an earlier write threw. */
  async push(bytes: Uint8Array): Promise<void> {
    let rest = bytes;
    while (rest.length > 0) {
      this.#throwFailure();
      const room = CHUNK_BYTES - this.#filled;
      const piece = rest.length <= room ? rest : rest.subarray(0, room);
      this.#filling.set(piece, this.#filled);
      this.#filled += piece.length;
      rest = rest.subarray(piece.length);
      if (this.#writing === null) this.#startWriting();
      else if (this.#filled === CHUNK_BYTES) await this.#writing;
    }
  }

  /** Resolves when everything is in the file. */
  async finish(): Promise<void> {
    while (this.#writing !== null) await this.#writing;
    this.#throwFailure();
    if (this.#filled > 0) {
      await this.#file.write(
        this.#filling.subarray(0, this.#filled),
        this.#position,
      );
      this.#position += this.#filled;
      this.#filled = 0;
    }
  }

  /**
   * Waits for a write that is under way and gives the buffers back: after it
   * the file may be closed. Never rejects.
   */
  async release(): Promise<void> {
    while (this.#writing !== null) await this.#writing;
    returnBuffer(this.#filling);
    if (this.#spare !== null) returnBuffer(this.#spare);
    this.#spare = null;
  }

  #startWriting(): void {
    const full = this.#filling;
    const length = this.#filled;
    const position = this.#position;
    this.#filling = this.#spare ?? takeBuffer();
    this.#spare = null;
    this.#filled = 0;
    this.#position += length;
    this.#writing = this.#file.write(full.subarray(0, length), position).then(
      () => this.#written(full),
      (error: unknown) => {
        this.#failure ??= { error };
        this.#spare = full;
        this.#writing = null;
      },
    );
  }

  #written(buffer: Uint8Array): void {
    this.#spare = buffer;
    this.#writing = null;
    if (this.#filled > 0) this.#startWriting();
  }

  #throwFailure(): void {
    if (this.#failure !== null) throw this.#failure.error;
  }
}

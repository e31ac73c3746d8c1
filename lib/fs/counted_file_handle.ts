import type { FileHandle } from "../spi/file_system.ts";
import type { WrittenFile } from "./counted_tree.ts";

/** What a handle tells of. */
export interface CountedFileHost {
  /**
   * So many bytes more are about to be written.
   *
   * @throws {FileError} `quota-exceeded`
   */
  grow(file: WrittenFile, bytes: number): void;
  /** The handle is closed. Never rejects. */
  closed(file: WrittenFile): Promise<void>;
}

/** A file that is written, counted as it grows. */
export class CountedFileHandle implements FileHandle {
  readonly size: number;
  readonly #inner: FileHandle;
  readonly #file: WrittenFile;
  readonly #appends: boolean;
  readonly #host: CountedFileHost;
  #closing: Promise<void> | null = null;

  constructor(
    inner: FileHandle,
    file: WrittenFile,
    appends: boolean,
    host: CountedFileHost,
  ) {
    this.size = inner.size;
    this.#inner = inner;
    this.#file = file;
    this.#appends = appends;
    this.#host = host;
  }

  read(into: Uint8Array, position: number): Promise<number> {
    return this.#inner.read(into, position);
  }

  async write(bytes: Uint8Array, position: number): Promise<void> {
    const { size } = this.#file;
    const end = (this.#appends ? size : position) + bytes.length;
    // Writing nothing behind the end makes files longer here and there.
    if (bytes.length === 0) this.#file.isUnsure = true;
    const growth = bytes.length === 0 ? 0 : Math.max(0, end - size);
    if (this.#closing === null && growth > 0) {
      this.#host.grow(this.#file, growth);
    }
    this.#file.begun++;
    try {
      await this.#inner.write(bytes, position);
    } catch (error) {
      this.#file.isUnsure = true;
      throw error;
    } finally {
      this.#file.ended++;
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#end(() => this.#inner.close());
    return this.#closing;
  }

  abort(reason: unknown): Promise<void> {
    this.#closing ??= this.#end(() => {
      // Who knows what becomes of it.
      this.#file.isUnsure = true;
      return this.#inner.abort?.(reason) ?? this.#inner.close();
    });
    return this.#closing;
  }

  async #end(close: () => Promise<void>): Promise<void> {
    try {
      await close();
    } catch (error) {
      this.#file.isUnsure = true;
      throw error;
    } finally {
      await this.#host.closed(this.#file);
    }
  }
}

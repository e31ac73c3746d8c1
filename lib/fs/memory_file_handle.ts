import { FileError } from "../base/errors.ts";
import type { FileHandle } from "../spi/file_system.ts";
import { attempt } from "./attempt.ts";
import type { MemoryFile } from "./memory_node.ts";

/** An open file of a `MemoryFileSystem`. */
export class MemoryFileHandle implements FileHandle {
  readonly size: number;
  readonly #file: MemoryFile;
  readonly #access: "read" | "write" | "append";
  readonly #now: () => number;
  #closed = false;

  constructor(
    file: MemoryFile,
    access: "read" | "write" | "append",
    now: () => number,
  ) {
    this.size = file.content.size;
    this.#file = file;
    this.#access = access;
    this.#now = now;
  }

  read(into: Uint8Array, position: number): Promise<number> {
    return attempt(() => {
      this.#check("read", this.#access === "read", position);
      return this.#file.content.read(into, position);
    });
  }

  write(bytes: Uint8Array, position: number): Promise<void> {
    return attempt(() => {
      this.#check("write", this.#access !== "read", position);
      // As everywhere: no bytes, no change.
      if (bytes.length === 0) return;
      const { content } = this.#file;
      content.write(bytes, this.#access === "append" ? content.size : position);
      this.#file.modified = this.#now();
    });
  }

  close(): Promise<void> {
    this.#closed = true;
    return Promise.resolve();
  }

  #check(action: string, opened: boolean, position: number): void {
    if (this.#closed || !opened) {
      const state = this.#closed ? "the file is closed" : "opened for less";
      throw new FileError("io", `Cannot ${action}: ${state}`);
    }
    if (!Number.isSafeInteger(position) || position < 0) {
      throw new FileError("invalid", `Cannot ${action} at ${position}`);
    }
  }
}

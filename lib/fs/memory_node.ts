import { FileError } from "../base/errors.ts";
import { EMPTY_BYTES } from "../base/bytes.ts";

/** What every node of a `MemoryFileSystem` has. */
interface NodeFacts {
  /** Tells two nodes apart as long as the file system lives. */
  readonly id: number;
  /** Permission bits, 0 to 0o7777. */
  mode: number;
  /** Milliseconds since 1970, UTC. */
  modified: number;
}

/** A regular file. */
export interface MemoryFile extends NodeFacts {
  readonly kind: "file";
  readonly content: MemoryContent;
}

/** A folder. */
export interface MemoryFolder extends NodeFacts {
  readonly kind: "directory";
  readonly children: Map<string, MemoryNode>;
}

/** A symbolic link. */
export interface MemoryLink extends NodeFacts {
  readonly kind: "link";
  readonly target: string;
}

/** What a pipe or a device is elsewhere: seen, never opened. */
export interface MemorySpecial extends NodeFacts {
  readonly kind: "other";
}

/** A node of a `MemoryFileSystem`. */
export type MemoryNode =
  | MemoryFile
  | MemoryFolder
  | MemoryLink
  | MemorySpecial;

/** The bytes that all files of one file system may hold together. */
export class MemorySpace {
  readonly #capacity: number;
  #used = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Bytes that may still be written. */
  get free(): number {
    return this.#capacity - this.#used;
  }

  /**
   * Takes `bytes`, or gives them back when negative.
   *
   * @throws {FileError} `no-space`, and then nothing was taken
   */
  take(bytes: number): void {
    if (bytes > this.free) {
      throw new FileError("no-space", "Cannot write: the memory is full");
    }
    this.#used += bytes;
  }
}

/** The first room of a file that is written to. */
const FIRST_BYTES = 256;

/** The bytes of one file, growing as they are written. */
export class MemoryContent {
  readonly #space: MemorySpace;
  #room: Uint8Array = EMPTY_BYTES;
  #size = 0;
  #names = 1;

  constructor(space: MemorySpace) {
    this.#space = space;
  }

  get size(): number {
    return this.#size;
  }

  /** A copy of everything. */
  bytes(): Uint8Array {
    return new Uint8Array(this.#room.subarray(0, this.#size));
  }

  read(into: Uint8Array, position: number): number {
    if (position >= this.#size) return 0;
    const end = Math.min(this.#size, position + into.length);
    into.set(this.#room.subarray(position, end));
    return end - position;
  }

  /** Writes at `position`; a gap before it is filled with zeros. */
  write(bytes: Uint8Array, position: number): void {
    const end = position + bytes.length;
    if (end > this.#size) this.#resize(end);
    this.#room.set(bytes, position);
  }

  truncate(): void {
    this.#resize(0);
    this.#room = EMPTY_BYTES;
  }

  /** The file lost its name; its bytes stay readable for who has it open. */
  unlink(): void {
    if (--this.#names === 0) this.#space.take(-this.#size);
  }

  #resize(size: number): void {
    if (this.#names > 0) this.#space.take(size - this.#size);
    if (size > this.#room.length) {
      const length = Math.max(size, 2 * this.#room.length, FIRST_BYTES);
      const larger = new Uint8Array(length);
      larger.set(this.#room.subarray(0, this.#size));
      this.#room = larger;
    } else if (size < this.#size) {
      this.#room.fill(0, size, this.#size);
    }
    this.#size = size;
  }
}

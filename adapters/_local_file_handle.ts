import { close, closeSync, fsync, read, write, writeSync } from "node:fs";
import { type Deferred, deferred } from "../lib/base/deferred.ts";
import type { FileHandle } from "../lib/spi/file_system.ts";
import { fileError, makeFileError } from "./_file_errors.ts";
import { CLOSED_BYTES, SlowDisk, slowSpell } from "./_slow_disk.ts";

/** More at once would keep others waiting, whatever the disk does. */
const NOW_BYTES = 256 * 1024;

/** How a `LocalFileHandle` was opened. */
export interface LocalFileOptions {
  readonly descriptor: number;
  /** Bytes, when it was opened. */
  readonly size: number;
  readonly access: "read" | "write" | "append";
  /** The real path, for messages. */
  readonly path: string;
  /** Whether moving its bytes may be left to the system, while all wait. */
  readonly sendable: boolean;
  /** Whether what was written is on the disk once it is closed. */
  readonly durable: boolean;
}

/**
 * An open file of a disk.
 *
 * It reads and writes by the callback calls of `node:fs`, which are the
 * fastest that leave the event loop free on all three runtimes. A call after
 * `close()` is refused, and `close()` waits for calls under way: a descriptor
 * that is closed too early is soon another file's.
 */
export class LocalFileHandle implements FileHandle {
  readonly size: number;
  readonly fd?: number;
  readonly #descriptor: number;
  readonly #access: "read" | "write" | "append";
  readonly #path: string;
  readonly #isQuick: boolean;
  readonly #durable: boolean;
  readonly #sendable: boolean;
  /** By us: what the system moves itself comes behind the first of it. */
  #written = 0;
  #underWay = 0;
  readonly #disk = new SlowDisk();
  #closing: Promise<void> | null = null;
  #idle: Deferred<void> | null = null;

  constructor(options: LocalFileOptions) {
    this.#descriptor = options.descriptor;
    this.size = options.size;
    // Files that do not know their size, as those of /proc, have it as 0.
    const isFit = options.access === "write" ||
      (options.access === "read" && options.size > 0);
    if (options.sendable && isFit) this.fd = options.descriptor;
    this.#durable = options.durable;
    this.#sendable = options.sendable;
    this.#access = options.access;
    // Bytes that are appended twice are there twice.
    this.#isQuick = options.sendable && options.access === "write";
    this.#path = options.path;
  }

  read(into: Uint8Array, position: number): Promise<number> {
    return this.#run("read", position, (done) => {
      if (into.length === 0) return done(null, 0);
      let filled = 0;
      const next = (): void => {
        const at = position + filled;
        read(
          this.#descriptor,
          into,
          filled,
          into.length - filled,
          at,
          (error, count) => {
            if (error !== null) return done(error, 0);
            filled += count;
            // Short at the end of the file, and else only on FUSE and the like.
            const end = count === 0 || position + filled === this.size;
            if (end || filled === into.length) return done(null, filled);
            next();
          },
        );
      };
      next();
    });
  }

  writeNow(bytes: Uint8Array, position: number): boolean {
    const { length } = bytes;
    if (
      !this.#isQuick || this.#disk.isSlow || this.#underWay > 0 ||
      this.#closing !== null || length > NOW_BYTES || position < 0
    ) return false;
    try {
      this.#disk.watch(() => this.#writeAll(bytes, position));
      this.#written += length;
      return true;
    } catch {
      // write() tries again, and says what is wrong.
      return false;
    }
  }

  #writeAll(bytes: Uint8Array, position: number): void {
    const { length } = bytes;
    for (let written = 0; written < length;) {
      const at = position + written;
      const rest = length - written;
      written += writeSync(this.#descriptor, bytes, written, rest, at);
    }
  }

  async write(bytes: Uint8Array, position: number): Promise<void> {
    this.#disk.passed(bytes.length);
    this.#written += bytes.length;
    await this.#run("write", position, (done) => {
      if (bytes.length === 0) return done(null, 0);
      const appends = this.#access === "append";
      let written = 0;
      const next = (): void => {
        // pwrite on O_APPEND files appends on Linux and does not elsewhere.
        const at = appends ? null : position + written;
        const rest = bytes.length - written;
        write(this.#descriptor, bytes, written, rest, at, (error, count) => {
          if (error !== null) return done(error, 0);
          written += count;
          if (written === bytes.length) return done(null, written);
          next();
        });
      };
      next();
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    // The number is soon another file's.
    delete (this as { fd?: number }).fd;
    if (this.#underWay > 0) {
      this.#idle = deferred();
      await this.#idle.promise;
    }
    try {
      if (this.#access === "read") {
        closeSync(this.#descriptor);
        return;
      }
      if (this.#closesFast()) {
        slowSpell.watch(() => closeSync(this.#descriptor));
        return;
      }
      try {
        if (this.#durable) await settled(fsync, this.#descriptor);
      } finally {
        // After writing, it may flush (ext4 after truncation, NFS always).
        await settled(close, this.#descriptor);
      }
    } catch (error) {
      throw fileError(error, "close", this.#path);
    }
  }

  /** A little waits for a disk hardly ever, a pool thread costs 50 µs. */
  #closesFast(): boolean {
    return this.#sendable && !this.#durable && this.#written < CLOSED_BYTES &&
      slowSpell.isOver;
  }

  #run(
    action: "read" | "write",
    position: number,
    start: (done: (error: Error | null, count: number) => void) => void,
  ): Promise<number> {
    return new Promise((resolve, reject) => {
      if (this.#closing !== null) {
        throw makeFileError("io", action, this.#path, new Error("closed"));
      }
      // node:fs takes a negative position for "where the last call ended".
      if (!Number.isSafeInteger(position) || position < 0) {
        throw makeFileError("invalid", action, this.#path);
      }
      this.#underWay++;
      start((error, count) => {
        this.#underWay--;
        if (this.#underWay === 0) this.#idle?.resolve();
        if (error === null) resolve(count);
        else reject(fileError(error, action, this.#path));
      });
    });
  }
}

/** Calls in the thread pool. */
function settled(
  call: (descriptor: number, done: (error: Error | null) => void) => void,
  descriptor: number,
): Promise<void> {
  return new Promise((resolve, reject) => {
    call(descriptor, (error) => error ? reject(error) : resolve());
  });
}

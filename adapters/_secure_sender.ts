import { readSync } from "node:fs";
import { setImmediate } from "node:timers";
import { EMPTY_BYTES } from "../lib/base/bytes.ts";
import type { FileHandle } from "../lib/spi/file_system.ts";
import type { SendFile } from "../lib/spi/transport.ts";
import { SlowDisk } from "./_slow_disk.ts";
import { closedError, unsupportedError } from "./_socket_errors.ts";

/** Read and encrypted at once: what stays in the processor's cache. */
const SLICE_BYTES = 128 * 1024;

/** Sent at once, so that the client is not woken for each slice. */
const MOST_BYTES = 1024 * 1024;

/** Less than this is not worth to let others have a turn for. */
const LEAST_BYTES = 64 * 1024;

/** By all senders together, as what is not taken waits in memory. */
const TOGETHER_BYTES = 8 * 1024 * 1024;

/** A read that took longer has waited for a disk, and everybody with it. */
const COLD_MS = 4;

const ACTION = "Cannot send a file";

/** One for all: what is in it is encrypted before anybody else has a turn. */
let shared: Uint8Array | null = null;

/** Senders of this program that are under way. */
let senders = 0;

/** What a {@linkcode SecureSender} needs of its connection. */
export interface EncryptingSocket {
  isClosed(): boolean;
  /** Takes each piece before it asks for the next; resolves when all is sent. */
  write(pieces: Iterable<Uint8Array>, most: number): Promise<void>;
}

/**
 * Sends files under TLS. They have to be copied, but within one thread: a
 * thread pool that reads far ahead leaves the bytes in the memory of another
 * processor, and is waited for besides. It is asked once a disk is slow.
 */
export class SecureSender {
  readonly #socket: EncryptingSocket;
  readonly #disk = new SlowDisk(COLD_MS);
  /** For what the thread pool reads, while others have their turns. */
  #own: Uint8Array | null = null;
  /** Sent since somebody else had a turn. */
  #sinceTurn = 0;

  constructor(socket: EncryptingSocket) {
    this.#socket = socket;
  }

  /** See {@linkcode SendFile}; it needs no `this`. */
  readonly sendFile: SendFile = async (file, offset, length) => {
    senders++;
    try {
      return await this.#send(file, offset, length);
    } finally {
      senders--;
    }
  };

  async #send(
    file: FileHandle,
    offset: number,
    length: number,
  ): Promise<number> {
    if (this.#socket.isClosed()) throw closedError(ACTION);
    if (length === 0) return 0;
    const fair = Math.max(SLICE_BYTES, TOGETHER_BYTES / senders);
    const most = Math.floor(Math.min(length, MOST_BYTES, fair));
    const slices = new Slices(file, offset, most, this.#disk);
    await this.#socket.write(slices, most);
    let { sent } = slices;
    if (sent === 0 && slices.isStuck) {
      const bytes = await this.#read(file, offset, most);
      if (bytes.length === 0) return 0;
      sent = bytes.length;
      await this.#socket.write([bytes], sent);
    }
    await this.#letOthers(sent);
    return sent;
  }

  async #read(
    file: FileHandle,
    offset: number,
    most: number,
  ): Promise<Uint8Array> {
    const buffer = this.#own ??= new Uint8Array(SLICE_BYTES);
    const size = Math.min(most, SLICE_BYTES);
    const count = await file.read(buffer.subarray(0, size), offset);
    this.#disk.passed(count);
    if (this.#socket.isClosed()) throw closedError(ACTION);
    return buffer.subarray(0, count);
  }

  /** The promises alone would never let anybody else have a turn. */
  async #letOthers(sent: number): Promise<void> {
    this.#sinceTurn += sent;
    if (this.#sinceTurn < LEAST_BYTES) return;
    this.#sinceTurn = 0;
    await new Promise<void>((resolve) => setImmediate(resolve));
    if (this.#socket.isClosed()) throw closedError(ACTION);
  }
}

/** Slices of a file, as far as they are in memory. */
class Slices implements Iterable<Uint8Array> {
  readonly #descriptor: number;
  readonly #offset: number;
  readonly #most: number;
  readonly #disk: SlowDisk;
  /** Bytes that were asked for. */
  sent = 0;
  /** A disk is slow, or the file has to say what is wrong. */
  isStuck = false;

  constructor(file: FileHandle, offset: number, most: number, disk: SlowDisk) {
    const { fd } = file;
    if (fd === undefined) {
      throw unsupportedError(ACTION, "the file has no descriptor");
    }
    this.#descriptor = fd;
    this.#offset = offset;
    this.#most = most;
    this.#disk = disk;
  }

  *[Symbol.iterator](): Generator<Uint8Array> {
    const buffer = shared ??= new Uint8Array(SLICE_BYTES);
    while (this.sent < this.#most) {
      const size = Math.min(this.#most - this.sent, SLICE_BYTES);
      const slice = this.#read(buffer.subarray(0, size));
      if (slice.length === 0) return;
      this.sent += slice.length;
      yield slice;
    }
  }

  #read(into: Uint8Array): Uint8Array {
    this.isStuck = this.#disk.isSlow;
    if (this.isStuck) return EMPTY_BYTES;
    const at = this.#offset + this.sent;
    try {
      const count = this.#disk.watch(() =>
        readSync(this.#descriptor, into, 0, into.length, at)
      );
      return into.subarray(0, count);
    } catch {
      this.isStuck = true;
      return EMPTY_BYTES;
    }
  }
}

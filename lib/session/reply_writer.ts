import { concatBytes } from "../base/bytes.ts";
import type { Connection } from "../spi/transport.ts";

/**
 * Sends replies one after the other. Those that come at the same time, or while
 * a write is under way, go out together.
 */
export class ReplyWriter {
  readonly #connection: Connection;
  #queue: Uint8Array[] = [];
  #queuedBytes = 0;
  #writing: Promise<void> | null = null;
  #broken = false;
  /** A reply that comes in parts has begun; these wait for its last one. */
  #isOpen = false;
  #behind: Uint8Array[] = [];

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Bytes that the connection has not taken yet: the measure to slow down by. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** After the connection failed, what is sent is dropped. */
  send(bytes: Uint8Array): void {
    if (this.#isOpen) this.#behind.push(bytes);
    else this.#enqueue(bytes);
  }

  /**
   * Sends a part of a reply; others stand back until its last part. A transfer
   * may end in the middle of it, and its 226 must not be taken for a line.
   */
  sendPart(bytes: Uint8Array, isLast: boolean): void {
    this.#isOpen = !isLast;
    this.#enqueue(bytes);
    if (!isLast) return;
    for (const behind of this.#behind.splice(0)) this.#enqueue(behind);
  }

  /** Resolves when all is sent, or the connection failed. Never rejects. */
  async flushed(): Promise<void> {
    while (this.#writing !== null) await this.#writing;
  }

  #enqueue(bytes: Uint8Array): void {
    if (this.#broken) return;
    this.#queue.push(bytes);
    this.#queuedBytes += bytes.length;
    this.#writing ??= this.#write();
  }

  async #write(): Promise<void> {
    await Promise.resolve();
    try {
      while (this.#queue.length > 0) {
        const [first] = this.#queue;
        const bytes = this.#queue.length === 1 && first !== undefined
          ? first
          : concatBytes(this.#queue);
        this.#queue = [];
        await this.#connection.write(bytes);
        this.#queuedBytes -= bytes.length;
      }
    } catch {
      // The reading side sees the same end and tells the session.
      this.#broken = true;
      this.#queue = [];
      this.#queuedBytes = 0;
      this.#connection.close();
    } finally {
      this.#writing = null;
    }
  }
}

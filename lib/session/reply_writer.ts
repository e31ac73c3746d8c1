import { concatBytes } from "../base/bytes.ts";
import { type Deferred, deferred } from "../base/deferred.ts";
import type { Connection } from "../spi/transport.ts";

/**
 * Sends replies one after the other. Those that come at the same time, or while
 * a write is under way, go out together.
 */
export class ReplyWriter {
  readonly #connection: Connection;
  #queue: Uint8Array[] = [];
  #queuedBytes = 0;
  #isBusy = false;
  /** Another reply is about to come, and shall go with what is there. */
  #isHeld = false;
  #idle: Deferred<void> | null = null;
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

  /** Keeps what comes until `letGo`, so that it goes out together. */
  hold(): void {
    this.#isHeld = true;
  }

  /** Sends what was held. Idempotent. */
  letGo(): void {
    this.#isHeld = false;
    if (this.#queue.length > 0) this.#begin();
  }

  /** Resolves when all is sent, or the connection failed. Never rejects. */
  flushed(): Promise<void> {
    this.letGo();
    if (!this.#isBusy) return Promise.resolve();
    this.#idle ??= deferred();
    return this.#idle.promise;
  }

  #enqueue(bytes: Uint8Array): void {
    if (this.#broken) return;
    this.#queue.push(bytes);
    this.#queuedBytes += bytes.length;
    if (!this.#isHeld) this.#begin();
  }

  #begin(): void {
    if (this.#isBusy) return;
    this.#isBusy = true;
    // What else is answered in this turn goes with it.
    void Promise.resolve().then(() => this.#write()); // never rejects
  }

  /** No async function: every reply comes this way, and those cost more. */
  #write(): void {
    const [first] = this.#queue;
    if (first === undefined) return this.#rest();
    const bytes = this.#queue.length === 1 ? first : concatBytes(this.#queue);
    this.#queue = [];
    const sent = (): void => {
      this.#queuedBytes -= bytes.length;
      this.#write();
    };
    try {
      this.#connection.write(bytes).then(sent, () => this.#break());
    } catch {
      this.#break();
    }
  }

  /** The reading side sees the same end and tells the session. */
  #break(): void {
    this.#broken = true;
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#connection.close();
    this.#rest();
  }

  #rest(): void {
    this.#isBusy = false;
    this.#idle?.resolve();
    this.#idle = null;
  }
}

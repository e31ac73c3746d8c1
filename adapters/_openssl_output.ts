import { closedError } from "./_socket_errors.ts";
import { type Outbox, returnOutbox, takeOutbox } from "./_openssl_outbox.ts";
import type { OpensslSession } from "./_openssl_session.ts";
import type { RawConnection } from "./_raw_connection.ts";

/** Encrypted at once: what stays in the processor's cache. */
export const PIECE_BYTES = 262_144;

/** Sent at once, so that the peer is not woken for each piece. */
const LOT_BYTES = 1_048_576;

/** The same of a sender that has to be content with less. */
const SMALL_LOT_BYTES = 131_072;

/** Less than this is copied, as it may be a reply. */
const BULK_BYTES = 65_536;

/** Of TLS itself, while the peer takes nothing. */
const MOST_ANSWERS_BYTES = 65_536;

const DONE = Promise.resolve();

const ACTION = "Cannot write";

/** Sends what a session has for its peer. */
export class OpensslOutput {
  readonly #raw: RawConnection;
  readonly #session: OpensslSession;
  #sending: Promise<void> | null = null;
  #stopped = false;

  constructor(raw: RawConnection, session: OpensslSession) {
    this.#raw = raw;
    this.#session = session;
  }

  /** Whether something is on its way that nothing may come between. */
  get isSending(): boolean {
    return this.#sending !== null;
  }

  /** Resolves when nothing is on its way, however that ended. */
  async settled(): Promise<void> {
    await this.#sending?.catch(() => {});
  }

  /** Nothing is asked of the session any more. */
  stop(): void {
    this.#stopped = true;
  }

  /** Sends what is there, and what comes meanwhile. */
  flush(): Promise<void> {
    if (this.#sending !== null) return this.#sending;
    const bytes = this.#session.take();
    return bytes === null ? DONE : this.#start(bytes);
  }

  /**
   * Sends tickets and the like, which nobody waits for: who has left meanwhile
   * is found out by reading, after what he sent before. Only one who makes us
   * answer and takes no answer is waited for.
   */
  async answer(): Promise<void> {
    const sent = this.flush();
    if (this.#session.waiting > MOST_ANSWERS_BYTES) await sent;
    else sent.catch(() => {});
  }

  /**
   * Encrypts data and sends it.
   *
   * @param pieces of `PIECE_BYTES` at most; each is encrypted before the next
   * is asked for
   * @param most bytes in all of them together
   * @param encrypt has the session write a piece
   */
  async write(
    pieces: Iterable<Uint8Array>,
    most: number,
    encrypt: (piece: Uint8Array) => void,
  ): Promise<void> {
    if (most >= BULK_BYTES) {
      await this.#writeBulk(pieces[Symbol.iterator](), most, encrypt);
      return;
    }
    for (const piece of pieces) encrypt(piece);
    await this.flush();
    this.#check();
  }

  async #writeBulk(
    pieces: Iterator<Uint8Array>,
    most: number,
    encrypt: (piece: Uint8Array) => void,
  ): Promise<void> {
    const session = this.#session;
    const room = most <= SMALL_LOT_BYTES ? SMALL_LOT_BYTES : LOT_BYTES;
    for (let left = most; left > 0;) {
      while (this.isSending || session.waiting > 0) {
        await this.flush();
        this.#check();
      }
      const box = takeOutbox(session.library, room);
      let filled: number;
      try {
        filled = this.#fill(box, pieces, left, encrypt);
        if (filled > 0) await this.#start(box.bytes);
        this.#check();
      } catch (error) {
        // Not for others: the runtime may not have let go of the memory.
        box.free();
        throw error;
      }
      returnOutbox(box, room);
      if (filled === 0) return;
      left -= filled;
    }
  }

  /** Bytes of data that were encrypted into `box`; 0 when there is no more. */
  #fill(
    box: Outbox,
    pieces: Iterator<Uint8Array>,
    most: number,
    encrypt: (piece: Uint8Array) => void,
  ): number {
    let filled = 0;
    this.#session.sendTo(box);
    try {
      while (filled < most) {
        const expected = Math.min(PIECE_BYTES, most - filled);
        if (!box.fits(expected)) break;
        const { done, value } = pieces.next();
        if (done) break;
        if (value.length > expected) throw new RangeError("piece too large");
        encrypt(value);
        filled += value.length;
      }
      return filled;
    } finally {
      this.#session.sendTo(null);
    }
  }

  #start(first: Uint8Array): Promise<void> {
    this.#sending = this.#send(first);
    return this.#sending;
  }

  async #send(first: Uint8Array): Promise<void> {
    let bytes: Uint8Array | null = first;
    try {
      while (bytes !== null) {
        await this.#raw.write(bytes);
        bytes = this.#stopped ? null : this.#session.take();
      }
    } finally {
      this.#sending = null;
    }
  }

  #check(): void {
    if (this.#stopped) throw closedError(ACTION);
  }
}

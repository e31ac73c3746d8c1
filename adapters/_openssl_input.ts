import type { TransportError } from "../lib/base/errors.ts";
import type { OpensslOutput } from "./_openssl_output.ts";
import type { OpensslSession } from "./_openssl_session.ts";
import type { RawConnection } from "./_raw_connection.ts";
import type { RecordScanner } from "./_record_scanner.ts";
import { closedError } from "./_socket_errors.ts";
import { type SocketFeed, socketFeed } from "./_socket_feed.ts";
import { truncatedError } from "./_tls_errors.ts";

/** An idle session holds this much; a transfer soon has the largest. */
const FIRST_BUFFER_BYTES = 4096;
const BUFFER_GROWTH = 8;
const LARGEST_BUFFER_BYTES = 262_144;

const ACTION = "Cannot read";

/** What an {@linkcode OpensslInput} works with. */
export interface InputParts {
  readonly raw: RawConnection;
  readonly session: OpensslSession;
  readonly output: OpensslOutput;
  /** Follows what is read, for `stopTls`; `null` where that cannot come. */
  readonly records: RecordScanner | null;
  /** Makes a call of the session, whose error is the end of it. */
  attempt<T>(action: string, call: () => T): T;
}

/** Reads what the peer of a session sent. */
export class OpensslInput {
  readonly #parts: InputParts;
  #buffer: Uint8Array<ArrayBuffer> | null = null;
  /** `undefined` until much has come. */
  #feed: SocketFeed | null | undefined;
  #failure: TransportError | null = null;
  #stopped = false;

  constructor(parts: InputParts) {
    this.#parts = parts;
  }

  /** What reading ends with from now on. */
  fail(failure: TransportError): void {
    this.#failure ??= failure;
  }

  /** Nothing is asked of the session any more. */
  stop(): void {
    this.#stopped = true;
    this.#buffer = null;
  }

  /** Once the session does not read from the socket any more. */
  release(): void {
    this.#feed?.release();
  }

  /** The next bytes, valid until the next call; `null` at the end. */
  async read(): Promise<Uint8Array | null> {
    for (;;) {
      const buffer = this.#buffer ??= new Uint8Array(FIRST_BUFFER_BYTES);
      const isLarge = buffer.length === LARGEST_BUFFER_BYTES;
      if (isLarge) await this.turn();
      const length = this.readNow(buffer, isLarge);
      if (length === buffer.length && !isLarge) {
        const next = Math.min(length * BUFFER_GROWTH, LARGEST_BUFFER_BYTES);
        this.#buffer = new Uint8Array(next);
      }
      if (length > 0) return buffer.subarray(0, length);
      if (!(await this.more())) return null;
    }
  }

  /**
   * Bytes that were there already, and are in `into` now.
   *
   * @param much whether OpenSSL shall read them from the socket itself, which
   * saves two copies
   */
  readNow(into: Uint8Array<ArrayBuffer>, much: boolean): number {
    this.#check();
    const feed = much ? this.#theFeed() : null;
    const socket = feed?.descriptor ?? -1;
    const { session, attempt } = this.#parts;
    const length = attempt(ACTION, () => session.read(into, socket));
    feed?.took(length);
    return length;
  }

  /** Nobody holds the peer back: it may send far ahead. */
  hurry(): void {
    this.#check();
    this.#theFeed()?.hurry();
  }

  /** Lets others have their turn, when it is time for that. */
  async turn(): Promise<void> {
    await this.#feed?.turn();
  }

  /** Waits until more has come, once all is read; `false` at the end. */
  async more(): Promise<boolean> {
    const { session, output, raw } = this.#parts;
    this.#check();
    if (session.ended) return false;
    await output.answer();
    const chunk = session.isCut ? null : await (this.#feed ?? raw).read();
    if (this.#stopped) throw closedError(ACTION);
    if (chunk === null) {
      this.fail(truncatedError(ACTION));
      this.#check();
    } else this.put(chunk);
    return true;
  }

  /** What came from the peer, once all before is read. */
  put(chunk: Uint8Array): void {
    const { session, records } = this.#parts;
    records?.follow(chunk);
    session.put(chunk);
  }

  #check(): void {
    if (this.#stopped) throw closedError(ACTION);
    if (this.#failure !== null) throw this.#failure;
  }

  #theFeed(): SocketFeed | null {
    const { records, raw } = this.#parts;
    if (records !== null) return null;
    if (this.#feed === undefined) {
      this.#feed = socketFeed(raw.receivingSocket());
    }
    return this.#feed;
  }
}

import { TransportError } from "../lib/base/errors.ts";
import type {
  Connection,
  Endpoint,
  ReceiveFile,
  SendFile,
  StartTlsOptions,
  TlsConfig,
  TlsInfo,
} from "../lib/spi/transport.ts";
import { type OpensslContext, opensslContext } from "./_openssl_context.ts";
import { OpensslSession } from "./_openssl_session.ts";
import { OpensslOutput, PIECE_BYTES } from "./_openssl_output.ts";
import type { RawConnection } from "./_raw_connection.ts";
import { RecordScanner } from "./_record_scanner.ts";
import { SecureSender } from "./_secure_sender.ts";
import { busyError, closedError, unsupportedError } from "./_socket_errors.ts";
import { type SocketFeed, socketFeed } from "./_socket_feed.ts";
import {
  endError,
  endOfHandshake,
  notResumed,
  tlsError,
} from "./_tls_errors.ts";

/** An idle session holds this much; a transfer soon has the largest. */
const FIRST_BUFFER_BYTES = 4096;
const BUFFER_GROWTH = 8;
const LARGEST_BUFFER_BYTES = 262_144;

const START = "Cannot start TLS";
const STOP = "Cannot stop TLS";

/**
 * A connection whose TLS is done by OpenSSL, called as a C library: the bytes
 * of a clear connection go through a session of it. Clear as long as nobody
 * starts TLS, and again when it has ended.
 */
export class OpensslConnection implements Connection {
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly #raw: RawConnection;
  #session: OpensslSession | null = null;
  #output: OpensslOutput | null = null;
  #tls: TlsInfo | null = null;
  /** For `stopTls`; `null` where that cannot come. */
  readonly #records: RecordScanner | null;
  /** Clear text that came behind the end of TLS. */
  #rest: Uint8Array | null = null;
  #buffer: Uint8Array<ArrayBuffer> | null = null;
  #reading = false;
  #writing: Promise<void> | null = null;
  #failure: TransportError | null = null;
  /** What came to a bad end is only the peer's half. */
  #readFailure: TransportError | null = null;
  #ended = false;
  #finished = false;
  #closed = false;
  #sender: SecureSender | null = null;
  /** `undefined` until much has come. */
  #feed: SocketFeed | null | undefined;

  /**
   * @param raw clear, and of nobody else from now on
   * @param stoppable whether TLS may end before the connection, for which more
   * is copied
   */
  constructor(raw: RawConnection, stoppable: boolean) {
    this.#raw = raw;
    this.#records = stoppable ? new RecordScanner() : null;
    this.local = raw.local;
    this.remote = raw.remote;
  }

  get tls(): TlsInfo | null {
    return this.#tls;
  }

  get sendFile(): SendFile | undefined {
    if (this.#session === null) return this.#raw.sendFile;
    if (this.#tls === null) return undefined;
    this.#sender ??= new SecureSender({
      isClosed: () => this.#closed,
      write: (pieces, most) => this.#write(pieces, most),
    });
    return this.#sender.sendFile;
  }

  get receiveFile(): ReceiveFile | undefined {
    return this.#session === null && this.#rest === null
      ? this.#raw.receiveFile
      : undefined;
  }

  async read(): Promise<Uint8Array | null> {
    const action = "Cannot read";
    if (this.#reading) throw busyError(action);
    if (this.#closed) throw closedError(action);
    if (this.#ended) return null;
    this.#reading = true;
    try {
      const chunk = await (this.#session === null
        ? this.#readClear()
        : this.#readSecure(this.#session));
      if (this.#closed) {
        throw closedError(action);
      }
      this.#ended = chunk === null;
      return chunk;
    } catch (error) {
      // An alert is on its way.
      await this.#output?.settled();
      throw this.#closed ? closedError(action) : error;
    } finally {
      this.#reading = false;
    }
  }

  write(bytes: Uint8Array): Promise<void> {
    const pieces = this.#session === null ? [bytes] : piecesOf(bytes);
    return this.#write(pieces, bytes.length);
  }

  /**
   * @param pieces each is taken, before the next is asked for
   * @param most bytes in all of them together
   */
  #write(pieces: Iterable<Uint8Array>, most: number): Promise<void> {
    const action = "Cannot write";
    if (this.#writing !== null) return Promise.reject(busyError(action));
    if (this.#closed || this.#finished) {
      return Promise.reject(closedError(action));
    }
    if (this.#failure !== null) return Promise.reject(this.#failure);
    this.#writing =
      (this.#session === null || this.#output === null
        ? this.#writeClear(pieces)
        : this.#writeSecure(this.#session, this.#output, pieces, most))
        .finally(() => this.#writing = null);
    return this.#writing;
  }

  async closeWrite(): Promise<void> {
    const action = "Cannot finish";
    if (this.#closed) throw closedError(action);
    if (this.#finished) return;
    if (this.#failure !== null) throw this.#failure;
    this.#finished = true;
    await this.#writing;
    if (this.#closed) throw closedError(action);
    this.#session?.finish();
    await this.#output?.flush();
    await this.#raw.closeWrite();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    const session = this.#session;
    this.#output?.stop();
    if (session !== null) {
      this.#sayGoodbye(session);
      session.free();
    }
    this.#feed?.release();
    this.#buffer = null;
    this.#raw.close();
  }

  async startTls(
    config: TlsConfig,
    options: StartTlsOptions = {},
  ): Promise<void> {
    const context = opensslContext(config);
    const { signal, resumedOnly = false } = options;
    if (this.#reading || this.#writing !== null) throw busyError(START);
    const isLate = this.#session !== null || this.#rest !== null ||
      this.#finished || this.#ended;
    if (isLate) {
      throw new TransportError("other", `${START}: it is too late for that`);
    }
    if (signal?.aborted) this.close();
    if (this.#closed) throw closedError(START);
    const session = new OpensslSession(context);
    const output = new OpensslOutput(this.#raw, session);
    this.#session = session;
    this.#output = output;
    const onAbort = () => this.close();
    signal?.addEventListener("abort", onAbort, { once: true });
    try {
      await this.#shakeHands(session, output, context, resumedOnly);
    } catch (error) {
      await this.#output?.settled();
      if (this.#closed) throw closedError(START);
      const failure = tlsError(START, error);
      this.#failure = failure;
      this.#readFailure = failure;
      throw failure;
    } finally {
      signal?.removeEventListener("abort", onAbort);
    }
  }

  async stopTls(): Promise<void> {
    const records = this.#records;
    if (records === null) throw unsupportedError(STOP, "nobody asked for it");
    const session = this.#session;
    const output = this.#output;
    if (session === null || output === null || this.#tls === null) {
      throw closedError(STOP);
    }
    const isHidden = this.#tls.protocol !== "TLSv1.2";
    session.finish();
    const [rest] = await Promise.all([
      this.#awaitEnd(records, isHidden),
      output.flush(),
    ]);
    if (this.#closed) throw closedError(STOP);
    output.stop();
    this.#session = null;
    this.#output = null;
    this.#tls = null;
    this.#ended = false;
    session.free();
    this.#rest = rest.length === 0 ? null : rest;
  }

  async #readClear(): Promise<Uint8Array | null> {
    const rest = this.#rest;
    this.#rest = null;
    return rest ?? await this.#raw.read();
  }

  async #readSecure(session: OpensslSession): Promise<Uint8Array | null> {
    const action = "Cannot read";
    for (;;) {
      if (this.#readFailure !== null) throw this.#readFailure;
      const buffer = this.#buffer ??= new Uint8Array(FIRST_BUFFER_BYTES);
      const feed = this.#feedFor(buffer.length);
      await feed?.turn();
      if (this.#closed) throw closedError(action);
      const socket = feed?.descriptor ?? -1;
      const length = this.#try(action, () => session.read(buffer, socket));
      if (length > 0) {
        feed?.took(length);
        if (length === buffer.length && length < LARGEST_BUFFER_BYTES) {
          const next = Math.min(length * BUFFER_GROWTH, LARGEST_BUFFER_BYTES);
          this.#buffer = new Uint8Array(next);
        }
        return buffer.subarray(0, length);
      }
      if (session.ended) return null;
      await this.#output?.answer();
      const chunk = session.isCut ? null : await (feed ?? this.#raw).read();
      if (this.#closed) throw closedError(action);
      if (chunk === null) {
        this.#readFailure = endError(action, "truncated");
      } else this.#put(session, chunk);
    }
  }

  /** Who reads much has OpenSSL read it from the socket. */
  #feedFor(expected: number): SocketFeed | null {
    if (this.#records !== null || expected < LARGEST_BUFFER_BYTES) return null;
    if (this.#feed === undefined) {
      this.#feed = socketFeed(this.#raw.receivingSocket());
    }
    return this.#feed;
  }

  async #writeClear(pieces: Iterable<Uint8Array>): Promise<void> {
    for (const piece of pieces) await this.#raw.write(piece);
  }

  #writeSecure(
    session: OpensslSession,
    output: OpensslOutput,
    pieces: Iterable<Uint8Array>,
    most: number,
  ): Promise<void> {
    return output.write(
      pieces,
      most,
      (piece) => this.#try("Cannot write", () => session.write(piece)),
    );
  }

  async #shakeHands(
    session: OpensslSession,
    output: OpensslOutput,
    context: OpensslContext,
    resumedOnly: boolean,
  ): Promise<void> {
    for (;;) {
      const state = this.#try(START, () => session.handshake());
      if (state === "name") {
        await this.#choose(session, context);
        if (this.#closed) throw closedError(START);
        continue;
      }
      if (state === "done") {
        const info = session.info();
        // Before the session that a stranger would be given is sent.
        if (resumedOnly && info.resumed !== true) throw notResumed(START);
        this.#tls = info;
        await output.answer();
        return;
      }
      await output.flush();
      const chunk = await this.#raw.read();
      if (this.#closed) throw closedError(START);
      if (chunk === null) throw endOfHandshake(START);
      this.#put(session, chunk);
    }
  }

  async #choose(
    session: OpensslSession,
    context: OpensslContext,
  ): Promise<void> {
    try {
      const chosen =
        await context.settings.choose?.(session.serverName ?? "") ?? null;
      if (this.#closed) return;
      if (chosen !== null) session.choose(chosen);
    } catch {
      if (!this.#closed) session.refuse();
    }
  }

  /** What came from the peer; the records are followed for `stopTls`. */
  #put(session: OpensslSession, chunk: Uint8Array): void {
    this.#records?.follow(chunk);
    session.put(chunk);
  }

  /** Waits for the end of TLS, and gives what came behind it. */
  async #awaitEnd(
    records: RecordScanner,
    isHidden: boolean,
  ): Promise<Uint8Array> {
    for (;;) {
      const chunk = await this.#raw.read();
      if (chunk === null) {
        throw new TransportError(
          "truncated",
          `${STOP}: the client finished without close_notify`,
        );
      }
      const end = records.find(chunk, isHidden);
      if (end >= 0) return chunk.slice(end);
    }
  }

  /** Makes a call whose error is the end, of which the peer is told. */
  #try<T>(action: string, call: () => T): T {
    try {
      return call();
    } catch (error) {
      const failure = tlsError(action, error);
      this.#failure ??= failure;
      this.#readFailure ??= failure;
      // The alert; whether it arrives is not ours to say.
      if (!this.#closed) this.#output?.flush().catch(() => {});
      throw failure;
    }
  }

  #sayGoodbye(session: OpensslSession): void {
    const isSilent = this.#tls === null || this.#finished ||
      this.#failure !== null || this.#output?.isSending === true;
    if (isSilent) return;
    try {
      session.finish();
      const bytes = session.take();
      if (bytes !== null) this.#raw.sendLast(bytes);
    } catch {
      // There is nobody to tell any more.
    }
  }
}

function* piecesOf(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
    yield bytes.subarray(at, at + PIECE_BYTES);
  }
}

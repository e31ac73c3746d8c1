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
import { OpensslInput } from "./_openssl_input.ts";
import { OpensslSession } from "./_openssl_session.ts";
import { OpensslOutput, PIECE_BYTES } from "./_openssl_output.ts";
import type { RawConnection } from "./_raw_connection.ts";
import { RecordScanner } from "./_record_scanner.ts";
import { SecureReceiver } from "./_secure_receiver.ts";
import { SecureSender } from "./_secure_sender.ts";
import { busyError, closedError, unsupportedError } from "./_socket_errors.ts";
import { endOfHandshake, notResumed, tlsError } from "./_tls_errors.ts";

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
  #input: OpensslInput | null = null;
  #tls: TlsInfo | null = null;
  /** For `stopTls`; `null` where that cannot come. */
  readonly #records: RecordScanner | null;
  /** Clear text that came behind the end of TLS. */
  #rest: Uint8Array | null = null;
  #reading = false;
  #writing: Promise<void> | null = null;
  #failure: TransportError | null = null;
  #ended = false;
  #finished = false;
  #closed = false;
  #sender: SecureSender | null = null;
  #receiver: SecureReceiver | null = null;

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
    if (this.#session === null) {
      return this.#rest === null ? this.#raw.receiveFile : undefined;
    }
    const input = this.#input;
    if (this.#tls === null || input === null) return undefined;
    const receiver = this.#receiver ??= new SecureReceiver(input);
    return (file, offset) =>
      this.#whileReading(0, () => receiver.receive(file, offset));
  }

  read(): Promise<Uint8Array | null> {
    return this.#whileReading(
      null,
      () => this.#input?.read() ?? this.#readClear(),
    );
  }

  /** @param end what `work` answers at the end */
  async #whileReading<T>(end: T, work: () => Promise<T>): Promise<T> {
    const action = "Cannot read";
    if (this.#reading) throw busyError(action);
    if (this.#closed) throw closedError(action);
    if (this.#ended) return end;
    this.#reading = true;
    try {
      const came = await work();
      if (this.#closed) throw closedError(action);
      this.#ended = came === end;
      return came;
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
    this.#input?.stop();
    if (session !== null) {
      this.#sayGoodbye(session);
      session.free();
    }
    this.#input?.release();
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
    const input = new OpensslInput({
      raw: this.#raw,
      session,
      output,
      records: this.#records,
      attempt: (action, call) => this.#try(action, call),
    });
    this.#session = session;
    this.#output = output;
    this.#input = input;
    const onAbort = () => this.close();
    signal?.addEventListener("abort", onAbort, { once: true });
    try {
      await this.#shakeHands(session, { input, output }, context, resumedOnly);
    } catch (error) {
      await this.#output?.settled();
      if (this.#closed) throw closedError(START);
      const failure = tlsError(START, error);
      this.#failure = failure;
      input.fail(failure);
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
    const input = this.#input;
    input?.stop();
    this.#session = null;
    this.#output = null;
    this.#input = null;
    this.#receiver = null;
    this.#tls = null;
    this.#ended = false;
    session.free();
    input?.release();
    this.#rest = rest.length === 0 ? null : rest;
  }

  async #readClear(): Promise<Uint8Array | null> {
    const rest = this.#rest;
    this.#rest = null;
    return rest ?? await this.#raw.read();
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
    { input, output }: { input: OpensslInput; output: OpensslOutput },
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
      input.put(chunk);
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
      this.#input?.fail(failure);
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

import { type Deferred, deferred } from "../lib/base/deferred.ts";
import { TransportError } from "../lib/base/errors.ts";
import type {
  Connection,
  Endpoint,
  StartTlsOptions,
  TlsConfig,
  TlsInfo,
} from "../lib/spi/transport.ts";
import { busyError, closedError, truncatedError } from "./_memory_errors.ts";
import { MemoryInbox } from "./_memory_inbox.ts";
import type { MemoryLink } from "./_memory_link.ts";
import type { MemoryTlsSession } from "./_memory_tls.ts";
import { MemoryTlsEnd, type MemoryTlsOwner } from "./_memory_tls_end.ts";

interface PendingWrite extends Deferred<void> {
  readonly bytes: Uint8Array;
  at: number;
}

/**
 * One end of a connection inside the program, with the manners of TCP: what
 * was written arrives in order, FIN and RST are different, a reader that does
 * not read stops the writer, and `close()` with unread input breaks the peer's
 * connection, as kernels do. TLS is pretended: both ends agree on it, and the
 * bytes stay what they are.
 */
export class MemoryConnection implements Connection {
  /** This end. */
  readonly local: Endpoint;
  /** The other end. */
  readonly remote: Endpoint;

  readonly #link: MemoryLink;
  readonly #peer: MemoryConnection;
  #failure: TransportError | null = null;
  #released = false;

  // Receiving.
  readonly #inbox = new MemoryInbox();
  #finArrived = false;
  #ended = false;
  #reader: Deferred<Uint8Array | null> | null = null;

  // Sending.
  #inFlight = 0;
  #writer: PendingWrite | null = null;
  #finished = false;

  readonly #tls: MemoryTlsEnd;

  /** Makes both ends, unless `peer` is there already. */
  constructor(
    link: MemoryLink,
    local: Endpoint,
    remote: Endpoint,
    peer?: MemoryConnection,
  ) {
    this.#link = link;
    this.local = local;
    this.remote = remote;
    this.#tls = new MemoryTlsEnd(this.#tlsOwner());
    this.#peer = peer ?? new MemoryConnection(link, remote, local, this);
  }

  /** The other end. */
  get peer(): MemoryConnection {
    return this.#peer;
  }

  /** Bytes that have arrived and were not read. */
  get unread(): number {
    return this.#inbox.bytes;
  }

  /** Bytes that were written and that the peer has not read. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** See {@linkcode Connection.tls}. */
  get tls(): TlsInfo | null {
    return this.#tls.info;
  }

  /** See {@linkcode Connection.startTls}: nothing is encrypted. */
  startTls(config: TlsConfig, options: StartTlsOptions = {}): Promise<void> {
    if (this.#reader !== null || this.#writer !== null) {
      return Promise.reject(busyError("start TLS"));
    }
    return this.#tls.start(config, options);
  }

  /**
   * The client's side of `startTls`; resolves with what a later connection can
   * resume. Rejects as `read` does when the server says no.
   *
   * @param session of an earlier connection, to be resumed
   * @param certificate of the client, in DER; trusted when the server asks
   */
  joinTls(
    session: MemoryTlsSession | null = null,
    certificate: Uint8Array | null = null,
  ): Promise<MemoryTlsSession> {
    return this.#tls.join(session, certificate);
  }

  /** Finishes without close_notify, as whoever cuts a line does. */
  async cutOff(): Promise<void> {
    this.#tls.cut();
    await this.closeWrite();
  }

  /** See {@linkcode Connection.stopTls}; for the client's end too. */
  stopTls(): Promise<void> {
    return this.#released
      ? Promise.reject(closedError("stop TLS"))
      : this.#tls.stop();
  }

  /** See {@linkcode Connection.read}. */
  read(): Promise<Uint8Array | null> {
    if (this.#reader !== null) return Promise.reject(busyError("read"));
    this.#inbox.spoil();
    if (this.#inbox.bytes > 0) return Promise.resolve(this.#take());
    if (this.#released) return Promise.reject(closedError("read"));
    if (this.#ended || this.#finArrived) {
      if (this.#tls.isTruncated) return Promise.reject(truncatedError("read"));
      this.#ended = true;
      return Promise.resolve(null);
    }
    if (this.#failure !== null) return Promise.reject(this.#failure);
    this.#reader = deferred();
    return this.#reader.promise;
  }

  /** See {@linkcode Connection.write}. */
  write(bytes: Uint8Array): Promise<void> {
    if (this.#released || this.#finished) {
      return Promise.reject(closedError("write"));
    }
    if (this.#failure !== null) return Promise.reject(this.#failure);
    if (this.#writer !== null) return Promise.reject(busyError("write"));
    if (bytes.length === 0) return Promise.resolve();
    const pending: PendingWrite = { ...deferred<void>(), bytes, at: 0 };
    this.#writer = pending;
    this.#send();
    return pending.promise;
  }

  /** See {@linkcode Connection.closeWrite}. */
  closeWrite(): Promise<void> {
    if (this.#released) return Promise.reject(closedError("finish"));
    if (this.#finished) return Promise.resolve();
    if (this.#failure !== null) return Promise.reject(this.#failure);
    this.#finished = true;
    const pending = this.#writer;
    if (pending === null) {
      this.#sendFin();
      return Promise.resolve();
    }
    return pending.promise.then(() => this.#sendFin());
  }

  /** See {@linkcode Connection.close}. */
  close(): void {
    if (this.#released) return;
    if (this.#inbox.bytes > 0) return this.reset();
    const failed = this.#failure !== null;
    this.#release();
    // What the window has taken is delivered; the rest is lost.
    if (!failed && !this.#finished) this.#sendFin();
  }

  /** Breaks the connection off (RST): the peer's unread bytes are lost. */
  reset(): void {
    if (this.#released) return;
    const failed = this.#failure !== null;
    this.#release();
    const peer = this.#peer;
    if (!failed) this.#link.deliver(() => peer.#broken(true));
  }

  #tlsOwner(): MemoryTlsOwner {
    return {
      peer: () => this.#peer.#tls,
      holdsInput: () => this.#inbox.bytes > 0,
      hasEnded: () => this.#finArrived,
      refusal: (action) => this.#released ? closedError(action) : this.#failure,
      deliver: (run) => this.#link.deliver(run),
      close: () => this.close(),
    };
  }

  #release(): void {
    this.#released = true;
    this.#tls.fail(closedError("go on"));
    this.#inbox.clear();
    this.#reader?.reject(closedError("read"));
    this.#reader = null;
    this.#writer?.reject(closedError("write"));
    this.#writer = null;
    this.#link.released(this);
  }

  /** Moves what fits into the window. */
  #send(): void {
    const pending = this.#writer;
    if (pending === null) return;
    const room = this.#link.window - this.#inFlight;
    const length = Math.min(room, pending.bytes.length - pending.at);
    if (length > 0) {
      // The copy lets the caller reuse its bytes.
      const copy = new Uint8Array(
        pending.bytes.subarray(pending.at, pending.at + length),
      );
      pending.at += length;
      this.#inFlight += length;
      const peer = this.#peer;
      this.#link.deliver(() => peer.#receive(copy));
    }
    if (pending.at < pending.bytes.length) return;
    this.#writer = null;
    pending.resolve();
  }

  #sendFin(): void {
    const peer = this.#peer;
    this.#link.deliver(() => peer.#receiveFin());
  }

  #receive(piece: Uint8Array): void {
    if (this.#failure !== null) return;
    if (this.#released) {
      // Nobody will ever read this: the kernel answers RST. What had arrived
      // at the other end before may still be read there.
      const peer = this.#peer;
      this.#link.deliver(() => peer.#broken(false));
      return;
    }
    this.#inbox.push(piece);
    this.#tls.arrived();
    this.#wake();
  }

  #receiveFin(): void {
    if (this.#failure !== null || this.#released) return;
    this.#finArrived = true;
    this.#tls.ended();
    this.#wake();
  }

  #broken(discard: boolean): void {
    if (this.#failure !== null || this.#released) return;
    this.#failure = new TransportError(
      "reset",
      "Cannot go on: connection reset by peer",
    );
    if (discard) {
      this.#inbox.clear();
      this.#finArrived = false;
    }
    this.#reader?.reject(this.#failure);
    this.#reader = null;
    this.#writer?.reject(this.#failure);
    this.#writer = null;
    this.#tls.fail(this.#failure);
  }

  #wake(): void {
    const reader = this.#reader;
    if (reader === null) return;
    this.#reader = null;
    if (this.#inbox.bytes > 0) return reader.resolve(this.#take());
    if (this.#tls.isTruncated) return reader.reject(truncatedError("read"));
    this.#ended = true;
    reader.resolve(null);
  }

  #take(): Uint8Array {
    const chunk = this.#inbox.take(this.#link.chunkSize);
    const peer = this.#peer;
    this.#link.deliver(() => peer.#acknowledge(chunk.length));
    return chunk;
  }

  #acknowledge(bytes: number): void {
    this.#inFlight -= bytes;
    this.#send();
  }
}

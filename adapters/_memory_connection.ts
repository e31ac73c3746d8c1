import { type Deferred, deferred } from "../lib/base/deferred.ts";
import { TransportError, type TransportErrorCode } from "../lib/base/errors.ts";
import type {
  Connection,
  Endpoint,
  StartTlsOptions,
  TlsConfig,
  TlsInfo,
} from "../lib/spi/transport.ts";
import { type MemoryTlsSession, memoryTlsSession } from "./_memory_tls.ts";

/** What a connection needs to know of the network that it is part of. */
export interface MemoryLink {
  /** Bytes that fit between a writer and a reader. */
  readonly window: number;
  /** The most bytes that one `read()` answers. */
  readonly chunkSize: number;
  /** Runs at the other end: at once, or after the latency. */
  deliver(run: () => void): void;
  /** Called once, when the owner has called `close()` or `reset()`. */
  released(connection: MemoryConnection): void;
}

interface PendingWrite extends Deferred<void> {
  readonly bytes: Uint8Array;
  at: number;
}

/** Our side of a handshake that waits for the client's. */
interface Handshake extends Deferred<void> {
  readonly config: TlsConfig;
  readonly resumedOnly: boolean;
}

/** The client's side of it. */
interface Hello extends Deferred<MemoryTlsSession> {
  readonly session: MemoryTlsSession | null;
  readonly certificate: Uint8Array | null;
}

/** Overwrites chunks whose time is over, so that late use shows. */
const POISON = 0xdd;

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
  #arrived: Uint8Array[] = [];
  #arrivedBytes = 0;
  #lent: Uint8Array | null = null;
  #finArrived = false;
  #ended = false;
  #reader: Deferred<Uint8Array | null> | null = null;

  // Sending.
  #inFlight = 0;
  #writer: PendingWrite | null = null;
  #finished = false;

  // Pretending TLS.
  #tls: TlsInfo | null = null;
  #handshake: Handshake | null = null;
  #hello: Hello | null = null;
  #helloArrived = false;
  #parting: Deferred<void> | null = null;
  #partingArrived = false;
  #isCut = false;

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
    this.#peer = peer ?? new MemoryConnection(link, remote, local, this);
  }

  /** The other end. */
  get peer(): MemoryConnection {
    return this.#peer;
  }

  /** Bytes that have arrived and were not read. */
  get unread(): number {
    return this.#arrivedBytes;
  }

  /** Bytes that were written and that the peer has not read. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** See {@linkcode Connection.tls}. */
  get tls(): TlsInfo | null {
    return this.#tls;
  }

  /** See {@linkcode Connection.startTls}: nothing is encrypted. */
  startTls(config: TlsConfig, options: StartTlsOptions = {}): Promise<void> {
    const action = "start TLS";
    if (this.#reader !== null || this.#writer !== null) {
      return Promise.reject(busy(action));
    }
    if (this.#released) return Promise.reject(this.#closed(action));
    if (this.#failure !== null) return Promise.reject(this.#failure);
    const { signal, resumedOnly = false } = options;
    const handshake = { ...deferred<void>(), config, resumedOnly };
    this.#handshake = handshake;
    const onAbort = () => this.close();
    if (signal?.aborted) onAbort();
    signal?.addEventListener("abort", onAbort, { once: true });
    this.#shake();
    return handshake.promise.finally(() =>
      signal?.removeEventListener("abort", onAbort)
    );
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
    if (this.#released) return Promise.reject(this.#closed("join TLS"));
    if (this.#failure !== null) return Promise.reject(this.#failure);
    const joined = deferred<MemoryTlsSession>();
    this.#hello = { ...joined, session, certificate };
    const peer = this.#peer;
    this.#link.deliver(() => {
      peer.#helloArrived = true;
      peer.#shake();
    });
    return joined.promise;
  }

  /** Finishes without close_notify, as whoever cuts a line does. */
  async cutOff(): Promise<void> {
    this.#isCut = true;
    await this.closeWrite();
  }

  /** See {@linkcode Connection.stopTls}; for the client's end too. */
  stopTls(): Promise<void> {
    if (this.#tls === null || this.#released) {
      return Promise.reject(this.#closed("stop TLS"));
    }
    this.#parting = deferred();
    const peer = this.#peer;
    this.#link.deliver(() => {
      peer.#partingArrived = true;
      peer.#part();
    });
    const { promise } = this.#parting;
    this.#part();
    return promise;
  }

  /** See {@linkcode Connection.read}. */
  read(): Promise<Uint8Array | null> {
    if (this.#reader !== null) return Promise.reject(busy("read"));
    this.#lent?.fill(POISON);
    this.#lent = null;
    if (this.#arrivedBytes > 0) return Promise.resolve(this.#take());
    if (this.#released) return Promise.reject(this.#closed("read"));
    if (this.#ended || this.#finArrived) {
      if (this.#isTruncated()) return Promise.reject(truncated("read"));
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
      return Promise.reject(this.#closed("write"));
    }
    if (this.#failure !== null) return Promise.reject(this.#failure);
    if (this.#writer !== null) return Promise.reject(busy("write"));
    if (bytes.length === 0) return Promise.resolve();
    const pending: PendingWrite = { ...deferred<void>(), bytes, at: 0 };
    this.#writer = pending;
    this.#send();
    return pending.promise;
  }

  /** See {@linkcode Connection.closeWrite}. */
  closeWrite(): Promise<void> {
    if (this.#released) return Promise.reject(this.#closed("finish"));
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
    if (this.#arrivedBytes > 0) return this.reset();
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

  /** Both ends are there: they agree, or not. */
  #shake(): void {
    const handshake = this.#handshake;
    if (handshake === null) return;
    const refuse = (code: TransportErrorCode, why: string): void => {
      this.#handshake = null;
      handshake.reject(new TransportError(code, `Cannot start TLS: ${why}`));
    };
    // A client's clear text takes the place of its part of the handshake.
    if (this.#arrivedBytes > 0) return refuse("tls", "no TLS came");
    if (this.#finArrived) return refuse("truncated", "the client finished");
    const peer = this.#peer;
    const hello = peer.#hello;
    if (!this.#helloArrived || hello === null) return;
    const { config, resumedOnly } = handshake;
    const resumed = hello.session?.config === config;
    if (resumedOnly && !resumed) {
      return refuse("not-resumed", "the client resumes no session");
    }
    this.#handshake = null;
    this.#helloArrived = false;
    const isAsked = (config.clientCert ?? "off") !== "off";
    this.#tls = infoOf(resumed, isAsked ? hello.certificate : null);
    handshake.resolve();
    this.#link.deliver(() => {
      peer.#hello = null;
      if (peer.#released || peer.#failure !== null) return;
      peer.#tls = infoOf(resumed, null);
      hello.resolve(memoryTlsSession(config));
    });
  }

  /** Both ends have said that TLS is over. */
  #part(): void {
    if (this.#parting === null || !this.#partingArrived) return;
    this.#tls = null;
    this.#partingArrived = false;
    this.#parting.resolve();
    this.#parting = null;
  }

  #isTruncated(): boolean {
    return this.#tls !== null && this.#peer.#isCut;
  }

  /** What waits for the peer waits no more. */
  #rejectTls(why: TransportError): void {
    this.#handshake?.reject(why);
    this.#handshake = null;
    this.#hello?.reject(why);
    this.#hello = null;
    this.#parting?.reject(why);
    this.#parting = null;
  }

  #release(): void {
    this.#released = true;
    this.#rejectTls(this.#closed("go on"));
    this.#arrived = [];
    this.#arrivedBytes = 0;
    this.#reader?.reject(this.#closed("read"));
    this.#reader = null;
    this.#writer?.reject(this.#closed("write"));
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
    this.#arrived.push(piece);
    this.#arrivedBytes += piece.length;
    this.#shake();
    this.#wake();
  }

  #receiveFin(): void {
    if (this.#failure !== null || this.#released) return;
    this.#finArrived = true;
    this.#shake();
    this.#hello?.reject(truncated("join TLS"));
    this.#parting?.reject(truncated("stop TLS"));
    this.#wake();
  }

  #broken(discard: boolean): void {
    if (this.#failure !== null || this.#released) return;
    this.#failure = new TransportError(
      "reset",
      "Cannot go on: connection reset by peer",
    );
    if (discard) {
      this.#arrived = [];
      this.#arrivedBytes = 0;
      this.#finArrived = false;
    }
    this.#reader?.reject(this.#failure);
    this.#reader = null;
    this.#writer?.reject(this.#failure);
    this.#writer = null;
    this.#rejectTls(this.#failure);
  }

  #wake(): void {
    const reader = this.#reader;
    if (reader === null) return;
    this.#reader = null;
    if (this.#arrivedBytes > 0) return reader.resolve(this.#take());
    if (this.#isTruncated()) return reader.reject(truncated("read"));
    this.#ended = true;
    reader.resolve(null);
  }

  /** As much as has arrived, up to the chunk size, in one array. */
  #take(): Uint8Array {
    const chunkSize = Math.max(1, this.#link.chunkSize);
    const chunk = new Uint8Array(Math.min(chunkSize, this.#arrivedBytes));
    let at = 0;
    while (at < chunk.length) {
      const piece = this.#arrived[0];
      if (piece === undefined) break;
      const part = piece.subarray(0, chunk.length - at);
      chunk.set(part, at);
      at += part.length;
      if (part.length === piece.length) this.#arrived.shift();
      else this.#arrived[0] = piece.subarray(part.length);
    }
    this.#arrivedBytes -= at;
    this.#lent = chunk;
    const peer = this.#peer;
    this.#link.deliver(() => peer.#acknowledge(at));
    return chunk;
  }

  #acknowledge(bytes: number): void {
    this.#inFlight -= bytes;
    this.#send();
  }

  #closed(action: string): TransportError {
    return new TransportError(
      "closed",
      `Cannot ${action}: the connection is closed`,
    );
  }
}

function busy(action: string): TransportError {
  return new TransportError(
    "other",
    `Cannot ${action}: another ${action} is under way`,
  );
}

function truncated(action: string): TransportError {
  return new TransportError(
    "truncated",
    `Cannot ${action}: the peer finished without close_notify`,
  );
}

function infoOf(
  resumed: boolean,
  peerCertificate: Uint8Array | null,
): TlsInfo {
  return {
    protocol: "TLSv1.3",
    cipher: null,
    resumed,
    peerCertificate,
    alpn: null,
    serverName: null,
  };
}

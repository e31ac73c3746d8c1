import { type Deferred, deferred } from "../lib/base/deferred.ts";
import { TransportError } from "../lib/base/errors.ts";
import type { Connection, Endpoint } from "../lib/spi/transport.ts";

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

/** Overwrites chunks whose time is over, so that late use shows. */
const POISON = 0xdd;

/**
 * One end of a connection inside the program, with the manners of TCP: what
 * was written arrives in order, FIN and RST are different, a reader that does
 * not read stops the writer, and `close()` with unread input breaks the peer's
 * connection, as kernels do.
 */
export class MemoryConnection implements Connection {
  /** This end. */
  readonly local: Endpoint;
  /** The other end. */
  readonly remote: Endpoint;
  /** Always clear. */
  readonly tls = null;

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

  /** See {@linkcode Connection.read}. */
  read(): Promise<Uint8Array | null> {
    if (this.#reader !== null) return Promise.reject(busy("read"));
    this.#lent?.fill(POISON);
    this.#lent = null;
    if (this.#arrivedBytes > 0) return Promise.resolve(this.#take());
    if (this.#released) return Promise.reject(this.#closed("read"));
    if (this.#ended || this.#finArrived) {
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

  #release(): void {
    this.#released = true;
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
    this.#wake();
  }

  #receiveFin(): void {
    if (this.#failure !== null || this.#released) return;
    this.#finArrived = true;
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
  }

  #wake(): void {
    const reader = this.#reader;
    if (reader === null) return;
    this.#reader = null;
    if (this.#arrivedBytes > 0) return reader.resolve(this.#take());
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

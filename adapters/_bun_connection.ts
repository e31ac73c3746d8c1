import { type Deferred, deferred } from "../lib/base/deferred.ts";
import type { TransportError } from "../lib/base/errors.ts";
import type { Connection, Endpoint } from "../lib/spi/transport.ts";
import { endpoint } from "./_endpoint.ts";
import { KEEP_ALIVE_DELAY_MS } from "./_socket_defaults.ts";
import type { BunSocket, BunSocketHandler } from "./_runtime_types.ts";
import { busyError, closedError, transportError } from "./_socket_errors.ts";

interface PendingWrite extends Deferred<void> {
  readonly bytes: Uint8Array;
  at: number;
}

/** A socket of Bun as a {@linkcode Connection}. */
export class BunConnection implements Connection {
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly tls = null;

  readonly #socket: BunSocket<BunConnection | null>;
  readonly #chunks: Uint8Array[] = [];
  #paused = true;
  #reader: Deferred<Uint8Array | null> | null = null;
  #writer: PendingWrite | null = null;
  #failure: TransportError | null = null;
  #ended = false;
  #finished = false;
  #closed = false;

  constructor(socket: BunSocket<BunConnection | null>) {
    this.#socket = socket;
    // Asked once: a socket that is closed has forgotten its addresses.
    this.local = endpoint(socket.localAddress, socket.localPort);
    this.remote = endpoint(socket.remoteAddress, socket.remotePort);
    // Nothing is read before somebody asks.
    socket.pause();
  }

  /** Socket options; after `open`, before anything is sent. */
  tune(noDelay: boolean): void {
    this.#socket.setKeepAlive(true, KEEP_ALIVE_DELAY_MS);
    if (noDelay) this.#socket.setNoDelay(true);
  }

  read(): Promise<Uint8Array | null> {
    if (this.#reader !== null) return Promise.reject(busyError("Cannot read"));
    if (this.#closed) return Promise.reject(closedError("Cannot read"));
    const chunk = this.#chunks.shift();
    if (chunk !== undefined) return Promise.resolve(chunk);
    if (this.#ended) return Promise.resolve(null);
    if (this.#failure !== null) return Promise.reject(this.#failure);
    this.#reader = deferred();
    if (this.#paused) {
      this.#paused = false;
      this.#socket.resume();
    }
    return this.#reader.promise;
  }

  write(bytes: Uint8Array): Promise<void> {
    if (this.#writer !== null) return Promise.reject(busyError("Cannot write"));
    if (this.#closed || this.#finished) {
      return Promise.reject(closedError("Cannot write"));
    }
    if (this.#failure !== null) return Promise.reject(this.#failure);
    if (bytes.length === 0) return Promise.resolve();
    const pending: PendingWrite = { ...deferred<void>(), bytes, at: 0 };
    this.#writer = pending;
    this.#send();
    return pending.promise;
  }

  async closeWrite(): Promise<void> {
    if (this.#closed) throw closedError("Cannot finish");
    if (this.#finished) return;
    if (this.#failure !== null) throw this.#failure;
    this.#finished = true;
    if (this.#writer !== null) await this.#writer.promise;
    // Never end(): that is close(2), and unread input then makes the kernel
    // reset the connection and drop what is still on its way.
    this.#socket.shutdown();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#chunks.length = 0;
    this.#rejectPending((action) => closedError(action));
    this.#socket.end();
  }

  /** Called by {@linkcode bunHandler}. */
  onData(chunk: Uint8Array): void {
    if (this.#closed) return;
    // Plain: a Buffer's slice() is no copy.
    const view = new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length);
    if (!this.#paused) {
      this.#paused = true;
      this.#socket.pause();
    }
    // A reset is preceded by what had arrived, whether paused or not.
    if (this.#reader === null) return void this.#chunks.push(view);
    this.#reader.resolve(view);
    this.#reader = null;
  }

  /** Called by {@linkcode bunHandler}; also with nothing to send. */
  onDrain(): void {
    this.#send();
  }

  /** Called by {@linkcode bunHandler}: the peer has finished. */
  onEnd(): void {
    this.#ended = true;
    this.#reader?.resolve(null);
    this.#reader = null;
  }

  /** Called by {@linkcode bunHandler}; an error is a reset. */
  onClose(error: unknown): void {
    if (this.#closed || this.#failure !== null) return;
    if (error === undefined || error === null) {
      // After shutdown() Bun tells of the peer's end in this way only.
      if (this.#finished) return this.onEnd();
      this.#failure = closedError("Cannot go on");
      return this.#rejectPending((action) => closedError(action));
    }
    this.#failure = transportError("Cannot go on", error);
    this.#rejectPending((action) => transportError(action, error));
  }

  #send(): void {
    const pending = this.#writer;
    if (pending === null) return;
    const { bytes } = pending;
    // Bun takes what the system takes: less than all, or nothing.
    const rest = bytes.length - pending.at;
    const length = this.#socket.write(bytes, pending.at, rest);
    if (length > 0) pending.at += length;
    // -1: closed. The close handler says why, if it has not yet.
    if (pending.at < bytes.length) return;
    this.#writer = null;
    pending.resolve();
  }

  #rejectPending(why: (action: string) => TransportError): void {
    this.#reader?.reject(why("Cannot read"));
    this.#reader = null;
    this.#writer?.reject(why("Cannot write"));
    this.#writer = null;
  }
}

/** What Bun calls, passed on to the connection that the socket carries. */
export function bunHandler(
  open: (connection: BunConnection) => void,
): BunSocketHandler<BunConnection | null> {
  return {
    open: (socket) => {
      const connection = new BunConnection(socket);
      socket.data = connection;
      open(connection);
    },
    data: (socket, chunk) => socket.data?.onData(chunk),
    drain: (socket) => socket.data?.onDrain(),
    end: (socket) => socket.data?.onEnd(),
    close: (socket, error) => socket.data?.onClose(error),
    error: (socket, error) => socket.data?.onClose(error),
  };
}

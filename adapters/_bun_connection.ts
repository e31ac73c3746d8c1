import { type Deferred, deferred } from "../lib/base/deferred.ts";
import { TransportError } from "../lib/base/errors.ts";
import type {
  Endpoint,
  ReceiveFile,
  SendFile,
  StartTlsOptions,
  TlsConfig,
  TlsInfo,
} from "../lib/spi/transport.ts";
import { BunTls } from "./_bun_tls.ts";
import { endpoint } from "./_endpoint.ts";
import { withZones } from "./_zone.ts";
import { KEEP_ALIVE_DELAY_MS } from "./_socket_defaults.ts";
import type { BunSocket, BunSocketHandler } from "./_runtime_types.ts";
import { busyError, closedError, transportError } from "./_socket_errors.ts";
import {
  type FileReceiver,
  fileReceiver,
  type ReceivingSocket,
} from "./_receive_file.ts";
import { type FileSender, fileSender } from "./_sendfile.ts";
import type { RawConnection } from "./_raw_connection.ts";
import { tlsContext } from "./_tls_context.ts";
import { tlsError } from "./_tls_errors.ts";

/** What happens on a socket of Bun, told to whom the socket carries. */
export interface BunSink {
  onData(chunk: Uint8Array): void;
  /** Also with nothing to send. */
  onDrain(): void;
  /** The peer has finished. */
  onEnd(): void;
  /** An error is a reset. */
  onClose(error: unknown): void;
}

interface PendingWrite extends Deferred<void> {
  readonly bytes: Uint8Array;
  at: number;
}

/** A socket of Bun as a {@linkcode Connection}. */
export class BunConnection implements RawConnection, BunSink {
  readonly local: Endpoint;
  readonly remote: Endpoint;

  #socket: BunSocket<BunSink | null>;
  #tls: BunTls | null = null;
  #tlsInfo: TlsInfo | null = null;
  readonly #chunks: Uint8Array[] = [];
  #paused = true;
  #reader: Deferred<Uint8Array | null> | null = null;
  #writer: PendingWrite | null = null;
  #failure: TransportError | null = null;
  /** What came to a bad end is only the peer's half. */
  #readFailure: TransportError | null = null;
  /** A write found the connection broken, of which nobody else is told. */
  #writeFailure: TransportError | null = null;
  #ended = false;
  #finished = false;
  #closed = false;
  #sender: FileSender | null = null;
  #receiver: FileReceiver | null = null;

  constructor(socket: BunSocket<BunSink | null>) {
    this.#socket = socket;
    // Asked once: a socket that is closed has forgotten its addresses.
    const ends = withZones({
      local: endpoint(socket.localAddress, socket.localPort),
      remote: endpoint(socket.remoteAddress, socket.remotePort),
    });
    this.local = ends.local;
    this.remote = ends.remote;
    // Nothing is read before somebody asks.
    socket.pause();
  }

  get tls(): TlsInfo | null {
    return this.#tlsInfo;
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
    const failure = this.#readFailure ?? this.#failure;
    if (failure !== null) return Promise.reject(failure);
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
    const failure = this.#failure ?? this.#writeFailure;
    if (failure !== null) return Promise.reject(failure);
    if (bytes.length === 0) return Promise.resolve();
    const pending: PendingWrite = { ...deferred<void>(), bytes, at: 0 };
    this.#writer = pending;
    this.#send();
    return pending.promise;
  }

  get sendFile(): SendFile | undefined {
    if (this.#tls !== null) return undefined;
    this.#sender ??= fileSender({
      isBusy: () => this.#writer !== null,
      duplicate: (binding) => binding.duplicate(this.#socket.fd),
      write: (bytes) => this.write(bytes),
    });
    return this.#sender?.sendFile;
  }

  get receiveFile(): ReceiveFile | undefined {
    const socket = this.receivingSocket();
    if (socket === null) return undefined;
    this.#receiver ??= fileReceiver(socket);
    return this.#receiver?.receiveFile;
  }

  receivingSocket(): ReceivingSocket | null {
    if (this.#tls !== null) return null;
    return {
      hasInput: () =>
        this.#chunks.length > 0 || this.#ended || this.#failure !== null,
      duplicate: (binding) => binding.duplicate(this.#socket.fd),
      read: () => this.read(),
    };
  }

  async closeWrite(): Promise<void> {
    if (this.#closed) throw closedError("Cannot finish");
    if (this.#finished) return;
    if (this.#failure !== null) throw this.#failure;
    this.#finished = true;
    this.#sender?.release();
    if (this.#writer !== null) await this.#writer.promise;
    // Never end(): that is close(2), and unread input then makes the kernel
    // reset the connection and drop what is still on its way.
    this.#socket.shutdown();
  }

  sendLast(bytes: Uint8Array): void {
    const isSilent = this.#closed || this.#finished ||
      this.#failure !== null || this.#writer !== null;
    if (!isSilent) this.#socket.write(bytes);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#sender?.release();
    this.#receiver?.release();
    this.#chunks.length = 0;
    this.#rejectPending((action) => closedError(action));
    // Sends close_notify; without it, end() waits for that of the peer.
    if (this.#tls !== null) this.#socket.shutdown();
    this.#socket.end();
  }

  async startTls(
    config: TlsConfig,
    options: StartTlsOptions = {},
  ): Promise<void> {
    const action = "Cannot start TLS";
    const context = tlsContext(config);
    const { signal } = options;
    if (this.#reader !== null || this.#writer !== null) throw busyError(action);
    if (this.#tls !== null || this.#finished || this.#ended) {
      throw new TransportError("other", `${action}: it is too late for that`);
    }
    if (signal?.aborted) this.close();
    if (this.#closed) throw closedError(action);
    if (this.#failure !== null) throw this.#failure;
    // What was read ahead cannot be given back to Bun. No client that waits
    // for our word has sent any of it.
    if (this.#chunks.length > 0) {
      throw new TransportError("tls", `${action}: clear text came before`);
    }
    this.#sender?.release();
    this.#receiver?.release();
    const tls = new BunTls(this.#socket, context, options, this);
    this.#tls = tls;
    this.#socket = tls.socket;
    this.#paused = false;
    const onAbort = () => this.close();
    signal?.addEventListener("abort", onAbort, { once: true });
    try {
      this.#tlsInfo = await tls.handshake;
    } catch (error) {
      if (this.#closed) throw closedError(action);
      const failure = tlsError(action, error);
      this.#failure = failure;
      throw failure;
    } finally {
      signal?.removeEventListener("abort", onAbort);
    }
  }

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

  onDrain(): void {
    this.#send();
  }

  onEnd(): void {
    const failure = this.#writeFailure ??
      this.#tls?.endError("Cannot read") ?? null;
    this.#readFailure = failure;
    this.#ended = failure === null;
    if (failure === null) this.#reader?.resolve(null);
    else this.#reader?.reject(failure);
    this.#reader = null;
  }

  onClose(error: unknown): void {
    if (this.#closed || this.#failure !== null) return;
    if (error === undefined || error === null) {
      // After shutdown() Bun tells of the peer's end in this way only.
      if (this.#finished) return this.onEnd();
      this.#failure = closedError("Cannot go on");
      return this.#rejectPending((action) => closedError(action));
    }
    const errorOf = this.#tls === null ? transportError : tlsError;
    this.#failure = errorOf("Cannot go on", error);
    this.#rejectPending((action) => errorOf(action, error));
  }

  #send(): void {
    const pending = this.#writer;
    if (pending === null) return;
    const { bytes } = pending;
    // Bun takes what the system takes: less than all, or nothing.
    const rest = bytes.length - pending.at;
    const length = this.#socket.write(bytes, pending.at, rest);
    if (length < 0) return this.#breakWriter(pending);
    pending.at += length;
    if (pending.at < bytes.length) return;
    this.#writer = null;
    pending.resolve();
  }

  /**
   * The system tells once that a connection is broken, and it has told the
   * write: to a reader it would look like an end. What came before can still
   * be read.
   */
  #breakWriter(pending: PendingWrite): void {
    this.#writer = null;
    this.#writeFailure = new TransportError(
      "reset",
      "Cannot write: connection reset by peer",
    );
    pending.reject(this.#writeFailure);
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
): BunSocketHandler<BunSink | null> {
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

import { type Deferred, deferred } from "../lib/base/deferred.ts";
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
import { endpoint } from "./_endpoint.ts";
import { withZones } from "./_zone.ts";
import { FlowSource, type NodeSource, StreamSource } from "./_node_source.ts";
import type { RawConnection } from "./_raw_connection.ts";
import { NodeTls } from "./_node_tls.ts";
import type { NodeSocket } from "./_node_types.ts";
import {
  type FileReceiver,
  fileReceiver,
  type ReceivingSocket,
} from "./_receive_file.ts";
import { type FileSender, fileSender } from "./_sendfile.ts";
import { duplicateOf } from "./_socket_descriptor.ts";
import { busyError, closedError, transportError } from "./_socket_errors.ts";
import { tlsContext } from "./_tls_context.ts";
import { tlsError } from "./_tls_errors.ts";

/** The engines copy what they are given, Deno what is left of it each time. */
const TLS_PIECE_BYTES = 1_048_576;

/** A `net.Socket` as a {@linkcode Connection}. */
export class NodeConnection implements RawConnection {
  readonly local: Endpoint;
  readonly remote: Endpoint;

  #socket: NodeSocket;
  #source: NodeSource;
  #tls: NodeTls | null = null;
  #tlsInfo: TlsInfo | null = null;
  #reader: Deferred<Uint8Array | null> | null = null;
  #writer: Deferred<void> | null = null;
  #finisher: Deferred<void> | null = null;
  #failure: TransportError | null = null;
  /** What came to a bad end is only the peer's half. */
  #readFailure: TransportError | null = null;
  #ended = false;
  #finished = false;
  #closed = false;
  #sender: FileSender | null = null;
  #receiver: FileReceiver | null = null;

  constructor(
    socket: NodeSocket,
    source: NodeSource,
    local: Endpoint,
    remote: Endpoint,
  ) {
    this.#socket = socket;
    this.#source = source;
    // Asked once: a socket that is closed has forgotten its addresses.
    this.local = local;
    this.remote = remote;
    this.#listen(socket);
  }

  get tls(): TlsInfo | null {
    return this.#tlsInfo;
  }

  read(): Promise<Uint8Array | null> {
    if (this.#reader !== null) return Promise.reject(busyError("Cannot read"));
    if (this.#closed) return Promise.reject(closedError("Cannot read"));
    const chunk = this.#source.take();
    if (chunk !== null) return Promise.resolve(chunk);
    if (this.#ended) return Promise.resolve(null);
    const failure = this.#readFailure ?? this.#failure;
    if (failure !== null) return Promise.reject(failure);
    const reader = deferred<Uint8Array | null>();
    this.#reader = reader;
    const own = this.#source.replace?.(this.#socket) ?? null;
    if (own !== null) {
      this.#socket = own;
      this.#listen(own);
    }
    this.#source.request();
    return reader.promise;
  }

  write(bytes: Uint8Array): Promise<void> {
    if (this.#writer !== null) return Promise.reject(busyError("Cannot write"));
    if (this.#closed || this.#finished) {
      return Promise.reject(closedError("Cannot write"));
    }
    if (this.#failure !== null) return Promise.reject(this.#failure);
    if (bytes.length === 0) return Promise.resolve();
    const writer = deferred<void>();
    this.#writer = writer;
    this.#send(bytes, writer);
    return writer.promise;
  }

  get sendFile(): SendFile | undefined {
    if (this.#tls !== null) return undefined;
    this.#sender ??= fileSender({
      isBusy: () => (this.#socket.writableLength ?? 0) > 0,
      duplicate: (binding) => duplicateOf(this.#socket, binding),
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
    const source = this.#source;
    if (this.#tls !== null || source.limit === undefined) return null;
    return {
      hasInput: () => this.#ended || this.#failure !== null,
      duplicate: (binding) => duplicateOf(this.#socket, binding),
      read: (most) => {
        source.limit?.(most);
        return this.read();
      },
    };
  }

  closeWrite(): Promise<void> {
    if (this.#closed) return Promise.reject(closedError("Cannot finish"));
    if (this.#finished) return Promise.resolve();
    if (this.#failure !== null) return Promise.reject(this.#failure);
    this.#finished = true;
    this.#sender?.release();
    const finisher = deferred<void>();
    this.#finisher = finisher;
    if (this.#writer === null) this.#finish(finisher);
    else this.#writer.promise.then(() => this.#finish(finisher), () => {});
    return finisher.promise;
  }

  sendLast(bytes: Uint8Array): void {
    // What is not taken at once is lost with the socket.
    if (!this.#isSilent()) this.#socket.write(bytes, () => {});
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#sender?.release();
    this.#receiver?.release();
    this.#rejectPending((action) => closedError(action));
    if (!this.#finished) this.#tls?.finish();
    this.#socket.destroy();
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
    this.#source.stop?.();
    this.#sender?.release();
    this.#receiver?.release();
    const bulk = !(this.#source instanceof FlowSource);
    const all = { ...options, bulk };
    const tls = new NodeTls(this.#socket, context, all, (error) => {
      this.#fail(error);
    });
    this.#tls = tls;
    this.#socket = tls.socket;
    this.#source = tls.source;
    this.#listen(tls.socket);
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

  /** Whether nothing can be sent, or something else is on its way. */
  #isSilent(): boolean {
    return this.#closed || this.#finished || this.#failure !== null ||
      this.#writer !== null;
  }

  /** Follows `socket`, until another takes its place. */
  #listen(socket: NodeSocket): void {
    const isOurs = () => this.#socket === socket;
    this.#source.start(socket, () => this.#arrived());
    socket.on("end", () => isOurs() && this.#onEnd());
    // Stays for good: an error without a listener ends the program.
    socket.on("error", (error) => isOurs() && this.#fail(error));
    socket.on("close", () => isOurs() && this.#onClose());
  }

  #send(bytes: Uint8Array, writer: Deferred<void>): void {
    const isPiece = this.#tls !== null && bytes.length > TLS_PIECE_BYTES;
    const piece = isPiece ? bytes.subarray(0, TLS_PIECE_BYTES) : bytes;
    this.#socket.write(piece, (error) => {
      // close() or an error may have answered already.
      if (this.#writer !== writer) return;
      if (!error && isPiece) {
        this.#send(bytes.subarray(TLS_PIECE_BYTES), writer);
        return;
      }
      this.#writer = null;
      if (error) writer.reject(this.#error("Cannot write", error));
      else writer.resolve();
    });
  }

  #finish(finisher: Deferred<void>): void {
    if (this.#finisher !== finisher) return;
    this.#socket.end((error?: Error | null) => {
      if (this.#finisher !== finisher) return;
      this.#finisher = null;
      if (error) finisher.reject(this.#error("Cannot finish", error));
      else finisher.resolve();
    });
  }

  #arrived(): void {
    const reader = this.#reader;
    if (reader === null) return;
    const chunk = this.#source.take();
    if (chunk === null) return;
    this.#reader = null;
    reader.resolve(chunk);
  }

  #onEnd(): void {
    // What came before it, and was not told of yet.
    this.#arrived();
    // What broke is no end, although Node says so.
    if (this.#failure !== null) return;
    if (this.#tls === null && !this.#finished && lostPeer(this.#socket)) {
      return this.#fail(
        Object.assign(new Error("the peer broke off"), { code: "ECONNRESET" }),
      );
    }
    const action = "Cannot read";
    const failure = this.#tls?.endError(action) ?? null;
    if (failure === null) {
      this.#ended = true;
      this.#reader?.resolve(null);
    } else if (failure.code === "reset") {
      this.#fail(failure);
    } else {
      this.#readFailure = failure;
      this.#reader?.reject(failure);
    }
    this.#reader = null;
  }

  #fail(error: unknown): void {
    if (this.#closed) return;
    this.#arrived();
    this.#failure ??= this.#error("Cannot go on", error);
    this.#rejectPending((action) => this.#error(action, error));
  }

  #error(action: string, error: unknown): TransportError {
    return this.#tls === null
      ? transportError(action, error)
      : tlsError(action, error);
  }

  #onClose(): void {
    // After an end of both sides there is nothing to say; otherwise somebody
    // else, as the host, has destroyed the socket.
    if (this.#closed || this.#failure !== null) return;
    this.#failure = closedError("Cannot go on");
    this.#rejectPending((action) => closedError(action));
  }

  #rejectPending(why: (action: string) => TransportError): void {
    this.#reader?.reject(why("Cannot read"));
    this.#reader = null;
    this.#writer?.reject(why("Cannot write"));
    this.#writer = null;
    this.#finisher?.reject(why("Cannot finish"));
    this.#finisher = null;
  }
}

/**
 * Whether a socket that is said to have ended was reset. When data and a reset
 * wait together, libuv reads the data and then tells of an end (seen with Node
 * 20 to 26); but only a socket that was reset has no peer any more. Other
 * runtimes tell of the reset themselves, and lack the call.
 */
function lostPeer(socket: NodeSocket): boolean {
  const { _handle: handle } = socket as {
    readonly _handle?: { getpeername?(into: object): number } | null;
  };
  return (handle?.getpeername?.({}) ?? 0) !== 0;
}

/**
 * A connection from a socket that the host accepted or connected. The host
 * leaves the socket alone from then on.
 *
 * @throws {TransportError} `closed` when the socket is not connected
 */
export function nodeConnection(socket: NodeSocket): Connection {
  // Otherwise Node ends our side as soon as the peer ends its own.
  socket.allowHalfOpen = true;
  const ends = endsOf(socket);
  if (ends === null) {
    socket.destroy();
    throw closedError("Cannot use the socket");
  }
  return new NodeConnection(
    socket,
    new StreamSource(),
    ends.local,
    ends.remote,
  );
}

/**
 * Both addresses; `null` when the peer has gone already.
 *
 * @param known our own, which takes long to ask for
 */
export function endsOf(
  socket: NodeSocket,
  known: Endpoint | null = null,
): { readonly local: Endpoint; readonly remote: Endpoint } | null {
  const { remoteAddress, remotePort } = socket;
  if (remoteAddress === undefined || remotePort === undefined) return null;
  const remote = endpoint(remoteAddress, remotePort);
  if (known !== null) return { local: known, remote };
  const { localAddress, localPort } = socket;
  if (localAddress === undefined || localPort === undefined) return null;
  return withZones({ local: endpoint(localAddress, localPort), remote });
}

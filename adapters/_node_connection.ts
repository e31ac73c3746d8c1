import { type Deferred, deferred } from "../lib/base/deferred.ts";
import type { TransportError } from "../lib/base/errors.ts";
import type { Connection, Endpoint } from "../lib/spi/transport.ts";
import { endpoint } from "./_endpoint.ts";
import { type NodeSource, StreamSource } from "./_node_source.ts";
import type { NodeSocket } from "./_node_types.ts";
import { busyError, closedError, transportError } from "./_socket_errors.ts";

/** A `net.Socket` as a {@linkcode Connection}. */
export class NodeConnection implements Connection {
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly tls = null;

  readonly #socket: NodeSocket;
  readonly #source: NodeSource;
  #reader: Deferred<Uint8Array | null> | null = null;
  #writer: Deferred<void> | null = null;
  #finisher: Deferred<void> | null = null;
  #failure: TransportError | null = null;
  #ended = false;
  #finished = false;
  #closed = false;

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
    source.start(socket, () => this.#arrived());
    socket.on("end", () => this.#onEnd());
    // Stays for good: an error without a listener ends the program.
    socket.on("error", (error) => this.#fail(error));
    socket.on("close", () => this.#onClose());
  }

  read(): Promise<Uint8Array | null> {
    if (this.#reader !== null) return Promise.reject(busyError("Cannot read"));
    if (this.#closed) return Promise.reject(closedError("Cannot read"));
    if (this.#ended) return Promise.resolve(null);
    const chunk = this.#source.take();
    if (chunk !== null) return Promise.resolve(chunk);
    if (this.#failure !== null) return Promise.reject(this.#failure);
    const reader = deferred<Uint8Array | null>();
    this.#reader = reader;
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
    this.#socket.write(bytes, (error) => {
      // close() or an error may have answered already.
      if (this.#writer !== writer) return;
      this.#writer = null;
      if (error) writer.reject(transportError("Cannot write", error));
      else writer.resolve();
    });
    return writer.promise;
  }

  closeWrite(): Promise<void> {
    if (this.#closed) return Promise.reject(closedError("Cannot finish"));
    if (this.#finished) return Promise.resolve();
    if (this.#failure !== null) return Promise.reject(this.#failure);
    this.#finished = true;
    const finisher = deferred<void>();
    this.#finisher = finisher;
    this.#socket.end((error?: Error | null) => {
      if (this.#finisher !== finisher) return;
      this.#finisher = null;
      if (error) finisher.reject(transportError("Cannot finish", error));
      else finisher.resolve();
    });
    return finisher.promise;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#rejectPending((action) => closedError(action));
    this.#socket.destroy();
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
    this.#ended = true;
    this.#reader?.resolve(null);
    this.#reader = null;
  }

  #fail(error: unknown): void {
    if (this.#closed) return;
    this.#failure ??= transportError("Cannot go on", error);
    this.#rejectPending((action) => transportError(action, error));
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

/** Both addresses; `null` when the peer has gone already. */
export function endsOf(
  socket: NodeSocket,
): { readonly local: Endpoint; readonly remote: Endpoint } | null {
  const { localAddress, localPort, remoteAddress, remotePort } = socket;
  if (localAddress === undefined || localPort === undefined) return null;
  if (remoteAddress === undefined || remotePort === undefined) return null;
  return {
    local: endpoint(localAddress, localPort),
    remote: endpoint(remoteAddress, remotePort),
  };
}

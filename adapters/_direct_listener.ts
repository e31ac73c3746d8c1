import { isIPv4, Socket } from "node:net";
import { type Deferred, deferred } from "../lib/base/deferred.ts";
import { TransportError } from "../lib/base/errors.ts";
import { formatEndpoint } from "../lib/protocol/address.ts";
import type {
  Connection,
  Endpoint,
  Listener,
  ListenOptions,
} from "../lib/spi/transport.ts";
import { DirectConnection } from "./_direct_connection.ts";
import { EADDRINUSE } from "./_errno.ts";
import { NodeConnection } from "./_node_connection.ts";
import { nodeListener, pausedServer } from "./_node_listener.ts";
import { BufferSource, canBuffer } from "./_node_source.ts";
import type { RawSocketOptions } from "./_raw_connection.ts";
import { type SocketCalls, socketCalls } from "./_socket_calls.ts";
import { DEFAULT_BACKLOG, KEEP_ALIVE_DELAY_MS } from "./_socket_defaults.ts";

/**
 * How long a listener waits to be asked for a connection that has come, before
 * it lets the runtime tell: a client that connects and then sends its command
 * takes no longer, as a rule, and a server of the runtime is a tenth of what a
 * small download costs.
 */
const WATCH_AFTER_MS = 50;

const WILDCARD = "0.0.0.0";

/**
 * A listener for connections that carry files, made without the runtime, or
 * `null` where that cannot be or is not worth it: then, and when the address
 * is no good, the runtime shall listen.
 *
 * @throws {TransportError} `address-in-use`
 */
export function directListener(
  options: ListenOptions & RawSocketOptions,
): Listener | null {
  const { hostname, port, backlog = DEFAULT_BACKLOG, bulk } = options;
  const { upgradable, stoppable, raw } = options;
  if (bulk !== true || [upgradable, stoppable, raw].includes(true)) return null;
  if (!isIPv4(hostname) || hostname === WILDCARD || !canBuffer(false)) {
    return null;
  }
  const calls = socketCalls();
  if (calls === null) return null;
  const socket = calls.open();
  if (socket < 0) return null;
  const refused = calls.bind(socket, hostname, port);
  const listening = refused < 0 ? refused : calls.listen(socket, backlog);
  const bound = listening < 0 || port !== 0 ? port : calls.port(socket);
  if (listening < 0 || bound < 0) {
    calls.close(socket);
    if (listening !== EADDRINUSE) return null;
    const where = formatEndpoint(options);
    throw new TransportError(
      "address-in-use",
      `Cannot listen on ${where}: address in use`,
    );
  }
  return new DirectListener(calls, socket, { hostname, port: bound }, backlog);
}

class DirectListener implements Listener {
  readonly local: Endpoint;
  readonly #calls: SocketCalls;
  readonly #backlog: number;
  /** Ours, until it is the runtime's or closed. */
  #socket: number;
  /** The runtime's, once it had to tell of connections. */
  #watcher: Listener | null = null;
  #waiter: Deferred<Connection | null> | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  constructor(
    calls: SocketCalls,
    socket: number,
    local: Endpoint,
    backlog: number,
  ) {
    this.#calls = calls;
    this.#socket = socket;
    this.local = local;
    this.#backlog = backlog;
  }

  accept(): Promise<Connection | null> {
    if (this.#waiter !== null) return this.#waiter.promise;
    if (this.#watcher !== null) return this.#watcher.accept();
    if (this.#closed) return Promise.resolve(null);
    const here = this.#take();
    if (here !== null) return Promise.resolve(here);
    this.#waiter = deferred();
    this.#timer = setTimeout(() => this.#watch(), WATCH_AFTER_MS);
    return this.#waiter.promise;
  }

  acceptNow(): Connection | null {
    if (this.#watcher !== null || this.#closed) return null;
    const here = this.#take();
    // Whoever asks now does not ask again.
    if (here === null && this.#waiter !== null) this.#watch();
    return here;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#watcher?.close();
    if (this.#socket >= 0) this.#calls.close(this.#socket);
    // The number is soon another socket's.
    this.#socket = -1;
    this.#waiter?.resolve(null);
    this.#waiter = null;
  }

  #take(): Connection | null {
    const accepted = this.#calls.accept(this.#socket);
    if (typeof accepted === "number") return null;
    const { descriptor, hostname, port } = accepted;
    const remote = { hostname, port };
    const adopt = (own: number): Connection => adopted(own, this.local, remote);
    return new DirectConnection(
      this.#calls,
      descriptor,
      this.local,
      remote,
      adopt,
    );
  }

  #watch(): void {
    clearTimeout(this.#timer);
    const server = pausedServer();
    // Told below as well, as then it has no address.
    server.on("error", () => {});
    try {
      server.listen({ fd: this.#socket, backlog: this.#backlog }, () => {});
      this.#watcher = nodeListener(server, { upgradable: false, bulk: true });
    } catch {
      return this.close();
    }
    this.#socket = -1;
    const waiter = this.#waiter;
    this.#waiter = null;
    this.#watcher.accept().then(waiter?.resolve);
  }
}

/** A socket of the runtime for a connection that was accepted without it. */
function adopted(
  descriptor: number,
  local: Endpoint,
  remote: Endpoint,
): Connection {
  const source = new BufferSource();
  const options = {
    fd: descriptor,
    allowHalfOpen: true,
    manualStart: true,
    readable: true,
    writable: true,
    onread: source.onread,
  };
  const socket = new Socket(options);
  socket.setKeepAlive(true, KEEP_ALIVE_DELAY_MS);
  return new NodeConnection(socket, source, local, remote);
}

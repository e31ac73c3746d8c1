import { createServer } from "node:net";
import { TransportError } from "../lib/base/errors.ts";
import { Queue } from "../lib/base/queue.ts";
import type { Connection, Endpoint, Listener } from "../lib/spi/transport.ts";
import { endpoint } from "./_endpoint.ts";
import { endsOf, NodeConnection } from "./_node_connection.ts";
import { DEFAULT_BACKLOG, KEEP_ALIVE_DELAY_MS } from "./_socket_defaults.ts";
import {
  AdoptingSource,
  canBuffer,
  FlowSource,
  type NodeSource,
  StreamSource,
} from "./_node_source.ts";
import { BUN_NODE_PAUSE } from "./_runtime_gaps.ts";
import type { NodeServer, NodeSocket } from "./_node_types.ts";
import { transportError } from "./_socket_errors.ts";

/** How accepted sockets are treated. */
export interface NodeListenerOptions {
  /**
   * Connections that wait to be accepted.
   * @default {100}
   */
  readonly backlog?: number;
  /**
   * Whether small writes are sent at once (TCP_NODELAY).
   * @default {false}
   */
  readonly noDelay?: boolean;
  /**
   * Whether the connections must have `startTls`, for which Deno reads in a
   * slower way.
   * @default {true}
   */
  readonly upgradable?: boolean;
  /**
   * Whether the connections carry files rather than lines.
   * @default {false}
   */
  readonly bulk?: boolean;
}

/** A `net.Server` as a {@linkcode Listener}. */
class NodeListener implements Listener {
  readonly local: Endpoint;
  readonly #server: NodeServer;
  readonly #queue: Queue<Connection>;
  readonly #noDelay: boolean;
  /** Our end of every connection, unless we listen on many addresses. */
  readonly #known: Endpoint | null;
  readonly #makeSource: () => NodeSource;
  readonly #isPipe: boolean;
  #closed = false;

  constructor(
    server: NodeServer,
    local: Endpoint,
    options: NodeListenerOptions,
    isPipe: boolean = false,
  ) {
    this.#server = server;
    this.local = local;
    this.#isPipe = isPipe;
    this.#queue = new Queue(options.backlog ?? DEFAULT_BACKLOG);
    this.#noDelay = options.noDelay ?? false;
    this.#makeSource = sourceFor(options);
    this.#known = isWildcard(local.hostname) ? null : local;
    server.on("connection", (socket) => this.#onConnection(socket));
    // As when no descriptor is left for a client: the next may have more luck.
    server.on("error", () => {});
  }

  accept(): Promise<Connection | null> {
    return this.#queue.take();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#server.close();
    for (const connection of this.#queue.close()) connection.close();
  }

  #onConnection(accepted: NodeSocket): void {
    const ends = this.#isPipe
      ? { local: this.local, remote: this.local }
      : endsOf(accepted, this.#known);
    if (ends === null) {
      accepted.destroy();
      return;
    }
    if (!this.#isPipe) {
      accepted.setKeepAlive(true, KEEP_ALIVE_DELAY_MS);
      if (this.#noDelay) accepted.setNoDelay(true);
    }
    const connection = new NodeConnection(
      accepted,
      this.#makeSource(),
      ends.local,
      ends.remote,
    );
    if (!this.#queue.push(connection)) connection.close();
  }
}

function isWildcard(hostname: string): boolean {
  return hostname === "0.0.0.0" || hostname === "::";
}

function sourceFor(options: NodeListenerOptions): () => NodeSource {
  const { bulk = false, upgradable = true } = options;
  if (!bulk && !BUN_NODE_PAUSE.here) return () => new FlowSource();
  return bulk && canBuffer(upgradable)
    ? () => new AdoptingSource()
    : () => new StreamSource();
}

/** A server whose sockets wait to be read and may be half closed. */
export function pausedServer(): NodeServer {
  return createServer({ allowHalfOpen: true, pauseOnConnect: true });
}

/**
 * A listener from a server that listens already. It should have been made with
 * `allowHalfOpen` and `pauseOnConnect`, or bytes may be lost.
 *
 * @throws {TransportError} `unsupported` when it does not listen on TCP
 */
export function nodeListener(
  server: NodeServer,
  options: NodeListenerOptions = {},
): Listener {
  const address = server.address();
  if (address === null || typeof address === "string") {
    throw new TransportError(
      "unsupported",
      "Cannot use the server: it does not listen on a TCP port",
    );
  }
  return new NodeListener(
    server,
    endpoint(address.address, address.port),
    options,
  );
}

/** What stands for both ends of a Unix socket, which has no address. */
const THIS_MACHINE: Endpoint = { hostname: "127.0.0.1", port: 0 };

/** The same for a server that listens already, on TCP or on a Unix socket. */
export function anyListener(
  server: NodeServer,
  options: NodeListenerOptions = {},
): Listener {
  const address = server.address();
  // Node has none for a Unix socket that came as a descriptor.
  return typeof address === "string" || address === null
    ? new NodeListener(server, THIS_MACHINE, options, true)
    : nodeListener(server, options);
}

/** Starts `server`, with the errors of a {@linkcode Transport}. */
export async function startServer(
  server: NodeServer,
  where: string,
  start: (listening: () => void) => void | Promise<void>,
): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      // Some throw at once: a descriptor that is none.
      Promise.resolve(start(resolve)).catch(reject);
      server.once("listening", () => server.off("error", reject));
    });
  } catch (error) {
    throw transportError(`Cannot listen on ${where}`, error);
  }
}

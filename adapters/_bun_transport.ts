import { ConfigError } from "../lib/base/errors.ts";
import { Queue } from "../lib/base/queue.ts";
import { formatEndpoint } from "../lib/protocol/address.ts";
import type {
  Connection,
  ConnectOptions,
  Endpoint,
  Listener,
  ListenOptions,
} from "../lib/spi/transport.ts";
import { abortable } from "./_abortable.ts";
import { bunHandler, type BunSink } from "./_bun_connection.ts";
import { endpoint } from "./_endpoint.ts";
import { DEFAULT_BACKLOG } from "./_socket_defaults.ts";
import { type NodeTransport, plainNodeTransport } from "./_node_transport.ts";
import { type TlsEngineOptions, withOpenssl } from "./_openssl_transport.ts";
import { resolveHostname } from "./_resolve.ts";
import {
  type BunApi,
  type BunTcpListener,
  runtimeGlobals,
} from "./_runtime_types.ts";
import { transportError } from "./_socket_errors.ts";
import { stoppableListener } from "./_stoppable_connection.ts";
import { checkTls } from "./_tls_context.ts";

/**
 * The sockets of Bun, and those of its `node:net` for inherited descriptors.
 *
 * @throws {ConfigError} on another runtime
 */
export function bunTransport(options: TlsEngineOptions = {}): NodeTransport {
  const bun = runtimeGlobals.Bun;
  if (bun === undefined) {
    throw new ConfigError(
      "Cannot use the bun adapter: globalThis.Bun is missing",
    );
  }
  const node = plainNodeTransport();
  return withOpenssl({
    name: "bun",
    listen: (options) => listen(bun, options),
    connect: (options) => connect(bun, options),
    listenPath: (path, options) => node.listenPath(path, options),
    listenDescriptor: (descriptor, options) =>
      node.listenDescriptor(descriptor, options),
    checkTls,
    bindsTlsSessions: true,
    stopsTls: true,
  }, options);
}

async function listen(bun: BunApi, options: ListenOptions): Promise<Listener> {
  const { port, backlog = DEFAULT_BACKLOG, noDelay = false } = options;
  const where = formatEndpoint(options);
  const queue = new Queue<Connection>(backlog);
  const socket = bunHandler((connection) => {
    connection.tune(noDelay);
    if (!queue.push(connection)) connection.close();
  });
  try {
    const hostname = await resolveHostname(options.hostname);
    const listener = bun.listen<BunSink | null>({
      hostname,
      port,
      // Otherwise Bun ends our side as soon as the peer ends its own.
      allowHalfOpen: true,
      data: null,
      socket,
    });
    const native = new BunListener(listener, hostname, queue);
    return options.stoppable ? stoppableListener(native) : native;
  } catch (error) {
    throw transportError(`Cannot listen on ${where}`, error);
  }
}

function connect(bun: BunApi, options: ConnectOptions): Promise<Connection> {
  const { hostname, port, localHostname, localPort } = options;
  return abortable(
    options.signal,
    () =>
      new Promise<Connection>((resolve, reject) => {
        const fail = (error: unknown) => {
          const where = formatEndpoint(options);
          reject(transportError(`Cannot connect to ${where}`, error));
        };
        const handler = bunHandler((connection) => {
          connection.tune(false);
          resolve(connection);
        });
        bun.connect<BunSink | null>({
          hostname,
          port,
          ...(localHostname === undefined
            ? {}
            : { localAddress: localHostname }),
          ...(localPort === undefined ? {} : { localPort }),
          allowHalfOpen: true,
          data: null,
          socket: { ...handler, connectError: (_socket, error) => fail(error) },
        }).catch(fail);
      }),
  );
}

/**
 * A listener of Bun as a {@linkcode Listener}. Bun accepts at once, so that
 * connections wait here.
 */
class BunListener implements Listener {
  readonly local: Endpoint;
  readonly #listener: BunTcpListener;
  readonly #queue: Queue<Connection>;
  #closed = false;

  constructor(
    listener: BunTcpListener,
    hostname: string,
    queue: Queue<Connection>,
  ) {
    this.#listener = listener;
    this.#queue = queue;
    this.local = endpoint(hostname, listener.port);
  }

  accept(): Promise<Connection | null> {
    return this.#queue.take();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    // Without `true`: accepted connections go on.
    this.#listener.stop();
    for (const connection of this.#queue.close()) connection.close();
  }
}

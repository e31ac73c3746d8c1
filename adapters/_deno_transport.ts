import { ConfigError } from "../lib/base/errors.ts";
import { formatEndpoint } from "../lib/protocol/address.ts";
import type {
  Connection,
  ConnectOptions,
  Endpoint,
  Listener,
  ListenOptions,
} from "../lib/spi/transport.ts";
import { abortable } from "./_abortable.ts";
import { DenoConnection } from "./_deno_connection.ts";
import { DenoNetwork } from "./_deno_network.ts";
import { directListener } from "./_direct_listener.ts";
import { endpoint } from "./_endpoint.ts";
import { withZone } from "./_zone.ts";
import { DENO_NODE_ZONE } from "./_runtime_gaps.ts";
import { DEFAULT_BACKLOG } from "./_socket_defaults.ts";
import { type NodeTransport, plainNodeTransport } from "./_node_transport.ts";
import { type TlsEngineOptions, withOpenssl } from "./_openssl_transport.ts";
import { resolveHostname } from "./_resolve.ts";
import {
  type DenoApi,
  type DenoTcpListener,
  runtimeGlobals,
} from "./_runtime_types.ts";
import { transportError } from "./_socket_errors.ts";
import { systemClock } from "./_system_clock.ts";
import { checkTls } from "./_tls_context.ts";

/** No descriptor is left for a client: another may be free soon. */
const ACCEPT_RETRY_MS = 50;

/**
 * The sockets of Deno, and those of its `node:net` for what its own cannot do:
 * TLS on accepted connections, a local address for outgoing ones, descriptors.
 *
 * @throws {ConfigError} on another runtime
 */
export function denoTransport(options: TlsEngineOptions = {}): NodeTransport {
  const deno = runtimeGlobals.Deno;
  if (deno === undefined) {
    throw new ConfigError(
      "Cannot use the deno adapter: globalThis.Deno is missing",
    );
  }
  const node = plainNodeTransport();
  const network = new DenoNetwork();
  return withOpenssl({
    name: "deno",
    async listen(options) {
      await network.mayListen(options);
      const direct = directListener(options);
      if (direct !== null) return direct;
      return await (options.upgradable || options.stoppable
        ? node.listen(options)
        : listen(deno, options));
    },
    async connect(asked) {
      network.mayConnect(asked);
      const options = withoutZonedSource(asked);
      // Deno.connect takes no notice of these.
      return await (options.upgradable ||
          options.localHostname !== undefined ||
          options.localPort !== undefined
        ? node.connect(options)
        : connect(deno, options));
    },
    listenPath: (path, options) => node.listenPath(path, options),
    listenDescriptor: (descriptor, options) =>
      node.listenDescriptor(descriptor, options),
    checkTls,
    stopsTls: true,
  }, options);
}

/** A zone leaves one link to come from, and node:net refuses it. */
function withoutZonedSource(options: ConnectOptions): ConnectOptions {
  const { localHostname, ...rest } = options;
  const isZoned = DENO_NODE_ZONE.here && localHostname?.includes("%");
  return isZoned ? rest : options;
}

async function listen(
  deno: DenoApi,
  options: ListenOptions,
): Promise<Listener> {
  const { port, backlog = DEFAULT_BACKLOG, noDelay = false, bulk = false } =
    options;
  try {
    const hostname = await resolveHostname(options.hostname);
    return new DenoListener(
      deno.listen({ hostname, port, tcpBacklog: backlog }),
      noDelay,
      bulk,
    );
  } catch (error) {
    const where = formatEndpoint(options);
    throw transportError(`Cannot listen on ${where}`, error);
  }
}

function connect(deno: DenoApi, options: ConnectOptions): Promise<Connection> {
  const { hostname, port } = options;
  // Not the caller's signal: that one would close the connection later too.
  const controller = new AbortController();
  const { signal } = controller;
  return abortable(options.signal, async () => {
    try {
      const conn = await deno.connect({ hostname, port, signal });
      conn.setKeepAlive(true);
      return new DenoConnection(conn, true);
    } catch (error) {
      const where = formatEndpoint(options);
      throw transportError(`Cannot connect to ${where}`, error);
    }
  }, () => controller.abort());
}

/**
 * A listener of Deno as a {@linkcode Listener}. The system keeps what waits to
 * be accepted.
 */
class DenoListener implements Listener {
  readonly local: Endpoint;
  readonly #listener: DenoTcpListener;
  readonly #noDelay: boolean;
  readonly #bulk: boolean;
  #accepting: Promise<Connection | null> | null = null;
  #closed = false;

  constructor(listener: DenoTcpListener, noDelay: boolean, bulk: boolean) {
    this.#listener = listener;
    this.#noDelay = noDelay;
    this.#bulk = bulk;
    const { hostname, port } = listener.addr;
    this.local = withZone(endpoint(hostname, port));
  }

  accept(): Promise<Connection | null> {
    // Deno rejects a second one with Busy.
    this.#accepting ??= this.#accept().finally(() => this.#accepting = null);
    return this.#accepting;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    // A pending accept() is rejected with BadResource.
    this.#listener.close();
  }

  async #accept(): Promise<Connection | null> {
    while (!this.#closed) {
      try {
        const conn = await this.#listener.accept();
        conn.setKeepAlive(true);
        if (this.#noDelay) conn.setNoDelay(true);
        return new DenoConnection(conn, this.#bulk);
      } catch {
        if (!this.#closed) await pause(ACCEPT_RETRY_MS);
      }
    }
    return null;
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    systemClock().after(milliseconds, resolve);
  });
}

import { ConfigError, TransportError } from "../lib/base/errors.ts";
import { formatEndpoint } from "../lib/protocol/address.ts";
import type { Clock } from "../lib/spi/clock.ts";
import type {
  ConnectOptions,
  Endpoint,
  Listener,
  ListenOptions,
  Transport,
} from "../lib/spi/transport.ts";
import { endpoint } from "./_endpoint.ts";
import { abortable } from "./_abortable.ts";
import {
  covers,
  isNowhere,
  literalOf,
  sameEndpoint,
  sourceFor,
} from "./_memory_address.ts";
import { MemoryConnection } from "./_memory_connection.ts";
import { type MemoryLink, memoryLink } from "./_memory_link.ts";
import { MemoryListener } from "./_memory_listener.ts";

const EPHEMERAL_FIRST = 49152;
const EPHEMERAL_LAST = 65535;

/** Settings of a memory transport; they may be changed at any time. */
export interface MemoryTransportOptions {
  /**
   * What measures the latency; needed when there is one.
   * @default {null}
   */
  readonly clock?: Clock | null;
  /**
   * Milliseconds that anything takes from one end to the other.
   * @default {0}
   */
  readonly latencyMs?: number;
  /**
   * The most bytes that one `read()` answers; small values find code that
   * believes in message boundaries.
   * @default {65_536}
   */
  readonly chunkSize?: number;
  /**
   * Bytes that fit between a writer and a reader before `write()` waits.
   * @default {262_144}
   */
  readonly window?: number;
}

/** Where {@linkcode MemoryTransport.dial} goes to, and comes from. */
export interface DialOptions {
  /** An IP literal, where somebody listens. */
  readonly hostname: string;
  /** Where somebody listens. */
  readonly port: number;
  /**
   * The client's address. Any will do; port 0 or none is chosen.
   * @default {"127.0.0.1" or "::1"}
   */
  readonly from?: string | Endpoint;
}

/**
 * A network inside the program: no ports, no timers of the system, and
 * controls for tests. Every address is local, except those of the networks
 * reserved for documentation (192.0.2.0/24 and its like), where nothing can
 * listen and nobody answers.
 */
export class MemoryTransport implements Transport {
  /** For logs. */
  readonly name = "memory";
  /** Sessions belong to one configuration object. */
  readonly bindsTlsSessions = true;
  /** As {@linkcode MemoryConnection.stopTls} says. */
  readonly stopsTls = true;
  /** Addresses that never answer: connecting there waits for its signal. */
  readonly silent: Set<string> = new Set();
  /** Ports that may not be listened on, as those below 1024 for most users. */
  readonly forbiddenPorts: Set<number> = new Set();
  /** Milliseconds from one end to the other. */
  latencyMs: number;
  /** The most bytes that one `read()` answers. */
  chunkSize: number;
  /** Bytes that fit between a writer and a reader before `write()` waits. */
  window: number;

  readonly #clock: Clock | null;
  readonly #listeners = new Set<MemoryListener>();
  readonly #open = new Set<MemoryConnection>();
  readonly #dialled = new Set<MemoryConnection>();
  #nextPort = EPHEMERAL_FIRST;

  /**
   * A network of its own: two transports do not meet.
   *
   * @throws {ConfigError} when there is a latency and no clock
   */
  constructor(options: MemoryTransportOptions = {}) {
    if ((options.latencyMs ?? 0) > 0 && !options.clock) {
      throw new ConfigError("Cannot have a latency: there is no clock");
    }
    this.#clock = options.clock ?? null;
    this.latencyMs = options.latencyMs ?? 0;
    this.chunkSize = options.chunkSize ?? 65_536;
    this.window = options.window ?? 262_144;
  }

  /** Ends on which nobody called `close()` yet, without dialled ones. */
  get openConnections(): number {
    return this.#open.size;
  }

  /** The same for the ends that {@linkcode dial} made. */
  get openDials(): number {
    return this.#dialled.size;
  }

  /** Listeners on which nobody called `close()` yet. */
  get openListeners(): number {
    return this.#listeners.size;
  }

  /** TLS is pretended here, so any configuration will do. */
  checkTls(): void {}

  /** As {@linkcode Transport.listen}. */
  listen(options: ListenOptions): Promise<Listener> {
    return new Promise((resolve) => resolve(this.#listen(options)));
  }

  /** As {@linkcode Transport.connect}, from 127.0.0.1 or ::1 by default. */
  connect(options: ConnectOptions): Promise<MemoryConnection> {
    const { hostname, port } = endpoint(options.hostname, options.port);
    const from = endpoint(
      options.localHostname ?? sourceFor(hostname),
      options.localPort ?? 0,
    );
    return abortable(
      options.signal,
      () => this.#connect({ hostname, port }, from, this.#open),
    );
  }

  /** Connects as a client would, from wherever the test says. */
  dial(options: DialOptions): Promise<MemoryConnection> {
    const to = endpoint(options.hostname, options.port);
    const from = typeof options.from === "string"
      ? endpoint(options.from, 0)
      : options.from ?? endpoint(sourceFor(to.hostname), 0);
    return this.#connect(to, from, this.#dialled);
  }

  #listen(options: ListenOptions): MemoryListener {
    const hostname = literalOf(options.hostname);
    const where = formatEndpoint(options);
    if (hostname === null || isNowhere(hostname)) {
      throw new TransportError(
        "address-not-available",
        `Cannot listen on ${where}: address not available`,
      );
    }
    if (this.forbiddenPorts.has(options.port)) {
      throw new TransportError(
        "not-permitted",
        `Cannot listen on ${where}: permission denied`,
      );
    }
    if (options.port !== 0 && this.#taken(hostname, options.port)) {
      throw new TransportError(
        "address-in-use",
        `Cannot listen on ${where}: address in use`,
      );
    }
    const local = {
      hostname,
      port: options.port !== 0 ? options.port : this.#freePort(
        (port) => !this.#taken(hostname, port),
      ),
    };
    const listener = new MemoryListener(
      local,
      options.backlog ?? 100,
      (closed) => void this.#listeners.delete(closed),
    );
    this.#listeners.add(listener);
    return listener;
  }

  #connect(
    to: Endpoint,
    from: Endpoint,
    owner: Set<MemoryConnection>,
  ): Promise<MemoryConnection> {
    return new Promise((resolve, reject) => {
      if (this.silent.has(to.hostname)) return;
      const link = memoryLink(this, this.#clock, (connection) => {
        this.#open.delete(connection);
        this.#dialled.delete(connection);
      });
      link.deliver(() => {
        try {
          const client = this.#join(to, from, owner, link);
          link.deliver(() => resolve(client));
        } catch (error) {
          link.deliver(() => reject(error));
        }
      });
    });
  }

  #join(
    to: Endpoint,
    from: Endpoint,
    owner: Set<MemoryConnection>,
    link: MemoryLink,
  ): MemoryConnection {
    const where = formatEndpoint(to);
    const listener = this.#find(to);
    if (listener === null) {
      throw isNowhere(to.hostname)
        ? new TransportError(
          "unreachable",
          `Cannot connect to ${where}: no route to host`,
        )
        : new TransportError(
          "refused",
          `Cannot connect to ${where}: connection refused`,
        );
    }
    const isFree = (port: number) =>
      !this.#connected({ hostname: from.hostname, port }, to);
    if (from.port !== 0 && !isFree(from.port)) {
      throw new TransportError(
        "address-in-use",
        `Cannot connect to ${where}: local address in use`,
      );
    }
    const local = {
      hostname: from.hostname,
      port: from.port !== 0 ? from.port : this.#freePort(isFree),
    };
    const client = new MemoryConnection(link, local, to);
    owner.add(client);
    this.#open.add(client.peer);
    listener.offer(client.peer);
    return client;
  }

  /** Who gets a connection to `to`: the exact address before a wildcard. */
  #find(to: Endpoint): MemoryListener | null {
    let wildcard: MemoryListener | null = null;
    for (const listener of this.#listeners) {
      const { hostname, port } = listener.local;
      if (port !== to.port) continue;
      if (hostname === to.hostname) return listener;
      if (covers(hostname, to.hostname)) wildcard = listener;
    }
    return wildcard;
  }

  #taken(hostname: string, port: number): boolean {
    for (const { local } of this.#listeners) {
      if (local.port !== port) continue;
      if (local.hostname === hostname) return true;
      if (covers(local.hostname, hostname)) return true;
      if (covers(hostname, local.hostname)) return true;
    }
    return false;
  }

  #connected(from: Endpoint, to: Endpoint): boolean {
    for (const { local, remote } of [...this.#open, ...this.#dialled]) {
      if (sameEndpoint(local, from) && sameEndpoint(remote, to)) return true;
    }
    return false;
  }

  #freePort(isFree: (port: number) => boolean): number {
    for (let left = EPHEMERAL_LAST - EPHEMERAL_FIRST; left >= 0; left--) {
      const port = this.#nextPort;
      this.#nextPort = port === EPHEMERAL_LAST ? EPHEMERAL_FIRST : port + 1;
      if (isFree(port)) return port;
    }
    throw new TransportError(
      "address-in-use",
      "Cannot choose a port: all are in use",
    );
  }
}

/** A network inside the program, with controls for tests. */
export function memoryTransport(
  options?: MemoryTransportOptions,
): MemoryTransport {
  return new MemoryTransport(options);
}

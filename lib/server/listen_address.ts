import { ConfigError, TransportError } from "../base/errors.ts";
import type { Listener, SocketOptions, Transport } from "../spi/transport.ts";
import type { ServerSettings } from "./options.ts";

/** An IP address or a name of this machine, and a port; 0 is any. */
export interface ListenAddress {
  /**
   * `::` takes IPv4 too where the system can; a link-local address has its
   * zone, as in `fe80::1%eth0`.
   */
  readonly hostname: string;
  /** 0 to 65535. */
  readonly port: number;
}

/** A Unix socket; see {@linkcode Transport.listenPath}. */
export interface ListenPath {
  /** The name of the socket. */
  readonly path: string;
}

/** A socket that is open; see {@linkcode Transport.listenDescriptor}. */
export interface ListenDescriptor {
  /** Its number. */
  readonly descriptor: number;
}

/** Where a server can listen. */
export type ListenPlace = ListenAddress | ListenPath | ListenDescriptor;

/** What connections of a listener must be able to do. */
export interface ListenerAbilities {
  /** `startTls` */
  readonly upgradable: boolean;
  /** `stopTls` */
  readonly stoppable: boolean;
}

/** What the settings ask of connections. */
export function abilitiesFor({ tls }: ServerSettings): ListenerAbilities {
  return {
    upgradable: tls !== null,
    stoppable: tls?.clearCommandsAllowed ?? false,
  };
}

/**
 * Listens somewhere.
 *
 * @throws {ConfigError} when the place cannot be
 * @throws {TransportError} when it cannot be had
 */
export function openListener(
  transport: Transport,
  where: ListenPlace,
  settings: ServerSettings,
): Promise<Listener> {
  const { backlog, noDelay } = settings;
  const options: SocketOptions = {
    backlog,
    noDelay,
    ...abilitiesFor(settings),
  };
  if ("path" in where) {
    return transport.listenPath?.(where.path, options) ??
      unsupported(transport, "Unix sockets");
  }
  if ("descriptor" in where) {
    return transport.listenDescriptor?.(where.descriptor, options) ??
      unsupported(transport, "descriptors");
  }
  const { hostname, port } = where;
  if (!(Number.isInteger(port) && port >= 0 && port <= 65535)) {
    throw new ConfigError(
      `Cannot listen on port ${port}: must be from 0 to 65535`,
    );
  }
  return transport.listen({ ...options, hostname, port });
}

function unsupported(transport: Transport, what: string): Promise<never> {
  return Promise.reject(
    new TransportError(
      "unsupported",
      `Cannot listen on ${what}: ${transport.name} has none`,
    ),
  );
}

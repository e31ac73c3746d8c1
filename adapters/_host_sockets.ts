import type { Connection, Listener } from "../lib/spi/transport.ts";
import { nodeConnection as clearConnection } from "./_node_connection.ts";
import {
  nodeListener as clearListener,
  type NodeListenerOptions,
} from "./_node_listener.ts";
import type { NodeServer, NodeSocket } from "./_node_types.ts";
import {
  opensslListener,
  opensslOver,
  type TlsEngineOptions,
} from "./_openssl_transport.ts";

// Sockets that the host accepted get the TLS of those that a transport of ours
// accepts: no session of one engine would be resumed by the other.

/**
 * A connection from a socket that the host accepted or connected. The host
 * leaves the socket alone from then on.
 *
 * @throws {TransportError} `closed` when the socket is not connected
 */
export function nodeConnection(
  socket: NodeSocket,
  options: TlsEngineOptions = {},
): Connection {
  const connection = clearConnection(socket);
  // What `node:tls` encrypts is not to be encrypted again.
  const { encrypted = false } = socket as { readonly encrypted?: boolean };
  return encrypted ? connection : opensslOver(connection, options);
}

/**
 * A listener from a server that listens already. It should have been made with
 * `allowHalfOpen` and `pauseOnConnect`, or bytes may be lost.
 *
 * @throws {TransportError} `unsupported` when it does not listen on TCP
 */
export function nodeListener(
  server: NodeServer,
  options: NodeListenerOptions & TlsEngineOptions = {},
): Listener {
  const { upgradable = true } = options;
  return upgradable
    ? opensslListener(
      (clear) => clearListener(server, { ...options, ...clear }),
      options,
    )
    : clearListener(server, options);
}

import { connect, type Socket } from "node:net";
import { TransportError } from "../lib/base/errors.ts";
import { formatEndpoint } from "../lib/protocol/address.ts";
import type {
  Connection,
  ConnectOptions,
  Listener,
  ListenOptions,
  SocketOptions,
  TlsConfig,
  Transport,
} from "../lib/spi/transport.ts";
import { abortable } from "./_abortable.ts";
import { directListener } from "./_direct_listener.ts";
import { endsOf, NodeConnection } from "./_node_connection.ts";
import {
  anyListener,
  nodeListener,
  pausedServer,
  startServer,
} from "./_node_listener.ts";
import { BufferSource, canBuffer, StreamSource } from "./_node_source.ts";
import { type TlsEngineOptions, withOpenssl } from "./_openssl_transport.ts";
import { resolveHostname } from "./_resolve.ts";
import { BUN_UNIX_DESCRIPTOR, DENO_TLS_SESSIONS } from "./_runtime_gaps.ts";
import { DEFAULT_BACKLOG, KEEP_ALIVE_DELAY_MS } from "./_socket_defaults.ts";
import { transportError } from "./_socket_errors.ts";
import { stoppableListener } from "./_stoppable_connection.ts";
import { checkTls } from "./_tls_context.ts";
import { listenPath } from "./_unix_socket.ts";

/** The sockets of `node:net`. */
export interface NodeTransport extends Transport {
  /** See {@linkcode Transport.listenPath}. */
  listenPath(path: string, options?: SocketOptions): Promise<Listener>;
  /** See {@linkcode Transport.listenDescriptor}. */
  listenDescriptor(
    descriptor: number,
    options?: SocketOptions,
  ): Promise<Listener>;
  /** See {@linkcode Transport.checkTls}. */
  checkTls(config: TlsConfig): void;
}

/** The sockets of `node:net`, for Node and for what resembles it. */
export function nodeTransport(options: TlsEngineOptions = {}): NodeTransport {
  return withOpenssl(plainNodeTransport(), options);
}

/** The same with the TLS of the runtime. */
export function plainNodeTransport(): NodeTransport {
  return {
    name: "node",
    listen,
    connect: connectTo,
    listenPath,
    listenDescriptor,
    checkTls,
    bindsTlsSessions: !DENO_TLS_SESSIONS.here,
    stopsTls: true,
  };
}

async function listen(options: ListenOptions): Promise<Listener> {
  const { hostname, port, backlog = DEFAULT_BACKLOG } = options;
  const where = formatEndpoint(options);
  const direct = directListener(options);
  if (direct !== null) return direct;
  const server = pausedServer();
  await startServer(server, where, async (listening) => {
    const host = await resolveHostname(hostname);
    server.listen({ host, port, backlog }, listening);
  });
  const listener = nodeListener(server, { upgradable: false, ...options });
  return options.stoppable ? stoppableListener(listener) : listener;
}

async function listenDescriptor(
  descriptor: number,
  options: SocketOptions = {},
): Promise<Listener> {
  const { backlog = DEFAULT_BACKLOG } = options;
  const server = pausedServer();
  const where = `descriptor ${descriptor}`;
  try {
    await startServer(server, where, (listening) => {
      server.listen({ fd: descriptor, backlog }, listening);
    });
    const listener = anyListener(server, options);
    return options.stoppable ? stoppableListener(listener) : listener;
  } catch (cause) {
    server.close();
    const which = BUN_UNIX_DESCRIPTOR.here ? "TCP socket" : "socket";
    throw new TransportError(
      "unsupported",
      `Cannot listen on ${where}: it is no listening ${which}`,
      { cause },
    );
  }
}

function connectTo(options: ConnectOptions): Promise<Connection> {
  let socket: Socket | null = null;
  return abortable(
    options.signal,
    () =>
      new Promise<Connection>((resolve, reject) => {
        socket = dial(options, resolve, reject);
      }),
    () => socket?.destroy(),
  );
}

function dial(
  options: ConnectOptions,
  resolve: (connection: Connection) => void,
  reject: (reason: unknown) => void,
): Socket {
  const { hostname, port, localHostname, localPort, upgradable = false } =
    options;
  const action = `Cannot connect to ${formatEndpoint(options)}`;
  const buffer = new BufferSource();
  const buffered = canBuffer(upgradable);
  const socket = connect({
    host: hostname,
    port,
    allowHalfOpen: true,
    ...(buffered ? { onread: buffer.onread } : {}),
    ...(localHostname === undefined ? {} : { localAddress: localHostname }),
    ...(localPort === undefined ? {} : { localPort }),
  });
  // Nothing is read before somebody asks.
  socket.pause();
  const onError = (error: Error) => reject(transportError(action, error));
  socket.once("error", onError);
  socket.once("connect", () => {
    const ends = endsOf(socket);
    if (ends === null) {
      socket.destroy();
      reject(new TransportError("reset", `${action}: the peer has gone`));
      return;
    }
    socket.setKeepAlive(true, KEEP_ALIVE_DELAY_MS);
    resolve(
      new NodeConnection(
        socket,
        buffered ? buffer : new StreamSource(),
        ends.local,
        ends.remote,
      ),
    );
    socket.off("error", onError);
  });
  return socket;
}

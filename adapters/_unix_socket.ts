import { lstatSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { TransportError } from "../lib/base/errors.ts";
import type {
  Connection,
  Endpoint,
  Listener,
  SocketOptions,
} from "../lib/spi/transport.ts";
import { anyListener, pausedServer, startServer } from "./_node_listener.ts";
import { DEFAULT_BACKLOG } from "./_socket_defaults.ts";
import { stoppableListener } from "./_stoppable_connection.ts";

/** See {@linkcode Transport.listenPath}; by `node:net`. */
export async function listenPath(
  path: string,
  options: SocketOptions = {},
): Promise<Listener> {
  try {
    return await open(path, options);
  } catch (error) {
    if (!isInUse(error) || !await isAbandoned(path)) throw error;
    rmSync(path, { force: true });
    return await open(path, options);
  }
}

async function open(path: string, options: SocketOptions): Promise<Listener> {
  const { backlog = DEFAULT_BACKLOG } = options;
  const server = pausedServer();
  await startServer(server, path, (listening) => {
    server.listen({ path, backlog }, listening);
  });
  const listener = anyListener(server, options);
  const named = new NamedListener(listener, path);
  return options.stoppable ? stoppableListener(named) : named;
}

/** Takes the name away when it is closed, which not every runtime does. */
class NamedListener implements Listener {
  readonly local: Endpoint;
  readonly #listener: Listener;
  readonly #path: string;
  readonly #number: number;
  #closed = false;

  constructor(listener: Listener, path: string) {
    this.#listener = listener;
    this.#path = path;
    this.#number = numberOf(path);
    this.local = listener.local;
  }

  accept(): Promise<Connection | null> {
    return this.#listener.accept();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    // Only our own: another server may have taken the name since.
    const isOurs = numberOf(this.#path) === this.#number;
    this.#listener.close();
    if (isOurs) rmSync(this.#path, { force: true });
  }
}

/** The file's number; -1 when there is no socket. */
function numberOf(path: string): number {
  try {
    const stat = lstatSync(path);
    return stat.isSocket() ? stat.ino : -1;
  } catch {
    return -1;
  }
}

function isInUse(error: unknown): boolean {
  return error instanceof TransportError && error.code === "address-in-use";
}

/** Whether a server that died has left the socket behind. */
function isAbandoned(path: string): Promise<boolean> {
  if (numberOf(path) === -1) return Promise.resolve(false);
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(false);
    });
    socket.once("error", (error: NodeJS.ErrnoException) => {
      resolve(error.code === "ECONNREFUSED");
    });
  });
}

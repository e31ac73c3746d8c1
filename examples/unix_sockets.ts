/**
 * FTP without TCP: control and data connections run over Unix sockets, one
 * socket file per port, wrapped as pairs of web streams. A tunnel of any other
 * kind is built the same way: give the server connections by `handle` and a
 * transport for the data connections.
 *
 * Run it with a folder to share, then talk to `/tmp/anyftpd/21`.
 *
 * @module
 */

import { mkdirSync, rmSync } from "node:fs";
import { createConnection, createServer, type Socket } from "node:net";
import { join } from "node:path";
import {
  type Connection,
  type Endpoint,
  FtpServer,
  type Listener,
  type Platform,
  TransportError,
} from "../lib/mod.ts";
import { streamConnection } from "../adapters/streams.ts";

/** The one address that there is. */
const HERE = "127.0.0.1";

/** A transport whose port `n` is the socket file `folder/n`. */
export function unixTransport(folder: string): Platform["transport"] {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  let lastPort = 50_000;
  return {
    name: "unix",
    async listen({ port }): Promise<Listener> {
      const local = { hostname: HERE, port: port === 0 ? ++lastPort : port };
      return await listenOn(join(folder, String(local.port)), local);
    },
    async connect({ port }): Promise<Connection> {
      const socket = await dial(join(folder, String(port)));
      return wrap(socket, { hostname: HERE, port: 0 }, {
        hostname: HERE,
        port,
      });
    },
  };
}

/** Connects to a socket file; half-open, as FTP needs it. */
export function dial(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ path, allowHalfOpen: true });
    socket.once("connect", () => resolve(socket));
    socket.once("error", (cause) =>
      reject(
        new TransportError("refused", `Cannot connect to ${path}: refused`, {
          cause,
        }),
      ));
  });
}

async function listenOn(path: string, local: Endpoint): Promise<Listener> {
  const waiting: Connection[] = [];
  const takers: ((connection: Connection | null) => void)[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const connection = wrap(socket, local, { hostname: HERE, port: 0 });
    const taker = takers.shift();
    if (taker !== undefined) taker(connection);
    else waiting.push(connection);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, resolve);
  });
  return {
    local,
    accept() {
      const connection = waiting.shift();
      if (connection !== undefined) return Promise.resolve(connection);
      if (!server.listening) return Promise.resolve(null);
      return new Promise((resolve) => takers.push(resolve));
    },
    close() {
      server.close();
      rmSync(path, { force: true });
      for (const connection of waiting.splice(0)) connection.close();
      for (const taker of takers.splice(0)) taker(null);
    },
  };
}

function wrap(socket: Socket, local: Endpoint, remote: Endpoint): Connection {
  return streamConnection({
    readable: readableOf(socket),
    writable: writableOf(socket),
    local,
    remote,
  });
}

// Not `Duplex.toWeb()`: on Node 20 its readable side ends only when the
// writable side has ended too, so half-closed connections never end.
function readableOf(socket: Socket): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>({
    start(controller) {
      socket.pause();
      socket.on("data", (chunk: Uint8Array) => {
        controller.enqueue(new Uint8Array(chunk));
        if ((controller.desiredSize ?? 0) <= 0) socket.pause();
      });
      socket.on("end", () => controller.close());
      socket.on("error", (error) => controller.error(error));
    },
    pull: () => void socket.resume(),
    cancel: () => void socket.destroy(),
  });
}

function writableOf(socket: Socket): WritableStream<Uint8Array> {
  return new WritableStream<Uint8Array>({
    write: (chunk) =>
      new Promise((resolve, reject) => {
        socket.write(chunk, (error) => error ? reject(error) : resolve());
      }),
    close: () => void socket.end(),
    abort: () => void socket.destroy(),
  });
}

/** Shares a folder over the socket file `sockets/21`. */
export async function shareOverUnixSockets(
  folder: string,
  sockets: string,
): Promise<FtpServer> {
  const { loadAdapter } = await import("../adapters/_runtime.ts");
  const { MemoryAuthorizer } = await import("../lib/mod.ts");
  const { localFileSystem, platform } = await loadAdapter();
  const authorizer = new MemoryAuthorizer({ onWarning: () => {} });
  authorizer.addAnonymous({
    fileSystem: localFileSystem(folder),
    permissions: "elradfmw",
  });
  const server = new FtpServer(
    { ...platform(), transport: unixTransport(sockets) },
    { authorizer },
  );
  await server.listen({ hostname: HERE, port: 21 });
  return server;
}

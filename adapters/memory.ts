/**
 * A server without ports, disk or waiting: an in-memory network, an in-memory
 * file system and a clock that stands still until a test moves it. It loads
 * anywhere, a browser included.
 *
 * @example A download, tested in a few lines
 * ```ts
 * import { memoryServer } from "anyftpd/memory";
 *
 * await using server = await memoryServer();
 * server.files.writeFile("/hello.txt", "Hello");
 * const client = await server.connect();
 * await client.logIn();
 * const { bytes, reply } = await client.download("RETR hello.txt");
 * console.assert(new TextDecoder().decode(bytes) === "Hello");
 * console.assert(reply === "226 Transfer complete.");
 * ```
 *
 * @module
 */

import { MemoryAuthorizer } from "../lib/auth/memory_authorizer.ts";
import { MemoryFileSystem } from "../lib/fs/memory_file_system.ts";
import type { ServerOptions } from "../lib/server/options.ts";
import { FtpServer } from "../lib/server/server.ts";
import type { Platform } from "../lib/spi/clock.ts";
import { FakeClock, settle } from "./_fake_clock.ts";
import { MemoryClient } from "./_memory_client.ts";
import { memoryRandom } from "./_memory_random.ts";
import { MemoryTransport } from "./_memory_transport.ts";

export { FakeClock, type FakeClockOptions, settle } from "./_fake_clock.ts";
export { MemoryClient, readAll } from "./_memory_client.ts";
export type { MemoryConnection } from "./_memory_connection.ts";
export type { MemoryTlsSession } from "./_memory_tls.ts";
export { memoryRandom } from "./_memory_random.ts";
export {
  type DialOptions,
  MemoryTransport,
  memoryTransport,
  type MemoryTransportOptions,
} from "./_memory_transport.ts";
export * from "../lib/mod.ts";

/** A platform of memory and fakes, with its parts in hand. */
export interface MemoryPlatform extends Platform {
  /** The network; clients dial with it. */
  readonly transport: MemoryTransport;
  /** Stands still until a test moves it. */
  readonly clock: FakeClock;
}

/** Makes a platform for tests. */
export function memoryPlatform(): MemoryPlatform {
  const clock = new FakeClock();
  return {
    clock,
    transport: new MemoryTransport({ clock }),
    random: memoryRandom(),
  };
}

/** A running server of `memoryServer`, with everything a test wants to touch. */
export interface MemoryServer extends AsyncDisposable {
  /** The server, listening. */
  readonly server: FtpServer;
  /** The network; clients dial with it. */
  readonly transport: MemoryTransport;
  /** Stands still until a test moves it. */
  readonly clock: FakeClock;
  /** What anonymous users see, unless an authorizer was given. */
  readonly files: MemoryFileSystem;
  /** Connects as a client and reads the greeting. */
  connect(from?: string): Promise<MemoryClient>;
  /** Connects and leaves the greeting unread. */
  dial(from?: string): Promise<MemoryClient>;
}

/** What `memoryServer` may be told: all that a server can be, and where. */
export interface MemoryServerOptions extends Partial<ServerOptions> {
  /**
   * Where the server listens.
   * @default {"127.0.0.1"}
   */
  readonly hostname?: string;
}

/**
 * Starts a server in memory, on port 21. Without an authorizer, `anonymous`
 * has every permission.
 */
export async function memoryServer(
  options: MemoryServerOptions = {},
): Promise<MemoryServer> {
  const { hostname = "127.0.0.1", ...serverOptions } = options;
  const platform = memoryPlatform();
  const { transport, clock } = platform;
  const files = new MemoryFileSystem({ now: () => clock.wallTime() });
  const server = new FtpServer(platform, {
    authorizer: openToAll(files),
    ...serverOptions,
  });
  const { port } = await server.listen({ hostname, port: 21 });
  const dial = async (from?: string): Promise<MemoryClient> => {
    const to = { hostname, port };
    const control = await transport.dial(
      from === undefined ? to : { ...to, from },
    );
    return new MemoryClient(control, transport);
  };
  return {
    server,
    transport,
    clock,
    files,
    dial,
    async connect(from) {
      const client = await dial(from);
      await client.reply();
      return client;
    },
    async [Symbol.asyncDispose]() {
      await server.close();
      await settle();
    },
  };
}

function openToAll(fileSystem: MemoryFileSystem): MemoryAuthorizer {
  const authorizer = new MemoryAuthorizer({ onWarning: () => {} });
  authorizer.addAnonymous({ fileSystem, permissions: "elradfmwMT" });
  return authorizer;
}

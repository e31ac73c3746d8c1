/**
 * anyftpd on Node: sockets by `node:net`, files by `node:fs`.
 *
 * @example Share a folder with everybody, to read
 * ```ts
 * import { serve } from "anyftpd/node";
 *
 * await using server = await serve({ directory: ".", port: 0 });
 * console.log(`ftp://127.0.0.1:${server.address.port}/`);
 * ```
 *
 * @module
 */

import type { FtpServer } from "../lib/server/server.ts";
import type { Platform } from "../lib/spi/clock.ts";
import { localFileSystem } from "./_local_file_system.ts";
import { type NodeTransport, nodeTransport } from "./_node_transport.ts";
import { type ServeOptions, serveOn } from "./_serve.ts";
import { systemClock, systemRandom } from "./_system_clock.ts";

export {
  localFileSystem,
  type LocalFileSystemOptions,
} from "./_local_file_system.ts";
export { nodeConnection } from "./_node_connection.ts";
export { nodeListener, type NodeListenerOptions } from "./_node_listener.ts";
export { type NodeTransport, nodeTransport } from "./_node_transport.ts";
export type { ServeOptions } from "./_serve.ts";
export * from "../lib/mod.ts";

/** The platform of `node:` modules. */
export interface NodePlatform extends Platform {
  readonly transport: NodeTransport;
}

/** Sockets, clock and randomness of this process. */
export function nodePlatform(): NodePlatform {
  return {
    transport: nodeTransport(),
    clock: systemClock(),
    random: systemRandom(),
  };
}

/**
 * Starts an FTP server.
 *
 * @throws {ConfigError} when an option does not hold
 * @throws {TransportError} when it cannot listen there
 */
export async function serve(options: ServeOptions): Promise<FtpServer> {
  return await serveOn(nodePlatform(), localFileSystem, options);
}

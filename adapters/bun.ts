/**
 * anyftpd on Bun: sockets by `Bun.listen` and `Bun.connect`.
 *
 * @example Share a folder with everybody, to read
 * ```ts
 * import { serve } from "anyftpd/bun";
 *
 * await using server = await serve({ directory: ".", port: 0 });
 * console.log(`ftp://127.0.0.1:${server.address.port}/`);
 * ```
 *
 * @module
 */

import type { FtpServer } from "../lib/server/server.ts";
import type { Platform } from "../lib/spi/clock.ts";
import { bunTransport } from "./_bun_transport.ts";
import { localFileSystem } from "./_local_files.ts";
import type { TlsEngineOptions } from "./_openssl_transport.ts";
import { serveOn, type ServeOptions } from "./_serve.ts";
import { systemClock, systemRandom } from "./_system_clock.ts";

export { bunTransport } from "./_bun_transport.ts";
export { LocalFileSystem } from "./_local_file_system.ts";
export { localFileSystem } from "./_local_files.ts";
export { nodeConnection, nodeListener } from "./_host_sockets.ts";
export type { NodeListenerOptions } from "./_node_listener.ts";
export type { NodeTransport } from "./_node_transport.ts";
export type { NodeServer, NodeSocket } from "./_node_types.ts";
export type { TlsEngineOptions } from "./_openssl_transport.ts";
export * from "./_entry_exports.ts";

/**
 * Sockets, clock and randomness of this process.
 *
 * @example With the TLS of the runtime
 * ```ts
 * import { FtpServer, MemoryAuthorizer, platform } from "anyftpd/bun";
 *
 * const server = new FtpServer(platform({ useOpenssl: false }), {
 *   authorizer: new MemoryAuthorizer(),
 * });
 * console.log(server.sessions.length);
 * ```
 *
 * @throws {ConfigError} on another runtime
 */
export function platform(options: TlsEngineOptions = {}): Platform {
  return {
    transport: bunTransport(options),
    clock: systemClock(),
    random: systemRandom(),
  };
}

/**
 * Starts an FTP server.
 *
 * @throws {ConfigError} when an option does not hold, or on another runtime
 * @throws {TransportError} when it cannot listen there
 */
export async function serve(options: ServeOptions): Promise<FtpServer> {
  return await serveOn(platform(), localFileSystem, options);
}

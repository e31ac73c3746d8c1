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

import { ConfigError } from "../lib/base/errors.ts";
import type { FtpServer } from "../lib/server/server.ts";
import type { Platform } from "../lib/spi/clock.ts";
import { localFileSystem } from "./_local_files.ts";
import { nodeTransport } from "./_node_transport.ts";
import { runtimeName } from "./_runtime.ts";
import type { TlsEngineOptions } from "./_openssl_transport.ts";
import { serveOn, type ServeOptions } from "./_serve.ts";
import { systemClock, systemRandom } from "./_system_clock.ts";

export { LocalFileSystem } from "./_local_file_system.ts";
export { localFileSystem } from "./_local_files.ts";
export { nodeConnection, nodeListener } from "./_host_sockets.ts";
export type { NodeListenerOptions } from "./_node_listener.ts";
export { type NodeTransport, nodeTransport } from "./_node_transport.ts";
export type { NodeServer, NodeSocket } from "./_node_types.ts";
export type { TlsEngineOptions } from "./_openssl_transport.ts";
export * from "./_entry_exports.ts";

/**
 * Sockets, clock and randomness of this process.
 *
 * @example With the TLS of the runtime
 * ```ts
 * import { FtpServer, MemoryAuthorizer, platform } from "anyftpd/node";
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
  refuseOtherRuntimes();
  return {
    transport: nodeTransport(options),
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

/** Their own adapters serve them better. */
function refuseOtherRuntimes(): void {
  const name = runtimeName();
  if (name === "node") return;
  throw new ConfigError(
    `Cannot use the node adapter: this is ${name}, use anyftpd/${name}`,
  );
}

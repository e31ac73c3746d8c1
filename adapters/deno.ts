/**
 * anyftpd on Deno: sockets by `Deno.listen` and `Deno.connect`.
 *
 * @example Share a folder with everybody, to read
 * ```ts
 * import { serve } from "anyftpd/deno";
 *
 * await using server = await serve({ directory: ".", port: 0 });
 * console.log(`ftp://127.0.0.1:${server.address.port}/`);
 * ```
 *
 * @module
 */

import type { FtpServer } from "../lib/server/server.ts";
import type { Platform } from "../lib/spi/clock.ts";
import type { FileSystem } from "../lib/spi/file_system.ts";
import { denoFileCalls } from "./_deno_file_calls.ts";
import { denoTransport } from "./_deno_transport.ts";
import { withFileCalls } from "./_file_calls.ts";
import { LocalFileSystem as NodeFileSystem } from "./_local_file_system.ts";
import type { LocalFileSystemOptions } from "./_local_files.ts";
import type { TlsEngineOptions } from "./_openssl_transport.ts";
import { serveOn, type ServeOptions } from "./_serve.ts";
import { systemClock, systemRandom } from "./_system_clock.ts";

export { denoTransport } from "./_deno_transport.ts";
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
 * import { FtpServer, MemoryAuthorizer, platform } from "anyftpd/deno";
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
    transport: denoTransport(options),
    clock: systemClock(),
    random: systemRandom(),
  };
}

/**
 * A folder of a disk as a file system for clients, who never get out of it:
 * not by `..`, not by links, and on Linux with `--allow-all` not by any race
 * with another program either. Links that stay inside work. Pipes, devices and
 * sockets are listed but never opened.
 *
 * @param root A folder; its links are followed now, once.
 *
 * @throws {ConfigError} there is no such folder, or on another runtime
 */
export function localFileSystem(
  root: string,
  options: LocalFileSystemOptions = {},
): FileSystem {
  return new LocalFileSystem(root, options);
}

/**
 * The class behind `localFileSystem`, to build upon: every call of it may be
 * overridden. Each does the whole of its work, so that overriding one changes
 * no other.
 */
export class LocalFileSystem extends NodeFileSystem {
  /**
   * The folder `root`, as `localFileSystem` shares it.
   *
   * @throws {ConfigError} there is no such folder, or on another runtime
   */
  constructor(root: string, options: LocalFileSystemOptions = {}) {
    super(root, withFileCalls(options, denoFileCalls()));
  }
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

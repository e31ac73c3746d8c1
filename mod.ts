/**
 * An FTP server for Node, Deno and Bun.
 *
 * @example Share a folder with everybody, to read
 * ```ts
 * import { serve } from "anyftpd";
 *
 * await using server = await serve({ directory: ".", port: 0 });
 * console.log(`ftp://127.0.0.1:${server.address.port}/`);
 * ```
 *
 * @module
 */

import { LocalFileSystem } from "./adapters/_runtime_file_system.ts";
import type { LocalFileSystemOptions } from "./adapters/_local_files.ts";
import { loadAdapter } from "./adapters/_runtime.ts";
import type { ServeOptions } from "./adapters/_serve.ts";
import type { FtpServer } from "./lib/server/server.ts";
import type { FileSystem } from "./lib/spi/file_system.ts";

export { LocalFileSystem } from "./adapters/_runtime_file_system.ts";
export * from "./adapters/_entry_exports.ts";

/**
 * Starts an FTP server with the sockets and files of the runtime that it runs
 * on.
 *
 * @throws {ConfigError} when an option does not hold
 * @throws {TransportError} when it cannot listen there
 */
export async function serve(options: ServeOptions): Promise<FtpServer> {
  return await (await loadAdapter()).serve(options);
}

/**
 * A folder of the disk as a file system for clients, who never get out of it:
 * not by `..`, not by links. `localFileSystem` of the adapter of the runtime
 * that the program runs on.
 *
 * @param root A folder; its links are followed now, once.
 *
 * @throws {ConfigError} there is no such folder
 */
export function localFileSystem(
  root: string,
  options: LocalFileSystemOptions = {},
): FileSystem {
  return new LocalFileSystem(root, options);
}

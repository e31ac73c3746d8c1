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

export {
  type CertificateFiles,
  certificateFiles,
} from "./adapters/_certificate_files.ts";
export { readCertificate } from "./adapters/_client_certificate.ts";
export { argon2idPasswords } from "./adapters/_argon2.ts";
export { scryptPasswords } from "./adapters/_scrypt.ts";
export { bcryptPasswords } from "./adapters/_bcrypt.ts";
export { md5CryptPasswords } from "./adapters/_md5_crypt.ts";
export { shaCryptPasswords } from "./adapters/_sha_crypt.ts";
export { passwordVerifiers } from "./adapters/_password_verifiers.ts";
export {
  resolvedAddress,
  type ResolvedAddressOptions,
} from "./adapters/_resolved_address.ts";
export { LocalFileSystem } from "./adapters/_runtime_file_system.ts";
export type { LocalFileSystemOptions } from "./adapters/_local_files.ts";
export type { ServeOptions } from "./adapters/_serve.ts";
export {
  httpAuthorizer,
  type HttpAuthorizerOptions,
} from "./adapters/_http_authorizer.ts";
export {
  programAuthorizer,
  type ProgramAuthorizerOptions,
} from "./adapters/_program_authorizer.ts";
export { usersFormat } from "./adapters/_users_format.ts";
export {
  windowsAuthorizer,
  type WindowsAuthorizerOptions,
} from "./adapters/_windows_authorizer.ts";
export { WorkerPool } from "./adapters/_worker_pool.ts";
export type { WorkerPoolOptions } from "./adapters/_worker_pool_options.ts";
export {
  unixAuthorizer,
  type UnixAuthorizerOptions,
} from "./adapters/_unix_authorizer.ts";
export { watchedFile } from "./adapters/_watched_file.ts";
export { formatLogJson } from "./lib/cli/log_json.ts";
export { formatLogLine, type LogLineOptions } from "./lib/cli/log_line.ts";
export * from "./lib/mod.ts";

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

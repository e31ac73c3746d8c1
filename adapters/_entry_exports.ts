// What every entry for programs offers, whichever runtime it is for.

export {
  type CertificateFiles,
  certificateFiles,
} from "./_certificate_files.ts";
export { readCertificate } from "./_client_certificate.ts";
export { argon2idPasswords } from "./_argon2.ts";
export { scryptPasswords } from "./_scrypt.ts";
export { bcryptPasswords } from "./_bcrypt.ts";
export { md5CryptPasswords } from "./_md5_crypt.ts";
export { shaCryptPasswords } from "./_sha_crypt.ts";
export { passwordVerifiers } from "./_password_verifiers.ts";
export type { LocalFileSystemOptions } from "./_local_files.ts";
export {
  resolvedAddress,
  type ResolvedAddressOptions,
} from "./_resolved_address.ts";
export type { ServeOptions } from "./_serve.ts";
export {
  httpAuthorizer,
  type HttpAuthorizerOptions,
} from "./_http_authorizer.ts";
export {
  programAuthorizer,
  type ProgramAuthorizerOptions,
} from "./_program_authorizer.ts";
export { usersFormat } from "./_users_format.ts";
export {
  windowsAuthorizer,
  type WindowsAuthorizerOptions,
} from "./_windows_authorizer.ts";
export { WorkerPool } from "./_worker_pool.ts";
export type { WorkerPoolOptions } from "./_worker_pool_options.ts";
export {
  unixAuthorizer,
  type UnixAuthorizerOptions,
} from "./_unix_authorizer.ts";
export { watchedFile } from "./_watched_file.ts";
export { formatLogJson } from "../lib/cli/log_json.ts";
export { formatLogLine, type LogLineOptions } from "../lib/cli/log_line.ts";
export * from "../lib/mod.ts";

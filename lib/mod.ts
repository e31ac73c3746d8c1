/**
 * The core of anyftpd: the FTP server without a runtime. A host brings sockets,
 * files, clock and randomness as values; `anyftpd/node` and its siblings are
 * such hosts.
 *
 * @example The permissions of an account
 * ```ts
 * import { parsePermissions } from "anyftpd/core";
 * console.assert(parsePermissions("elr").includes("read"));
 * ```
 *
 * @module
 */

export {
  AuthenticationError,
  ConfigError,
  FileError,
  type FileErrorCode,
  FilesystemError,
  LoginUnavailableError,
  TransportError,
  type TransportErrorCode,
} from "./base/errors.ts";
export * from "./auth/certificate_authorizer.ts";
export * from "./auth/external_authorizer.ts";
export * from "./auth/memory_authorizer.ts";
export * from "./auth/password.ts";
export * from "./auth/password_scheme.ts";
export * from "./auth/permissions.ts";
export type { FolderSource, QuotaKeeper } from "./auth/user_folders.ts";
export * from "./auth/system_authorizer.ts";
export type * from "./auth/system_options.ts";
export type { SystemOverride } from "./auth/system_overrides.ts";
export type * from "./auth/system_users.ts";
export * from "./auth/users_authorizer.ts";
export type {
  FolderEntry,
  UserEntry,
  UserQuota,
  UsersEntry,
} from "./auth/users_file.ts";
export * from "./auth/users_format.ts";
export { tomlUsersFormat } from "./auth/users_toml.ts";
export { DEFAULT_COMMANDS } from "./commands/table.ts";
export { MemoryFileSystem } from "./fs/memory_file_system.ts";
export {
  atomicUploads,
  type AtomicUploadsOptions,
} from "./fs/atomic_uploads.ts";
export * from "./fs/quota_book.ts";
export { mountTable } from "./fs/mount_table.ts";
export { noOverwrite } from "./fs/no_overwrite.ts";
export { readOnly } from "./fs/read_only.ts";
export { subtree } from "./fs/subtree.ts";
export { type Reply, reply, replyLines } from "./protocol/reply.ts";
export type { AddressRules } from "./protocol/address_rules.ts";
export type { Network } from "./protocol/network.ts";
export type { FactName } from "./protocol/facts.ts";
export type { TextCodec, UnicodeErrors } from "./protocol/text_codec.ts";
export type { Admission, SharedRate } from "./server/admission.ts";
export type { ServerOptions } from "./server/options.ts";
export type { TlsOptions } from "./server/tls_options.ts";
export { type CloseOptions, FtpServer } from "./server/server.ts";
export type {
  ListenAddress,
  ListenDescriptor,
  ListenPath,
  ListenPlace,
} from "./server/listen_address.ts";
export { xferlog, type XferlogOptions } from "./server/xferlog.ts";
export type {
  CommandHandler,
  CommandSpec,
  CommandTable,
  Outcome,
  StreamedReply,
} from "./session/command.ts";
export type { CommandContext, LoginResult } from "./session/context.ts";
export type * from "./session/events.ts";
export type { Masquerade, Settings } from "./session/settings.ts";
export type { TlsSettings } from "./session/tls_settings.ts";
export type { PastCommand, SessionState } from "./session/state.ts";
export { type SessionSnapshot, snapshotSession } from "./session/snapshot.ts";
export type { SessionView, TransferView } from "./session/view.ts";
export type * from "./spi/authorizer.ts";
export type * from "./spi/clock.ts";
export type * from "./spi/file_system.ts";
export type * from "./spi/log.ts";
export type * from "./spi/transport.ts";
export type { TransferOutcome } from "./transfer/outcome.ts";
export type * from "./transfer/plan.ts";
export type { Throttle } from "./transfer/throttle.ts";

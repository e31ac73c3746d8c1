import type { ExternalAuthorizerOptions } from "../auth/external_authorizer.ts";
import type { QuotaBook } from "../fs/quota_book.ts";
import type { Authorizer } from "../spi/authorizer.ts";
import type { FileSystem } from "../spi/file_system.ts";
import { asShared } from "./folder.ts";
import type { CliHost } from "./host.ts";
import type { Logger } from "./logger.ts";
import type { CliOptions } from "./options.ts";
import { openQuotas, permissionsOf } from "./users.ts";

/** The variable that may hold what `--auth-url` is sent as bearer. */
export const TOKEN_VARIABLE = "ANYFTPD_AUTH_TOKEN";

/**
 * The authorizer of `--auth-url` or `--auth-program`; `null` without.
 *
 * @param fileSystem for accounts that name no folder, as the host opened it
 * @param book counts what lies in folders
 * @throws {ConfigError} the URL or the program cannot be used
 */
export function openExternal(
  options: CliOptions,
  fileSystem: FileSystem,
  host: CliHost,
  logger: Logger,
  book: QuotaBook,
): Authorizer | null {
  const { external } = options;
  if (external === null) return null;
  const quotas = openQuotas(options, book);
  // What keeps a quota sees uploads under their hidden names, too.
  const shown = (folder: FileSystem): FileSystem =>
    quotas === null ? asShared(folder, options) : folder;
  const common: ExternalAuthorizerOptions = {
    fileSystem: shown(fileSystem),
    openFolder: (directory) =>
      shown(host.openFolder(host.absolutePath(directory), options)),
    permissions: permissionsOf(options),
    ...(quotas === null ? {} : { quotas }),
    certificates: true,
    clock: host.platform.clock,
    log: (level, message) => logger.log(level, message),
  };
  if (external.kind === "program") {
    const program = host.absolutePath(external.path);
    return host.programAuthorizer({ ...common, command: [program] });
  }
  const bearer = host.env[TOKEN_VARIABLE];
  return host.httpAuthorizer({
    ...common,
    url: external.url,
    ...(bearer === undefined || bearer === "" ? {} : { bearer }),
  });
}

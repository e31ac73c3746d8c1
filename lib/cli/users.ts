import {
  hasWritePermission,
  READ_PERMISSIONS,
  WRITE_PERMISSIONS,
} from "../auth/permissions.ts";
import type { QuotaKeeper } from "../auth/user_folders.ts";
import { UsersAuthorizer } from "../auth/users_authorizer.ts";
import { parseUsersEntry, type UsersEntry } from "../auth/users_file.ts";
import type { QuotaBook } from "../fs/quota_book.ts";
import { isInside } from "../protocol/path.ts";
import type { FileSystem } from "../spi/file_system.ts";
import { asShared } from "./folder.ts";
import type { CliFolder, CliHost, WatchedText } from "./host.ts";
import type { Logger } from "./logger.ts";
import type { CliOptions } from "./options.ts";
import { usersFormatOf } from "./users_format.ts";

/** What users may do who have no permissions of their own. */
export function permissionsOf({ write }: CliOptions): string {
  return write ? READ_PERMISSIONS + WRITE_PERMISSIONS : READ_PERMISSIONS;
}

/**
 * The users of `--users`; `null` without.
 *
 * @param fileSystem for users who have no folder of their own, as the host
 * opened it
 * @param book counts what lies in folders, for as long as the command runs
 * @throws {ConfigError} when the file cannot be read or has a mistake
 * @throws {PermissionError} when a folder may not be used
 */
export async function openUsers(
  options: CliOptions,
  fileSystem: FileSystem,
  host: CliHost,
  logger: Logger,
  book: QuotaBook,
): Promise<UsersAuthorizer | null> {
  if (options.users === null) return null;
  const file = host.watchTextFile(options.users);
  const permissions = permissionsOf(options);
  const format = await usersFormatOf(options.users, host);
  const { users } = parseUsersEntry(file.text(true), format);
  await host.permitFolders?.(foldersOf(users, file, permissions));
  const warn = (shared: FileSystem): void => {
    const folder = shared.locate?.("/");
    if (folder === undefined || !isInside(folder, file.path)) return;
    logger.log(
      "warn",
      `${file.path} lies in a folder that is shared: clients may get to the ` +
        "passwords",
    );
  };
  const quotas = openQuotas(options, book);
  // What keeps a quota sees uploads under their hidden names, too.
  const shown = (folder: FileSystem): FileSystem =>
    quotas === null ? asShared(folder, options) : folder;
  const authorizer = new UsersAuthorizer({
    text: (atOnce) => file.text(atOnce),
    format,
    openFolder: (directory) => {
      const folder = host.openFolder(file.resolve(directory), options);
      warn(folder);
      return shown(folder);
    },
    fileSystem: shown(fileSystem),
    permissions,
    schemes: host.passwordVerifiers,
    ...(quotas === null ? {} : { quotas }),
    clock: host.platform.clock,
    log: (level, message) => logger.log(level, message),
  });
  if (Object.values(users).some((user) => user.directory === undefined)) {
    warn(fileSystem);
  }
  return authorizer;
}

/** `null` with several processes: each would count for itself. */
export function openQuotas(
  options: CliOptions,
  book: QuotaBook,
): QuotaKeeper | null {
  if (options.concurrency !== "async") return null;
  return {
    keep: (folder, quota) => asShared(book.keep(folder, quota), options),
  };
}

/** The folders that the users of a file have for themselves. */
function foldersOf(
  users: UsersEntry["users"],
  file: WatchedText,
  permissions: string,
): readonly CliFolder[] {
  return Object.values(users).flatMap((user) => {
    if (user.directory === undefined) return [];
    const letters = [user.permissions ?? permissions].concat(
      Object.values(user.folders ?? {}).map((folder) => folder.permissions),
    );
    return [{
      path: file.resolve(user.directory),
      write: letters.some(hasWritePermission),
    }];
  });
}

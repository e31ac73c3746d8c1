import {
  hasWritePermission,
  READ_PERMISSIONS,
  WRITE_PERMISSIONS,
} from "../auth/permissions.ts";
import { UsersAuthorizer } from "../auth/users_authorizer.ts";
import { parseUsersEntry } from "../auth/users_file.ts";
import type { FileSystem } from "../spi/file_system.ts";
import { openFolder } from "./folder.ts";
import type { CliFolder, CliHost, WatchedText } from "./host.ts";
import type { Logger } from "./logger.ts";
import type { CliOptions } from "./options.ts";

/** What users may do who have no permissions of their own. */
export function permissionsOf({ write }: CliOptions): string {
  return write ? READ_PERMISSIONS + WRITE_PERMISSIONS : READ_PERMISSIONS;
}

/**
 * The users of `--users`; `null` without.
 *
 * @param fileSystem for users who have no folder of their own
 * @throws {ConfigError} when the file cannot be read or has a mistake
 * @throws {PermissionError} when a folder may not be used
 */
export async function openUsers(
  options: CliOptions,
  fileSystem: FileSystem,
  host: CliHost,
  logger: Logger,
): Promise<UsersAuthorizer | null> {
  if (options.users === null) return null;
  const file = host.watchTextFile(options.users);
  const permissions = permissionsOf(options);
  await host.permitFolders?.(foldersOf(file, permissions));
  return new UsersAuthorizer({
    text: (atOnce) => file.text(atOnce),
    openFolder: (directory) =>
      openFolder(file.resolve(directory), options, host),
    fileSystem,
    permissions,
    schemes: host.passwordSchemes,
    clock: host.platform.clock,
    log: (level, message) => logger.log(level, message),
  });
}

/** The folders that the users of a file have for themselves. */
function foldersOf(
  file: WatchedText,
  permissions: string,
): readonly CliFolder[] {
  const { users } = parseUsersEntry(file.text(true));
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

import { ConfigError } from "../base/errors.ts";
import type { FileSystem } from "../spi/file_system.ts";
import type { UserQuota, UserRecord } from "./users_file.ts";

/** Keeps quotas: a `QuotaBook` is one. */
export interface QuotaKeeper {
  /** The same folder, which takes no more than the quota, if there is one. */
  keep(
    folder: { readonly fileSystem: FileSystem; readonly root: string },
    quota: () => UserQuota | null,
  ): FileSystem;
}

/** Where the folders of users come from. */
export interface FolderSource {
  /**
   * Opens what a user sees as `/`.
   *
   * @throws {ConfigError} when there is no such folder
   */
  readonly openFolder?: (directory: string) => FileSystem;
  /** For users who have no folder of their own; left out: all must have one. */
  readonly fileSystem?: FileSystem;
  /** For users with quotas; left out: there must be none. */
  readonly quotas?: QuotaKeeper;
}

/**
 * What a user sees, counted if there are quotas.
 *
 * @param quota asked for each change
 * @param known folders that were opened before
 * @throws {ConfigError} the user's folder is not there
 */
export function openForUser(
  user: UserRecord,
  source: FolderSource,
  quota: () => UserQuota | null,
  known: Map<string, FileSystem> = new Map(),
): FileSystem {
  const { directory } = user.entry;
  const opened = openFolderOf(user, source, known);
  const root = opened.locate?.("/") ?? directory ?? "/";
  return source.quotas?.keep({ fileSystem: opened, root }, quota) ?? opened;
}

/**
 * The folder of a user as it is.
 *
 * @throws {ConfigError} it is not there
 */
export function openFolderOf(
  { name, entry: { directory } }: UserRecord,
  { openFolder, fileSystem }: FolderSource,
  known: Map<string, FileSystem>,
): FileSystem {
  const refuse = (why: string): ConfigError =>
    new ConfigError(
      `Cannot share a folder with user ${JSON.stringify(name)}: ${why}`,
    );
  if (directory === undefined) {
    if (fileSystem !== undefined) return fileSystem;
    throw refuse("no directory is given");
  }
  if (openFolder === undefined) throw refuse("directories are not opened here");
  const opened = known.get(directory) ?? openFolder(directory);
  known.set(directory, opened);
  return opened;
}

import { FileError } from "../base/errors.ts";
import type { Account, Action, PermissionTarget } from "../spi/authorizer.ts";
import type { FileSystem } from "../spi/file_system.ts";

/**
 * Whether an account may do something to a path. When the answer depends on
 * the path, it is asked for the path with its links resolved too: a link must
 * not lead around a rule.
 *
 * @throws {FileError} when the path leads out of the file system
 */
export async function isAllowed(
  account: Account,
  action: Action,
  path: string,
): Promise<boolean> {
  const { fileSystem } = account;
  if (!await account.allows(action, target(fileSystem, path))) return false;
  if (account.pathRules === false || fileSystem.resolve === undefined) {
    return true;
  }
  const resolved = await fileSystem.resolve(path);
  return resolved === path ||
    await account.allows(action, target(fileSystem, resolved));
}

function target(files: FileSystem, path: string): PermissionTarget {
  return {
    path,
    async isDirectory() {
      try {
        return (await files.stat(path)).kind === "directory";
      } catch (error) {
        if (error instanceof FileError) return false;
        throw error;
      }
    },
  };
}

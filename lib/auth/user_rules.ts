import type { Action } from "../spi/authorizer.ts";
import type { FileSystem } from "../spi/file_system.ts";
import { PathPermissions } from "./path_permissions.ts";
import type { UserRecord } from "./users_file.ts";

/** What the users of a file may do; worked out once for each. */
export class UserRules {
  readonly #base: readonly Action[];
  readonly #known = new WeakMap<
    UserRecord,
    PathPermissions | Promise<PathPermissions>
  >();

  /** @param base for users who have no permissions of their own */
  constructor(base: readonly Action[]) {
    this.#base = base;
  }

  /** The rules of one user; a promise while links are being resolved. */
  of(
    user: UserRecord,
    fileSystem: FileSystem,
  ): PathPermissions | Promise<PathPermissions> {
    const known = this.#known.get(user);
    if (known !== undefined) return known;
    const rules = new PathPermissions(user.actions ?? this.#base);
    if (user.folders.length === 0) {
      this.#known.set(user, rules);
      return rules;
    }
    const made = addFolders(rules, user, fileSystem).then(() => {
      this.#known.set(user, rules);
      return rules;
    });
    this.#known.set(user, made);
    return made;
  }
}

/**
 * A folder that is named through a link is meant under both its names. One that
 * does not exist yet is meant once it does.
 */
async function addFolders(
  rules: PathPermissions,
  user: UserRecord,
  fileSystem: FileSystem,
): Promise<void> {
  for (const { directory, recursive, actions } of user.folders) {
    const rule = { directory, recursive, actions: new Set(actions) };
    rules.override(rule);
    try {
      const resolved = await fileSystem.resolve?.(directory) ?? directory;
      if (resolved !== directory && resolved !== "/") {
        rules.override({ ...rule, directory: resolved });
      }
    } catch {
      // It does not exist, or leads out, where nobody gets.
    }
  }
}

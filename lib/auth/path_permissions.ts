import type { Action, PermissionTarget } from "../spi/authorizer.ts";
import { isInside, parentPath } from "../protocol/path.ts";

/** Other permissions for one folder. */
export interface PathPermission {
  /** Absolute virtual path, links resolved. */
  readonly directory: string;
  /** Whether folders below it are meant too. */
  readonly recursive: boolean;
  /** What is allowed in it; nothing else is. */
  readonly actions: ReadonlySet<Action>;
}

/**
 * What one user may do: base permissions and, for some folders, others.
 *
 * The deepest folder that a path lies in decides. One that is not recursive
 * decides for itself and for its files, also for those that do not exist yet,
 * and goes before a recursive one for the same folder.
 */
export class PathPermissions {
  readonly #base: ReadonlySet<Action>;
  /** Deepest first. */
  #overrides: readonly PathPermission[] = [];

  /**
   * Without overrides.
   *
   * @param base What is allowed where there is no override
   */
  constructor(base: Iterable<Action>) {
    this.#base = new Set(base);
  }

  /** Whether the path matters at all. */
  get hasOverrides(): boolean {
    return this.#overrides.length > 0;
  }

  /** Adds one, in place of what was there for the same folder and depth. */
  override(added: PathPermission): void {
    const others = this.#overrides.filter((other) =>
      other.directory !== added.directory ||
      other.recursive !== added.recursive
    );
    this.#overrides = [...others, added].sort((a, b) =>
      b.directory.length - a.directory.length ||
      Number(a.recursive) - Number(b.recursive)
    );
  }

  /** Whether `action` is allowed on `target`; a promise only if need be. */
  allows(
    action: Action,
    target: PermissionTarget,
  ): boolean | Promise<boolean> {
    // A folder that goes by another name would leave its rules behind; the root
    // has one name only.
    const hasRules = ({ directory }: PathPermission): boolean =>
      target.path !== "/" && isInside(target.path, directory);
    if (action === "rename" && this.#overrides.some(hasRules)) return false;
    return this.#decide(this.#overrides, action, target);
  }

  #decide(
    overrides: readonly PathPermission[],
    action: Action,
    target: PermissionTarget,
  ): boolean | Promise<boolean> {
    for (const [at, { directory, recursive, actions }] of overrides.entries()) {
      if (!isInside(directory, target.path)) continue;
      if (recursive || target.path === directory) return actions.has(action);
      if (parentPath(target.path) !== directory) continue;
      return target.isDirectory().then((isDirectory) =>
        isDirectory
          ? this.#decide(overrides.slice(at + 1), action, target)
          : actions.has(action)
      );
    }
    return this.#base.has(action);
  }
}

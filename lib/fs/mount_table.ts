import { ConfigError, FileError } from "../base/errors.ts";
import type {
  DirectoryEntry,
  FileStat,
  FileSystem,
  ListOptions,
} from "../spi/file_system.ts";
import { checkPath, splitPath } from "./check_path.ts";

/** A file system and the path in it. */
interface Place {
  readonly mount: Mount;
  readonly path: string;
}

interface Mount {
  readonly point: string;
  readonly fileSystem: FileSystem;
  /** Keeps numbers of files apart that mean others elsewhere. */
  readonly number: number;
}

/** A folder that is there because something is mounted below it. */
const FOLDER: FileStat = { kind: "directory", size: 0, modified: NaN };

/**
 * Several file systems as one tree: each has its folder. Where nothing is
 * mounted, there are folders that lead to the next mount point and can not be
 * changed. What is mounted hides what lies there in another file system. Files
 * cannot be renamed from one file system to another (`cross-device`).
 *
 * @param mounts file systems by the paths where they begin
 *
 * @throws {ConfigError} when there is none, or a path is no virtual path
 *
 * @example
 * ```ts
 * import { MemoryFileSystem, mountTable, readOnly } from "anyftpd/core";
 * const tree = mountTable({
 *   "/": readOnly(new MemoryFileSystem()),
 *   "/incoming": new MemoryFileSystem(),
 * });
 * await tree.makeDirectory("/incoming/today");
 * console.assert((await tree.stat("/incoming/today")).kind === "directory");
 * ```
 */
export function mountTable(
  mounts: Readonly<Record<string, FileSystem>>,
): FileSystem {
  const tree = new MountTable(mounts);
  const all = Object.values(mounts);
  const some = (member: keyof FileSystem): boolean =>
    all.some((fileSystem) => fileSystem[member] !== undefined);
  return {
    stat: (path, options) => tree.stat(path, options),
    list: (path, options) => tree.list(path, options),
    open: async (path, mode) => {
      const { mount, path: inner } = tree.at(path, "open");
      return await mount.fileSystem.open(inner, mode);
    },
    makeDirectory: async (path) => {
      if (tree.isFixed(path)) throw failure("exists", "make", path);
      const { mount, path: inner } = tree.at(path, "make");
      await mount.fileSystem.makeDirectory(inner);
    },
    removeDirectory: async (path) => {
      const { mount, path: inner } = tree.loose(path, "remove");
      await mount.fileSystem.removeDirectory(inner);
    },
    remove: async (path) => {
      if (tree.isFixed(path)) throw failure("is-a-directory", "remove", path);
      const { mount, path: inner } = tree.loose(path, "remove");
      await mount.fileSystem.remove(inner);
    },
    rename: async (from, to) => {
      const source = tree.loose(from, "rename");
      const goal = tree.loose(to, "rename");
      if (source.mount !== goal.mount) {
        throw failure("cross-device", "rename", from);
      }
      await source.mount.fileSystem.rename(source.path, goal.path);
    },
    ...(all.every(({ keepsCreationTime }) => keepsCreationTime === true)
      ? { keepsCreationTime: true }
      : {}),
    ...(some("setModified") && {
      setModified: async (path, milliseconds) => {
        const { mount, path: inner } = tree.at(path, "change");
        const { fileSystem } = mount;
        if (!fileSystem.setModified) {
          throw failure("unsupported", "change", path);
        }
        await fileSystem.setModified(inner, milliseconds);
      },
    }),
    ...(some("setMode") && {
      setMode: async (path, mode) => {
        const { mount, path: inner } = tree.at(path, "change");
        const { fileSystem } = mount;
        if (!fileSystem.setMode) throw failure("unsupported", "change", path);
        await fileSystem.setMode(inner, mode);
      },
    }),
    ...(some("freeSpace") && {
      freeSpace: async (path) => {
        const { mount, path: inner } = tree.at(path, "measure");
        const { fileSystem } = mount;
        if (!fileSystem.freeSpace) {
          throw failure("unsupported", "measure", path);
        }
        return await fileSystem.freeSpace(inner);
      },
    }),
    enter: (path) => tree.enter(path),
    resolve: (path) => tree.resolve(path),
    locate: (path) => tree.locate(path),
  };
}

class MountTable {
  /** The deepest first. */
  readonly #mounts: readonly Mount[];

  constructor(mounts: Readonly<Record<string, FileSystem>>) {
    const points = Object.entries(mounts);
    if (points.length === 0) {
      throw new ConfigError("Cannot mount: there is no file system");
    }
    this.#mounts = points.map(([point, fileSystem], number) => {
      try {
        checkPath(point);
      } catch (cause) {
        throw new ConfigError(
          `Cannot mount at ${JSON.stringify(point)}: not a virtual path`,
          { cause },
        );
      }
      return { point, fileSystem, number };
    }).sort((a, b) => b.point.length - a.point.length);
  }

  /** Whether a path is a mount point or leads to one. */
  isFixed(path: string): boolean {
    checkPath(path);
    return this.#mounts.some(({ point }) =>
      point === path || isBelow(point, path)
    );
  }

  /** Where a path lies; an error when nothing is mounted there. */
  at(path: string, action: string): Place {
    const place = this.find(path);
    if (place !== null) return place;
    if (this.isFixed(path)) throw failure("not-permitted", action, path);
    throw failure("not-found", action, path);
  }

  /** The same for what would take a mount point away. */
  loose(path: string, action: string): Place {
    if (this.isFixed(path)) throw failure("not-permitted", action, path);
    return this.at(path, action);
  }

  find(path: string): Place | null {
    checkPath(path);
    for (const mount of this.#mounts) {
      if (mount.point === path) return { mount, path: "/" };
      if (isBelow(path, mount.point)) {
        const { length } = mount.point;
        return { mount, path: path.slice(length === 1 ? 0 : length) };
      }
    }
    return null;
  }

  async stat(
    path: string,
    options?: { readonly followLinks?: boolean },
  ): Promise<FileStat> {
    const place = this.find(path);
    if (place === null) {
      if (this.isFixed(path)) return FOLDER;
      throw failure("not-found", "look at", path);
    }
    const { mount, path: inner } = place;
    try {
      return numbered(await mount.fileSystem.stat(inner, options), mount);
    } catch (error) {
      // A folder on the way to a mount point need not be there.
      if (this.isFixed(path) && isMissing(error)) return FOLDER;
      throw error;
    }
  }

  async *list(
    path: string,
    options: ListOptions,
  ): AsyncIterable<readonly DirectoryEntry[]> {
    const place = this.find(path);
    const points = await this.#pointsIn(path, options);
    if (place === null && points.length === 0) {
      throw failure("not-found", "list", path);
    }
    let left = points;
    if (place !== null) {
      const { mount, path: inner } = place;
      const hidden = new Set(points.map(({ name }) => name));
      try {
        for await (const batch of mount.fileSystem.list(inner, options)) {
          const entries = batch.filter(({ name }) => !hidden.has(name))
            .map((entry) =>
              entry.stat === null
                ? entry
                : { ...entry, stat: numbered(entry.stat, mount) }
            );
          if (!options.sorted) {
            yield entries;
            continue;
          }
          // Every point that comes before the last of the batch.
          const last = batch.at(-1)?.name ?? "";
          const due = left.filter(({ name }) => name < last);
          left = left.slice(due.length);
          yield due.length === 0 ? entries : [...entries, ...due].sort(byName);
        }
      } catch (error) {
        if (!isMissing(error) || points.length === 0) throw error;
      }
    }
    if (left.length > 0) yield left;
  }

  async enter(path: string): Promise<void> {
    const place = this.find(path);
    if (place?.mount.fileSystem.enter === undefined) {
      const { kind } = await this.stat(path);
      if (kind !== "directory") throw failure("not-a-directory", "enter", path);
      return;
    }
    try {
      await place.mount.fileSystem.enter(place.path);
    } catch (error) {
      if (!this.isFixed(path) || !isMissing(error)) throw error;
    }
  }

  async resolve(path: string): Promise<string> {
    const place = this.find(path);
    if (place?.mount.fileSystem.resolve === undefined) return path;
    const { point } = place.mount;
    const inner = await place.mount.fileSystem.resolve(place.path);
    if (inner === "/") return point;
    return point === "/" ? inner : point + inner;
  }

  locate(path: string): string {
    const place = this.find(path);
    return place?.mount.fileSystem.locate?.(place.path) ?? path;
  }

  /** What is mounted right below a folder, or leads there, by name. */
  async #pointsIn(
    path: string,
    { stat }: ListOptions,
  ): Promise<readonly DirectoryEntry[]> {
    const names = new Set<string>();
    for (const { point } of this.#mounts) {
      if (!isBelow(point, path)) continue;
      const rest = point.slice(path === "/" ? 1 : path.length + 1);
      names.add(rest.split("/", 1)[0] ?? "");
    }
    const entries: DirectoryEntry[] = [];
    for (const name of names) {
      const full = path === "/" ? `/${name}` : `${path}/${name}`;
      entries.push({
        name,
        stat: stat === "none" ? null : await this.stat(full),
      });
    }
    return entries.sort(byName);
  }
}

/** Whether a path lies below a folder. */
function isBelow(path: string, folder: string): boolean {
  return folder === "/" ? path !== "/" : path.startsWith(`${folder}/`);
}

function byName(a: DirectoryEntry, b: DirectoryEntry): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

/** Numbers of files are their own file system's. */
function numbered(stat: FileStat, { number }: Mount): FileStat {
  return stat.id === undefined || number === 0
    ? stat
    : { ...stat, id: `${stat.id}m${number}` };
}

function isMissing(error: unknown): boolean {
  return error instanceof FileError && error.code === "not-found";
}

function failure(
  code: ConstructorParameters<typeof FileError>[0],
  action: string,
  path: string,
): FileError {
  return new FileError(
    code,
    `Cannot ${action} ${JSON.stringify(splitPath(path)[1] || "/")}: ${code}`,
  );
}

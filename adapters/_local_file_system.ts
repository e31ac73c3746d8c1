import { promises } from "node:fs";
import { checkPath, splitPath } from "../lib/fs/check_path.ts";
import type {
  DirectoryEntry,
  FileHandle,
  FileStat,
  FileSystem,
  ListOptions,
  OpenMode,
} from "../lib/spi/file_system.ts";
import { isGranted, STATFS } from "./_deno_permissions.ts";
import { DescriptorJail } from "./_descriptor_jail.ts";
import {
  type Answer,
  type FileCalls,
  fileCallsOf,
  mayBlock,
  realpathNow,
} from "./_file_calls.ts";
import { fileError, fileErrorCode, makeFileError } from "./_file_errors.ts";
import type { HostPath } from "./_host_path.ts";
import { type Jail, type Place, realPath, virtualPath } from "./_jail.ts";
import type { LocalFileSystemOptions } from "./_local_files.ts";
import { LocalListing } from "./_local_listing.ts";
import { LocalOpener } from "./_local_opener.ts";
import { HAS_BIRTH_TIME, localStat } from "./_local_stat.ts";
import { PathJail } from "./_path_jail.ts";
import { sharedFolder } from "./_shared_folder.ts";

/** The longest time that `Date` knows, either way from 1970. */
const MAX_TIME = 8.64e15;

/**
 * The class behind `localFileSystem`, to build upon: every call of it may be
 * overridden. Each does the whole of its work, so that overriding one changes
 * no other.
 *
 * @example A folder in which programs are neither seen nor stored
 * ```ts ignore
 * import { FilesystemError, LocalFileSystem } from "anyftpd/node";
 *
 * class NoPrograms extends LocalFileSystem {
 *   override async *list(path: string, options: ListOptions) {
 *     for await (const batch of super.list(path, options)) {
 *       yield batch.filter(({ name }) => !name.endsWith(".exe"));
 *     }
 *   }
 *   override async open(path: string, mode: OpenMode) {
 *     if (!path.endsWith(".exe")) return await super.open(path, mode);
 *     throw new FilesystemError("No programs here");
 *   }
 * }
 * ```
 */
export class LocalFileSystem implements FileSystem {
  /** Whether `FileStat.created` is told. */
  readonly keepsCreationTime: boolean = HAS_BIRTH_TIME;
  readonly #calls: FileCalls;
  readonly #jail: Jail;
  readonly #opener: LocalOpener;

  /**
   * The folder `root`, as `localFileSystem` shares it.
   *
   * @throws {ConfigError} there is no such folder
   */
  constructor(root: string, options: LocalFileSystemOptions = {}) {
    const calls = fileCallsOf(options);
    const folder = sharedFolder(root);
    const blocking = options.blocking ?? mayBlock(folder);
    this.#calls = blocking ? calls.blocking : calls.pooled;
    this.#jail = jailOf(folder, this.#calls, options.descriptors ?? true);
    this.#opener = new LocalOpener(this.#jail, this.#calls, {
      sendable: blocking,
      durable: options.fsync ?? false,
    });
  }

  /** Follows links unless `followLinks` is false. */
  stat(
    path: string,
    options?: { readonly followLinks?: boolean },
  ): Promise<FileStat> {
    if (options?.followLinks === false && path !== "/") {
      return this.#onName("look at", path, async (folder, name) => {
        return localStat(await this.#calls.lstat(folder.at(name)));
      });
    }
    return this.#onPlace("look at", path, async (place) => {
      const stats = place.descriptor === null
        ? this.#calls.stat(place.path)
        : this.#calls.fstat(place.descriptor, place.path);
      return localStat(await stats);
    });
  }

  /** The entries of a folder, in batches of any size. */
  async *list(
    path: string,
    options: ListOptions,
  ): AsyncIterable<readonly DirectoryEntry[]> {
    let folder: Place | null = null;
    try {
      checkPath(path);
      folder = await this.#jail.folder(path);
      const listing = new LocalListing(
        this.#jail,
        this.#calls,
        folder,
        options,
      );
      yield* listing.batches();
    } catch (error) {
      throw fileError(error, "list", this.locate(path));
    } finally {
      folder?.release();
    }
  }

  /** One name as a listing has it. */
  async entry(path: string): Promise<DirectoryEntry> {
    if (path === "/") return { name: "/", stat: await this.stat(path) };
    return await this.#onName(
      "look at",
      path,
      (folder, name) =>
        new LocalListing(this.#jail, this.#calls, folder, {
          sorted: false,
          stat: "self",
        }).entry(name),
    );
  }

  /** Opens a regular file for one transfer. */
  async open(path: string, mode: OpenMode): Promise<FileHandle> {
    try {
      checkPath(path);
      return await this.#opener.open(path, mode);
    } catch (error) {
      throw fileError(error, "open", this.locate(path));
    }
  }

  /** Makes a folder in one that exists. */
  async makeDirectory(path: string): Promise<void> {
    if (path === "/") throw makeFileError("exists", "make", this.#jail.root);
    await this.#onName("make", path, (folder, name) => {
      return this.#calls.mkdir(folder.at(name), 0o777);
    });
  }

  /** Removes an empty folder. */
  async removeDirectory(path: string): Promise<void> {
    await this.#onName("remove", path, (folder, name) => {
      return this.#calls.rmdir(folder.at(name));
    });
  }

  /** Removes a file or a link. */
  async remove(path: string): Promise<void> {
    if (path === "/") {
      throw makeFileError("is-a-directory", "remove", this.#jail.root);
    }
    await this.#onName("remove", path, async (folder, name) => {
      // unlink says EPERM for a folder on macOS and removes an empty one on
      // Deno (seen with 2.9).
      const stats = await this.#calls.lstat(folder.at(name));
      if (stats.isDirectory()) {
        throw makeFileError("is-a-directory", "remove", this.locate(path));
      }
      await this.#calls.unlink(folder.at(name));
    });
  }

  /** Replaces an existing file. */
  async rename(from: string, to: string): Promise<void> {
    await this.#onName("rename", from, (source, oldName) => {
      return this.#onName("rename to", to, (goal, newName) => {
        return this.#calls.rename(source.at(oldName), goal.at(newName));
      });
    });
  }

  /** Sets the time of the last change. */
  async setModified(path: string, milliseconds: number): Promise<void> {
    if (!(Math.abs(milliseconds) <= MAX_TIME)) {
      throw makeFileError("invalid", "set the time of", this.locate(path));
    }
    await this.#onPlace("set the time of", path, (place) => {
      return this.#calls.utimes(place.path, new Date(milliseconds));
    });
  }

  /** Sets the permission bits. */
  async setMode(path: string, mode: number): Promise<void> {
    await this.#onPlace("set the mode of", path, (place) => {
      return this.#calls.chmod(place.path, mode & 0o7777);
    });
  }

  /** Bytes that may still be written. */
  async freeSpace(path: string): Promise<number> {
    // Deno would ask at the terminal.
    if (!isGranted(STATFS)) {
      throw makeFileError("not-permitted", "measure", this.locate(path));
    }
    const free = async (place: Place): Promise<number> => {
      const { bavail, bsize } = await promises.statfs(place.path);
      return bavail * bsize;
    };
    try {
      return await this.#onPlace("measure", path, free);
    } catch (error) {
      // A file that is about to be made.
      if (fileErrorCode(error) !== "not-found") throw error;
      return await this.#onPlace("measure", splitPath(path)[0], free);
    }
  }

  /** Rejects when the folder may not be entered. */
  async enter(path: string): Promise<void> {
    await this.#onFolder("enter", path, async (folder) => {
      // Looking up a name needs the permission that chdir needs, and unlike
      // access(2) it goes by the effective user.
      await this.#calls.stat(folder.at("."));
    });
  }

  /** The same path with every link resolved. */
  async resolve(path: string): Promise<string> {
    try {
      checkPath(path);
      const real = await this.#jail.resolve(path);
      return virtualPath(this.#jail.root, real);
    } catch (error) {
      throw fileError(error, "follow", this.locate(path));
    }
  }

  /** Where the path lies on the disk, for logs. */
  locate(path: string): string {
    return realPath(this.#jail.root, path);
  }

  #onPlace<T>(
    action: string,
    path: string,
    act: (place: Place) => Answer<T>,
  ): Promise<T> {
    return this.#on(action, path, (at) => this.#jail.follow(at), act);
  }

  #onFolder<T>(
    action: string,
    path: string,
    act: (folder: Place) => Answer<T>,
  ): Promise<T> {
    return this.#on(action, path, (at) => this.#jail.folder(at), act);
  }

  /** For calls that mean a name, link or not, and never the root. */
  #onName<T>(
    action: string,
    path: string,
    act: (folder: Place, name: string) => Answer<T>,
  ): Promise<T> {
    const find = (at: string): Promise<Place> => {
      if (at !== "/") return this.#jail.folder(splitPath(at)[0]);
      throw makeFileError("not-permitted", action, this.#jail.root);
    };
    return this.#on(
      action,
      path,
      find,
      (folder) => act(folder, splitPath(path)[1]),
    );
  }

  async #on<T>(
    action: string,
    path: string,
    find: (path: string) => Promise<Place>,
    act: (place: Place) => Answer<T>,
  ): Promise<T> {
    let place: Place | null = null;
    try {
      checkPath(path);
      place = await find(path);
      return await act(place);
    } catch (error) {
      throw fileError(error, action, this.locate(path));
    } finally {
      place?.release();
    }
  }
}

function jailOf(
  folder: HostPath,
  calls: FileCalls,
  descriptors: boolean,
): Jail {
  const held = descriptors ? DescriptorJail.probe(folder) : null;
  if (held !== null) return new DescriptorJail(held, calls);
  return new PathJail(realpathNow(folder), calls);
}

import { ConfigError } from "../base/errors.ts";
import type {
  DirectoryEntry,
  FileHandle,
  FileStat,
  FileSystem,
  ListOptions,
  OpenMode,
} from "../spi/file_system.ts";
import { attempt } from "./attempt.ts";
import { checkPath, splitPath } from "./check_path.ts";
import { allow, failure, READ, SEARCH, WRITE } from "./memory_checks.ts";
import { MemoryFileHandle } from "./memory_file_handle.ts";
import type { MemoryFolder } from "./memory_node.ts";
import { statOf } from "./memory_stat.ts";
import { MemoryTree } from "./memory_tree.ts";
import { walk } from "./memory_walk.ts";

/** Options of `MemoryFileSystem`. */
export interface MemoryFileSystemOptions {
  /**
   * Milliseconds since 1970, UTC, for modification times.
   * @default {Date.now}
   */
  readonly now?: () => number;
  /**
   * Bytes that all files may hold together; more answers `no-space`.
   * @default {Infinity}
   */
  readonly capacity?: number;
}

const LINKS_AS_THEY_ARE: ListOptions = { sorted: false, stat: "self" };

/** Entries per batch of a listing. */
const BATCH = 100;

/**
 * A file system that lives in memory: for tests, for demonstrations and for
 * programs that take what they are sent without a disk.
 *
 * It has links, permission bits, times and a size limit. The target of a link
 * is a path of this file system, absolute or relative to the link; one that
 * climbs above the root leads nowhere and answers `outside-root`.
 *
 * @example
 * ```ts
 * import { MemoryFileSystem } from "anyftpd/core";
 * const files = new MemoryFileSystem();
 * files.writeFile("/pub/hello.txt", "Hello\n");
 * console.assert((await files.stat("/pub/hello.txt")).size === 6);
 * ```
 */
export class MemoryFileSystem implements FileSystem {
  readonly #tree: MemoryTree;

  /**
   * An empty tree.
   *
   * @throws {ConfigError} the capacity is not a number of bytes
   */
  constructor(options: MemoryFileSystemOptions = {}) {
    const capacity = options.capacity ?? Infinity;
    if (!(capacity >= 0)) {
      throw new ConfigError(`Cannot hold ${capacity} bytes: not a size`);
    }
    this.#tree = new MemoryTree(capacity, options.now ?? (() => Date.now()));
  }

  /** What is known of a path; see `FileSystem`. */
  stat(
    path: string,
    options?: { readonly followLinks?: boolean },
  ): Promise<FileStat> {
    return attempt(() => {
      return statOf(
        this.#tree.existing(path, options?.followLinks ?? true).node,
      );
    });
  }

  /** The entries of a folder, 100 at a time. */
  async *list(
    path: string,
    options: ListOptions,
  ): AsyncGenerator<readonly DirectoryEntry[], void, void> {
    const { node, path: real } = this.#tree.existing(path, true);
    if (node.kind !== "directory") throw failure("not-a-directory", path);
    allow(node, READ, path);
    const names = [...node.children.keys()];
    if (options.sorted) names.sort();
    for (let at = 0; at < names.length; at += BATCH) {
      // Looked up batch by batch: what vanished in between is skipped.
      yield await Promise.resolve(
        names.slice(at, at + BATCH)
          .map((name) => this.#entry(node, real, name, options.stat))
          .filter((entry) => entry !== null),
      );
    }
  }

  /** Opens a regular file; links are followed unless it must be new. */
  open(path: string, mode: OpenMode): Promise<FileHandle> {
    return attempt(() => {
      const file = mode.access === "read"
        ? this.#tree.existingFile(path, READ)
        : mode.access === "append"
        ? this.#tree.fileToWrite(path, "always")
        : this.#tree.fileToWrite(path, mode.create);
      if (mode.access === "write" && mode.truncate) {
        file.content.truncate();
        file.modified = this.#tree.now();
      }
      return new MemoryFileHandle(file, mode.access, this.#tree.now);
    });
  }

  /** Makes a folder in an existing one, with mode 0755. */
  makeDirectory(path: string): Promise<void> {
    return attempt(() => {
      const spot = this.#tree.spot(path, false);
      if (spot.node !== null) throw failure("exists", path);
      this.#tree.put(spot, this.#tree.newFolder(), path);
    });
  }

  /** Removes an empty folder; the root answers `not-permitted`. */
  removeDirectory(path: string): Promise<void> {
    return attempt(() => {
      const spot = this.#tree.existing(path, false);
      if (spot.folder === null) throw failure("not-permitted", path);
      if (spot.node.kind !== "directory") {
        throw failure("not-a-directory", path);
      }
      if (spot.node.children.size > 0) throw failure("not-empty", path);
      this.#tree.take(spot, path);
    });
  }

  /** Removes a file or a link. Who has it open may go on reading. */
  remove(path: string): Promise<void> {
    return attempt(() => {
      const spot = this.#tree.existing(path, false);
      if (spot.node.kind === "directory") throw failure("is-a-directory", path);
      this.#tree.take(spot, path);
      if (spot.node.kind === "file") spot.node.content.unlink();
    });
  }

  /** Moves a name, over a file or an empty folder if there is one. */
  rename(from: string, to: string): Promise<void> {
    return attempt(() => {
      const source = this.#tree.existing(from, false);
      const goal = this.#tree.spot(to, false);
      if (source.folder === null) throw failure("not-permitted", from);
      if (goal.folder === null) throw failure("not-permitted", to);
      if (goal.node === source.node) return;
      const { node } = source;
      if (
        node.kind === "directory" && goal.path.startsWith(`${source.path}/`)
      ) {
        throw failure("invalid", to);
      }
      if (goal.node?.kind === "directory") {
        if (node.kind !== "directory") throw failure("is-a-directory", to);
        if (goal.node.children.size > 0) throw failure("not-empty", to);
      } else if (goal.node !== null && node.kind === "directory") {
        throw failure("not-a-directory", to);
      }
      allow(source.folder, WRITE, from);
      this.#tree.put(goal, node, to);
      this.#tree.take(source, from);
      if (goal.node?.kind === "file") goal.node.content.unlink();
    });
  }

  /** Sets the time of modification. */
  setModified(path: string, milliseconds: number): Promise<void> {
    return attempt(() => {
      const { node } = this.#tree.existing(path, true);
      if (!Number.isFinite(milliseconds)) throw failure("invalid", path);
      node.modified = milliseconds;
    });
  }

  /** Sets the permission bits, of which those of the owner count. */
  setMode(path: string, mode: number): Promise<void> {
    return attempt(() => {
      this.#tree.existing(path, true).node.mode = mode & 0o7777;
    });
  }

  /** The capacity less what all files hold. */
  freeSpace(_path: string): Promise<number> {
    return Promise.resolve(this.#tree.free);
  }

  /** Rejects when the path is no folder or must not be searched. */
  enter(path: string): Promise<void> {
    return attempt(() => {
      const { node } = this.#tree.existing(path, true);
      if (node.kind !== "directory") throw failure("not-a-directory", path);
      allow(node, SEARCH, path);
    });
  }

  /** The path with its links resolved, a missing tail kept. */
  resolve(path: string): Promise<string> {
    return attempt(() => {
      checkPath(path);
      return walk(this.#tree.root, path, { follow: true, keepTail: true }).path;
    });
  }

  /** Makes or replaces a file, and the folders that lead to it. */
  writeFile(path: string, content: Uint8Array | string): void {
    this.#tree.makeFolders(splitPath(path)[0]);
    const file = this.#tree.fileToWrite(path, "always");
    file.content.truncate();
    const bytes = typeof content === "string"
      ? new TextEncoder().encode(content)
      : content;
    file.content.write(bytes, 0);
    file.modified = this.#tree.now();
  }

  /** See {@linkcode FileSystem.entry}. */
  async entry(path: string): Promise<DirectoryEntry> {
    const [folder, name] = splitPath(path);
    const stat = await this.stat(path, { followLinks: false });
    if (stat.kind !== "link") return { name, stat };
    for await (const batch of this.list(folder, LINKS_AS_THEY_ARE)) {
      const entry = batch.find((candidate) => candidate.name === name);
      if (entry !== undefined) return entry;
    }
    return { name, stat };
  }

  /**
   * What a file holds.
   *
   * @throws {FileError} `not-found`, `is-a-directory`, …
   */
  readFile(path: string): Uint8Array {
    return this.#tree.existingFile(path, 0).content.bytes();
  }

  /** Makes a symbolic link. It may lead nowhere. */
  makeLink(path: string, target: string): void {
    this.#tree.seed(path, { ...this.#tree.facts(0o777), kind: "link", target });
  }

  /** Makes what is no file, folder or link, as a pipe is on a disk. */
  makeSpecial(path: string): void {
    this.#tree.seed(path, { ...this.#tree.facts(0o644), kind: "other" });
  }

  /** Makes a folder and those above it; existing ones are kept. */
  makeFolders(path: string): void {
    this.#tree.makeFolders(path);
  }

  #entry(
    folder: MemoryFolder,
    folderPath: string,
    name: string,
    depth: ListOptions["stat"],
  ): DirectoryEntry | null {
    const node = folder.children.get(name);
    if (node === undefined) return null;
    if (depth === "none") return { name, stat: null };
    if (node.kind !== "link") return { name, stat: statOf(node) };
    const path = folderPath === "/" ? `/${name}` : `${folderPath}/${name}`;
    try {
      const end = walk(this.#tree.root, path, { follow: true, keepTail: true });
      if (depth === "self") {
        return { name, stat: statOf(node), target: node.target };
      }
      return end.node === null ? null : { name, stat: statOf(end.node) };
    } catch {
      return depth === "self" ? { name, stat: statOf(node) } : null;
    }
  }
}

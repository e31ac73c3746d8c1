import { FileError } from "../base/errors.ts";
import type {
  DirectoryEntry,
  FileHandle,
  FileStat,
  FileSystem,
  ListOptions,
  OpenMode,
} from "../spi/file_system.ts";
import { checkPath, splitPath } from "./check_path.ts";

/**
 * One folder of a file system as a tree of its own: its `/` is `folder`.
 *
 * A link that leads out of the folder answers `outside-root`, although it may
 * stay inside the larger tree; this needs the larger tree's `resolve`. A link
 * that is swapped by another program between that look-up and the call is only
 * caught at the border of the larger tree: share a folder of a disk with
 * `localFileSystem`, which is safe from that.
 *
 * @throws {FileError} `invalid` when `folder` is not a virtual path
 *
 * @example
 * ```ts
 * import { MemoryFileSystem, subtree } from "anyftpd/core";
 * const files = new MemoryFileSystem();
 * files.writeFile("/home/ann/notes.txt", "buy bread");
 * const home = subtree(files, "/home/ann");
 * console.assert((await home.stat("/notes.txt")).size === 9);
 * ```
 */
export function subtree(fileSystem: FileSystem, folder: string): FileSystem {
  checkPath(folder);
  if (folder === "/") return fileSystem;
  const tree = new Subtree(fileSystem, folder);
  return {
    stat: (path, options) => tree.stat(path, options),
    list: (path, options) => tree.list(path, options),
    open: (path, mode) => tree.open(path, mode),
    makeDirectory: async (path) =>
      fileSystem.makeDirectory(await tree.name(path)),
    removeDirectory: async (path) =>
      fileSystem.removeDirectory(await tree.name(notRoot(path))),
    remove: async (path) => fileSystem.remove(await tree.name(path)),
    rename: async (from, to) =>
      fileSystem.rename(
        await tree.name(notRoot(from)),
        await tree.name(notRoot(to)),
      ),
    ...(fileSystem.setModified && {
      setModified: async (path, milliseconds) =>
        fileSystem.setModified!(await tree.follow(path), milliseconds),
    }),
    ...(fileSystem.setMode && {
      setMode: async (path, mode) =>
        fileSystem.setMode!(await tree.follow(path), mode),
    }),
    ...(fileSystem.freeSpace && {
      freeSpace: async (path) => fileSystem.freeSpace!(await tree.follow(path)),
    }),
    ...(fileSystem.enter && {
      enter: async (path) => fileSystem.enter!(await tree.follow(path)),
    }),
    ...(fileSystem.resolve && { resolve: (path) => tree.resolve(path) }),
    locate: (path) => {
      const full = tree.full(path);
      return fileSystem.locate?.(full) ?? full;
    },
  };
}

/** Refuses to move or remove the root, which the larger tree would let go. */
function notRoot(path: string): string {
  if (path !== "/") return path;
  throw new FileError("not-permitted", "Cannot move or remove the root");
}

class Subtree {
  readonly #inner: FileSystem;
  readonly #folder: string;
  #realFolder: string | null = null;

  constructor(inner: FileSystem, folder: string) {
    this.#inner = inner;
    this.#folder = folder;
  }

  /** The path in the larger tree, links not looked at. */
  full(path: string): string {
    return path === "/" ? this.#folder : this.#folder + path;
  }

  /** The path in the larger tree that a call which follows links shall get. */
  async follow(path: string): Promise<string> {
    checkPath(path);
    const full = this.full(path);
    if (this.#inner.resolve === undefined) return full;
    const resolved = await this.#inner.resolve(full);
    await this.#local(resolved, path);
    return resolved;
  }

  /** The path for a call that means the name itself, link or not. */
  async name(path: string): Promise<string> {
    checkPath(path);
    if (path === "/") return this.#folder;
    const [folder, name] = splitPath(path);
    return `${await this.follow(folder)}/${name}`;
  }

  async resolve(path: string): Promise<string> {
    return await this.#local(await this.follow(path), path);
  }

  async stat(
    path: string,
    options?: { readonly followLinks?: boolean },
  ): Promise<FileStat> {
    const full = options?.followLinks === false && path !== "/"
      ? await this.name(path)
      : await this.follow(path);
    return this.#inner.stat(full, options);
  }

  async open(path: string, mode: OpenMode): Promise<FileHandle> {
    // "new" must fail on a link, wherever it leads.
    const full = mode.access === "write" && mode.create === "new"
      ? await this.name(path)
      : await this.follow(path);
    return this.#inner.open(full, mode);
  }

  async *list(
    path: string,
    options: ListOptions,
  ): AsyncGenerator<readonly DirectoryEntry[], void, void> {
    const full = await this.follow(path);
    if (options.stat === "none" || this.#inner.resolve === undefined) {
      yield* this.#inner.list(full, options);
      return;
    }
    const asked = { sorted: options.sorted, stat: "self" } as const;
    for await (const batch of this.#inner.list(full, asked)) {
      const entries: DirectoryEntry[] = [];
      for (const entry of batch) {
        const shown = entry.stat?.kind === "link"
          ? await this.#link(path, entry, options)
          : entry;
        if (shown !== null) entries.push(shown);
      }
      yield entries;
    }
  }

  /** A link as a client of this tree shall see it; `null`: not at all. */
  async #link(
    folder: string,
    entry: DirectoryEntry,
    options: ListOptions,
  ): Promise<DirectoryEntry | null> {
    const { name, stat, target } = entry;
    const path = folder === "/" ? `/${name}` : `${folder}/${name}`;
    try {
      const end = await this.follow(path);
      if (options.stat === "target") {
        return { name, stat: await this.#inner.stat(end) };
      }
      if (target === undefined || !target.startsWith("/")) return entry;
      return { name, stat, target: await this.#local(end, path) };
    } catch {
      return options.stat === "target" ? null : { name, stat };
    }
  }

  /** A resolved path of the larger tree as a path of this one. */
  async #local(resolved: string, path: string): Promise<string> {
    const root = await this.#root();
    if (resolved === root) return "/";
    if (resolved.startsWith(`${root}/`)) return resolved.slice(root.length);
    throw new FileError(
      "outside-root",
      `Cannot follow "${path}": it leads out of "${this.#folder}"`,
    );
  }

  /** The folder itself may be reached over links: looked up once. */
  async #root(): Promise<string> {
    this.#realFolder ??= await this.#inner.resolve!(this.#folder);
    return this.#realFolder;
  }
}

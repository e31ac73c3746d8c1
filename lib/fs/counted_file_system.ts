import { FileError } from "../base/errors.ts";
import { deferred } from "../base/deferred.ts";
import { isInside, joinPath } from "../protocol/path.ts";
import type {
  FileHandle,
  FileStat,
  FileSystem,
  OpenMode,
} from "../spi/file_system.ts";
import { splitPath } from "./check_path.ts";
import type { CountBook } from "./count_book.ts";
import { CountedFileHandle } from "./counted_file_handle.ts";
import {
  type CountedFolder,
  type CountedTree,
  measure,
  type Quota,
  underRoot,
  type Usage,
  type WrittenFile,
} from "./counted_tree.ts";

/** One user's view of a folder that is counted; made by `QuotaBook.keep`. */
export class CountedFileSystem {
  readonly #book: CountBook;
  readonly #folder: CountedFolder;
  readonly #inner: FileSystem;
  readonly #quota: () => Quota | null;

  constructor(
    book: CountBook,
    folder: CountedFolder,
    quota: () => Quota | null,
  ) {
    this.#book = book;
    this.#folder = folder;
    this.#inner = folder.fileSystem;
    this.#quota = quota;
  }

  /** With no more and no less methods than the folder has. */
  get bound(): FileSystem {
    const inner = this.#inner;
    return {
      stat: (path, options) => inner.stat(path, options),
      list: (path, options) => inner.list(path, options),
      open: (path, mode) =>
        mode.access === "read"
          ? inner.open(path, mode)
          : this.#open(path, mode),
      makeDirectory: (path) => this.#makeDirectory(path),
      removeDirectory: (path) => this.#removeDirectory(path),
      remove: (path) => this.#remove(path),
      rename: (from, to) => this.#rename(from, to),
      ...(inner.entry && { entry: inner.entry.bind(inner) }),
      ...(inner.setModified && { setModified: inner.setModified.bind(inner) }),
      ...(inner.setMode && { setMode: inner.setMode.bind(inner) }),
      ...(inner.enter && { enter: inner.enter.bind(inner) }),
      ...(inner.resolve && { resolve: inner.resolve.bind(inner) }),
      ...(inner.locate && { locate: inner.locate.bind(inner) }),
      ...(inner.freeSpace && { freeSpace: (path) => this.#freeSpace(path) }),
      ...(inner.keepsCreationTime && { keepsCreationTime: true }),
    };
  }

  async #open(path: string, mode: OpenMode): Promise<FileHandle> {
    const quota = this.#quota();
    if (!this.#book.isCounting(quota)) return await this.#openFree(path, mode);
    return await this.#book.change(this.#folder, quota, async (own) => {
      const isNew = mode.access === "write" && mode.create === "new";
      const mustExist = mode.access === "write" && mode.create === "never";
      const at = isNew ? await this.#name(path) : await this.#target(path);
      const before = await this.#stat(path, !isNew);
      const isMade = before === null && !mustExist;
      if (isMade && quota !== null) own?.demand(quota, 0, 1);
      const known = this.#book.find(at);
      const ended = known?.ended;
      const handle = await this.#inner.open(path, mode);
      if (isMade) this.#book.charge(at, 0, 1);
      const file: WrittenFile = known ?? {
        path: at,
        size: before?.size ?? 0,
        handles: 0,
        begun: 0,
        ended: 0,
        isNamed: true,
        isUnsure: false,
        isShared: (before?.links ?? 1) > 1,
      };
      if (known === null) this.#book.begin(file);
      file.handles++;
      if (mode.access === "write" && mode.truncate) {
        if (file.begun === (ended ?? 0)) {
          this.#book.charge(at, -file.size, 0);
          file.size = 0;
          // Nobody knows what was written first.
        } else file.isUnsure = true;
      }
      return new CountedFileHandle(handle, file, mode.access === "append", {
        grow: (file, bytes) => this.#grow(file, bytes),
        closed: (file) => this.#closed(file),
      });
    });
  }

  /** Nothing is counted yet, but it may be before the file is closed. */
  async #openFree(path: string, mode: OpenMode): Promise<FileHandle> {
    const over = deferred<void>();
    void this.#book.uncounted(this.#folder.root, over.promise);
    let handle: FileHandle;
    try {
      handle = await this.#inner.open(path, mode);
    } catch (error) {
      over.resolve();
      throw error;
    }
    const end = (work: Promise<void>): Promise<void> =>
      work.finally(() => over.resolve());
    return {
      size: handle.size,
      read: (into, position) => handle.read(into, position),
      write: (bytes, position) => handle.write(bytes, position),
      close: () => end(handle.close()),
      ...(handle.abort && { abort: (reason) => end(handle.abort!(reason)) }),
    };
  }

  #grow(file: WrittenFile, bytes: number): void {
    const quota = this.#quota();
    if (quota !== null) {
      this.#book.tree(this.#folder.root)?.demand(quota, bytes, 0);
    }
    this.#book.charge(file.path, bytes, 0);
    file.size += bytes;
  }

  #closed(file: WrittenFile): Promise<void> {
    return this.#book.alone(async () => {
      if (--file.handles > 0) return;
      const { path, size } = file;
      if (!file.isNamed) this.#book.charge(path, -size, 0);
      this.#book.end(file);
      if (!file.isNamed) return;
      const { root } = this.#folder;
      if (file.isShared) await this.#book.rescan(path);
      else if (file.isUnsure && isInside(root, path)) {
        const own = root === "/" ? path : path.slice(root.length);
        const now = await this.#stat(own, false);
        this.#book.charge(path, (now?.size ?? 0) - size, now === null ? -1 : 0);
      } else if (file.isUnsure) await this.#book.rescan(path);
    }).catch(() => {});
  }

  async #makeDirectory(path: string): Promise<void> {
    await this.#change(
      () => this.#inner.makeDirectory(path),
      async (own, quota) => {
        const at = await this.#name(path);
        const before = await this.#stat(path, false);
        if (before === null && quota !== null) own?.demand(quota, 0, 1);
        await this.#inner.makeDirectory(path);
        this.#book.charge(at, 0, 1);
      },
    );
  }

  async #removeDirectory(path: string): Promise<void> {
    await this.#change(
      () => this.#inner.removeDirectory(path),
      async () => {
        const at = await this.#name(path);
        await this.#inner.removeDirectory(path);
        this.#book.charge(at, 0, -1);
      },
    );
  }

  async #remove(path: string): Promise<void> {
    await this.#change(
      () => this.#inner.remove(path),
      async () => {
        const at = await this.#name(path);
        const before = await this.#stat(path, false);
        await this.#inner.remove(path);
        this.#gone(at, before);
      },
    );
  }

  async #rename(from: string, to: string): Promise<void> {
    await this.#change(
      () => this.#inner.rename(from, to),
      async () => {
        const source = await this.#name(from);
        const goal = await this.#name(to);
        const before = await this.#stat(from, false);
        const replaced = await this.#stat(to, false);
        const leaving = this.#book.leaving(source, goal);
        const entering = this.#book.leaving(goal, source);
        const load = leaving.length + entering.length === 0
          ? { bytes: 0, files: 0 }
          : await this.#load(from, source, before);
        await this.#inner.rename(from, to);
        if (source === goal) return;
        // Two names of one file: then nothing has happened.
        if (replaced?.id !== undefined && replaced.id === before?.id) return;
        if (replaced !== null) this.#gone(goal, replaced);
        // They may have grown while the name was changed.
        const bytes = load.bytes + this.#book.bytesWritten(source);
        for (
          const { tree, path, sign } of [
            ...leaving.map((tree) => ({ tree, path: source, sign: -1 })),
            ...entering.map((tree) => ({ tree, path: goal, sign: 1 })),
          ]
        ) {
          tree.charge(path, sign * bytes, sign);
          // All but the folder itself, which may be the one that is counted.
          tree.charge(`${path}/`, 0, sign * (load.files - 1));
        }
        this.#book.move(source, goal);
      },
    );
  }

  /** What moves with a name, but for the bytes of files that are written. */
  async #load(
    path: string,
    at: string,
    stat: FileStat | null,
  ): Promise<Usage> {
    if (stat?.kind !== "directory") {
      return { bytes: this.#book.find(at) ? 0 : sizeOf(stat), files: 1 };
    }
    const { bytes, files } = await measure(
      this.#inner,
      path,
      (below) => this.#book.find(at + below.slice(path.length)) !== null,
    );
    return { bytes, files: files + 1 };
  }

  /** A name is there no more. */
  #gone(at: string, stat: FileStat | null): void {
    this.#book.charge(at, 0, -1);
    const written = this.#book.find(at);
    if (written === null) this.#book.charge(at, -sizeOf(stat), 0);
    // Its room is taken until it is closed.
    else written.isNamed = false;
  }

  async #freeSpace(path: string): Promise<number> {
    const free = await this.#inner.freeSpace!(path);
    const quota = this.#quota();
    if (quota?.bytes === undefined) return free;
    this.#book.isCounting(quota);
    const used = await this.#book.change(
      this.#folder,
      quota,
      (own) => Promise.resolve(own?.usage.bytes ?? 0),
    );
    return Math.min(free, Math.max(0, quota.bytes - used));
  }

  async #change(
    free: () => Promise<void>,
    counted: (own: CountedTree | null, quota: Quota | null) => Promise<void>,
  ): Promise<void> {
    const quota = this.#quota();
    if (!this.#book.isCounting(quota)) {
      return await this.#book.uncounted(this.#folder.root, free());
    }
    await this.#book.change(
      this.#folder,
      quota,
      (own) => counted(own, quota),
    );
  }

  /** `null` when there is nothing; what else is wrong, the call itself tells. */
  async #stat(path: string, followLinks: boolean): Promise<FileStat | null> {
    try {
      return await this.#inner.stat(path, { followLinks });
    } catch (error) {
      if (error instanceof FileError) return null;
      throw error;
    }
  }

  /** Where a file lies that links lead to. */
  async #target(path: string): Promise<string> {
    try {
      path = await this.#inner.resolve?.(path) ?? path;
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
    }
    return underRoot(this.#folder.root, path);
  }

  /** Where a name lies, link or not. */
  async #name(path: string): Promise<string> {
    const [folder, name] = splitPath(path);
    return joinPath(await this.#target(folder), name);
  }
}

function sizeOf(stat: FileStat | null): number {
  return stat?.kind === "file" ? stat.size : 0;
}

import { isInside } from "../protocol/path.ts";
import {
  type CountedFolder,
  CountedTree,
  findWritten,
  type Quota,
  type WrittenFile,
} from "./counted_tree.ts";

/** A full folder is counted again after this time. */
const COUNT_AGAIN_MS = 60_000;

/** Work on a folder that began before anything was counted. */
interface Uncounted {
  readonly root: string;
  readonly end: Promise<unknown>;
}

/**
 * What is in the folders that have quotas, and which files grow; behind
 * `QuotaBook`. Changes of names wait for each other, so that what is looked at
 * before a change is still so when the change is made.
 */
export class CountBook {
  readonly #trees = new Map<string, CountedTree>();
  readonly #written = new Set<WrittenFile>();
  readonly #uncounted = new Set<Uncounted>();
  readonly #countedAt = new WeakMap<CountedTree, number>();
  readonly #now: () => number;
  #isActive = false;
  #last: Promise<unknown> = Promise.resolve();

  /** @param now milliseconds; only differences count */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Whether anything has to be counted for a change. */
  isCounting(quota: Quota | null): boolean {
    if (quota !== null) this.#isActive = true;
    return this.#isActive;
  }

  /** Waits for work that nobody counts, should counting begin meanwhile. */
  uncounted<T>(root: string, work: Promise<T>): Promise<T> {
    const entry: Uncounted = { root, end: work.catch(() => {}) };
    this.#uncounted.add(entry);
    void entry.end.then(() => this.#uncounted.delete(entry));
    return work;
  }

  /** Changes names, alone. `own`: the folder's count, if it has a quota. */
  async change<T>(
    folder: CountedFolder,
    quota: Quota | null,
    work: (own: CountedTree | null) => Promise<T>,
  ): Promise<T> {
    if (quota !== null && !this.#trees.has(folder.root)) {
      await this.#quiet(folder.root);
    }
    return await this.alone(async () =>
      await work(quota === null ? null : await this.#treeOf(folder))
    );
  }

  /** Runs `work` when all that was asked for earlier is done. */
  alone<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => {});
    return result;
  }

  /** The count of a folder, if it is counted. */
  tree(root: string): CountedTree | null {
    return this.#trees.get(root) ?? null;
  }

  /** Counts what became more or less at a path. */
  charge(path: string, bytes: number, files: number): void {
    for (const tree of this.#trees.values()) tree.charge(path, bytes, files);
  }

  /** The file of this name, if it is being written. */
  find(path: string): WrittenFile | null {
    return findWritten(this.#written, path);
  }

  /** A file begins to be written. */
  begin(file: WrittenFile): void {
    this.#written.add(file);
  }

  /** A file is written no more. */
  end(file: WrittenFile): void {
    this.#written.delete(file);
  }

  /** Counts anew every folder that a path is in. */
  async rescan(path: string): Promise<void> {
    for (const tree of this.#trees.values()) {
      if (isInside(tree.root, path)) await tree.scan(this.#written);
    }
  }

  /** The folders that a path is in and another is not. */
  leaving(from: string, to: string): readonly CountedTree[] {
    return [...this.#trees.values()].filter(({ root }) =>
      isInside(root, from) && !isInside(root, to)
    );
  }

  /** The sizes of the files below a path that are being written. */
  bytesWritten(path: string): number {
    let bytes = 0;
    for (const file of this.#written) {
      if (file.isNamed && isInside(path, file.path)) bytes += file.size;
    }
    return bytes;
  }

  /** Files that are being written have moved with their folder. */
  move(from: string, to: string): void {
    for (const file of this.#written) {
      if (file.isNamed && isInside(from, file.path)) {
        file.path = to + file.path.slice(from.length);
      }
    }
  }

  async #treeOf({ root, fileSystem }: CountedFolder): Promise<CountedTree> {
    const tree = this.#trees.get(root) ?? new CountedTree(root, fileSystem);
    const countedAt = this.#countedAt.get(tree) ?? -Infinity;
    const isOld = Math.abs(this.#now() - countedAt) >= COUNT_AGAIN_MS;
    if (!this.#trees.has(root) || (tree.isDoubted && isOld)) {
      await tree.scan(this.#written);
      this.#trees.set(root, tree);
      this.#countedAt.set(tree, this.#now());
    }
    return tree;
  }

  /** Resolves when no uncounted work is left in or around a folder. */
  async #quiet(root: string): Promise<void> {
    for (const entry of [...this.#uncounted]) {
      if (isInside(root, entry.root) || isInside(entry.root, root)) {
        await entry.end;
      }
    }
  }
}

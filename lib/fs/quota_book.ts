import type { FileSystem } from "../spi/file_system.ts";
import { CountBook } from "./count_book.ts";
import { CountedFileSystem } from "./counted_file_system.ts";
import type { CountedFolder, Quota, Usage } from "./counted_tree.ts";

export type { CountedFolder, Quota, Usage } from "./counted_tree.ts";

/** Options of {@linkcode QuotaBook}. */
export interface QuotaBookOptions {
  /**
   * Milliseconds; only differences count.
   * @default {Date.now}
   */
  readonly now?: () => number;
}

/**
 * Keeps count of folders with quotas, exactly, whatever is uploaded, removed
 * and moved at the same time, through whichever of the file systems that it
 * made. What is in a folder is counted when the first one writes to it, so
 * nothing has to be remembered over a restart. Changes by other programs are
 * not seen, but a folder that was found full is counted again, once a minute
 * at most.
 *
 * A folder in which folders of others lie is counted with them, and theirs as
 * well; a quota binds those only who have it. What is too much is refused with
 * the code `quota-exceeded`.
 *
 * Costs nothing as long as there is no quota. From then on calls that change
 * names wait for each other, but not for contents.
 *
 * @example
 * ```ts
 * import { MemoryFileSystem, QuotaBook } from "anyftpd/core";
 * const book = new QuotaBook();
 * const folder = { fileSystem: new MemoryFileSystem(), root: "/srv/ann" };
 * const files = book.keep(folder, () => ({ bytes: 1_000_000, files: 100 }));
 * await files.makeDirectory("/in");
 * console.assert(book.usage("/srv/ann")?.files === 1);
 * ```
 */
export class QuotaBook {
  readonly #book: CountBook;

  /** Nothing is counted yet. */
  constructor(options: QuotaBookOptions = {}) {
    this.#book = new CountBook(options.now ?? (() => Date.now()));
  }

  /**
   * The same folder, with what is written to it counted.
   *
   * @param quota asked for each change; `null`: none
   */
  keep(folder: CountedFolder, quota: () => Quota | null): FileSystem {
    return new CountedFileSystem(this.#book, folder, quota).bound;
  }

  /** What is in a folder; `null` when it is not counted yet. */
  usage(root: string): Usage | null {
    return this.#book.tree(root)?.usage ?? null;
  }
}

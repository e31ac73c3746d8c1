import type { FileCalls } from "./_file_calls.ts";
import { fileErrorCode } from "./_file_errors.ts";
import { hostPath } from "./_host_path.ts";
import {
  asWritten,
  isInside,
  type Jail,
  joinPaths,
  type LinkReader,
  outside,
  Place,
  realPath,
  resolveInside,
} from "./_jail.ts";

/**
 * How often an opened file is compared with what its path leads to. Once is
 * not enough: a link swapped back and forth 20,000 times a second got the
 * better of it within seconds, by being a folder for one look-up and a link
 * for the next. Each further round needs two more such strokes of luck.
 */
const ROUNDS = 4;

/**
 * The jail where a folder cannot be held by a descriptor: macOS, Windows, Deno
 * without `--allow-all`, a Linux without `/proc`.
 *
 * A path is resolved to its real path, that is checked, and calls act on it.
 *
 * Guaranteed: no path and no link that stands still leads out. FTP clients
 * cannot make links, so if no other program does so in the shared folder while
 * clients are served, nothing outside is reached.
 *
 * Not guaranteed: that a program of the same machine which swaps a folder for
 * a link in the microseconds between check and call cannot lead a `mkdir`, a
 * `rename`, a removal, a change of mode or time, a listing, or the creation of
 * an empty file astray. Opening is better off: before anything is read,
 * written or truncated, the open file is compared with the path over and over
 * (see `ROUNDS`).
 */
export class PathJail implements Jail {
  readonly root: string;
  readonly #calls: FileCalls;
  readonly #reader: LinkReader;

  constructor(root: string, calls: FileCalls) {
    this.root = root;
    this.#calls = calls;
    this.#reader = { root, linkAt: (real) => calls.linkAt(hostPath(real)) };
  }

  async follow(path: string): Promise<Place> {
    if (path === "/") return place(this.root);
    try {
      return await this.#locate(realPath(this.root, path));
    } catch (error) {
      // The same answer for everything outside, whether it exists or not.
      if (fileErrorCode(error) !== "outside-root") {
        await resolveInside(this.#reader, this.root, path);
      }
      throw error;
    }
  }

  folder(path: string): Promise<Place> {
    return this.follow(path);
  }

  entry(folder: Place, name: string): Promise<Place> {
    return this.#locate(folder.realAt(name));
  }

  async resolve(path: string, from?: Place): Promise<string> {
    const start = from?.real ?? this.root;
    try {
      return (await this.#locate(joinPaths(start, path))).real;
    } catch (error) {
      if (fileErrorCode(error) === "outside-root") throw error;
      const real = await resolveInside(this.#reader, start, path);
      return await asWritten(
        this.root,
        real,
        async (head) => (await this.#locate(head)).real,
      );
    }
  }

  async confirm(real: string, descriptor: number): Promise<void> {
    const opened = await this.#calls.fstat(descriptor);
    for (let round = 0; round < ROUNDS; round++) {
      const now = await this.#calls.realpath(hostPath(real));
      const there = await this.#calls.lstat(hostPath(real));
      const same = there.dev === opened.dev && there.ino === opened.ino;
      if (now !== real || !same) throw outside(real);
    }
  }

  async #locate(path: string): Promise<Place> {
    const real = await this.#calls.realpath(hostPath(path));
    if (!isInside(this.root, real)) throw outside(real);
    return place(real);
  }
}

function place(real: string): Place {
  return new Place(real, real, null);
}

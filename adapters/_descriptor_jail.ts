import { closeSync, constants, openSync, statSync } from "node:fs";
import process from "node:process";
import { isGranted } from "./_deno_permissions.ts";
import { type FileCalls, readlinkNow } from "./_file_calls.ts";
import { fileErrorCode } from "./_file_errors.ts";
import { type HostPath, hostPath } from "./_host_path.ts";
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
 * Linux: opens a name, not the file. Nothing is read, nothing blocks, no
 * device notices, no permission on the file itself is needed. `node:fs` has no
 * constant for it; the value is the same on every processor that Node, Deno
 * and Bun are built for.
 */
export const O_PATH = 0o10000000;

/** O_NONBLOCK: should a kernel not know O_PATH, a pipe shall not stop us. */
const NAME_ONLY = O_PATH | (constants.O_NONBLOCK ?? 0);

/**
 * The jail of Linux. It has no gap between check and use: a path is opened
 * once, with all links followed, as a descriptor that only names what was
 * found; the kernel says where that lies; and everything is then done through
 * `/proc/self/fd/N`, which is that very file or folder, whatever happened to
 * its path since. (Node has no openat; this serves the same end.)
 *
 * The root itself is not opened again for each call: whoever can replace the
 * root is no client of this server.
 *
 * It costs 3 microseconds a path: one open, one readlink, one close.
 */
export class DescriptorJail implements Jail {
  readonly root: string;
  readonly #calls: FileCalls;
  readonly #reader: LinkReader;

  constructor(root: string, calls: FileCalls) {
    this.root = root;
    this.#calls = calls;
    this.#reader = { root, linkAt: (real) => calls.linkAt(hostPath(real)) };
  }

  /**
   * The real path of a folder as the kernel tells it for a descriptor; `null`
   * where `/proc` is missing or hidden. Deno lets only programs with
   * `--allow-all` see `/proc`.
   */
  static probe(folder: HostPath): string | null {
    if (process.platform !== "linux") return null;
    // Deno would ask at the terminal, and then refuse all the same.
    if (!isGranted({ name: "read", path: "/proc/self/fd" })) return null;
    let descriptor: number | null = null;
    try {
      descriptor = openSync(folder, NAME_ONLY | constants.O_DIRECTORY);
      const real = readlinkNow(magic(descriptor));
      // Some sandboxes have the link and do not follow it.
      const followed = statSync(`${magic(descriptor)}/.`);
      const same = followed.ino === statSync(folder).ino;
      return same && real.startsWith("/") ? real : null;
    } catch {
      return null;
    } finally {
      if (descriptor !== null) closeSync(descriptor);
    }
  }

  follow(path: string): Promise<Place> {
    return this.#descend(path, NAME_ONLY);
  }

  folder(path: string): Promise<Place> {
    return this.#descend(path, NAME_ONLY | constants.O_DIRECTORY);
  }

  entry(folder: Place, name: string): Promise<Place> {
    return this.#open(folder.at(name), NAME_ONLY);
  }

  async resolve(path: string, from?: Place): Promise<string> {
    const start = from?.real ?? this.root;
    try {
      return await this.#written(joinPaths(start, path));
    } catch (error) {
      if (fileErrorCode(error) === "outside-root") throw error;
      const real = await resolveInside(this.#reader, start, path);
      return await asWritten(this.root, real, (head) => this.#written(head));
    }
  }

  async #written(path: string): Promise<string> {
    const place = await this.#open(hostPath(path), NAME_ONLY);
    place.release();
    return place.real;
  }

  confirm(): Promise<void> {
    return Promise.resolve();
  }

  async #descend(path: string, flags: number): Promise<Place> {
    if (path === "/") return new Place(this.root, this.root, null);
    try {
      return await this.#open(hostPath(realPath(this.root, path)), flags);
    } catch (error) {
      // The same answer for everything outside, whether it exists or not.
      if (fileErrorCode(error) !== "outside-root") {
        await resolveInside(this.#reader, this.root, path);
      }
      throw error;
    }
  }

  async #open(path: HostPath, flags: number): Promise<Place> {
    const descriptor = await this.#calls.open(path, flags);
    try {
      const real = await this.#calls.readlink(magic(descriptor));
      if (!isInside(this.root, real)) throw outside(real);
      return new Place(real, magic(descriptor), descriptor);
    } catch (error) {
      closeSync(descriptor);
      throw error;
    }
  }
}

function magic(descriptor: number): string {
  return `/proc/self/fd/${descriptor}`;
}

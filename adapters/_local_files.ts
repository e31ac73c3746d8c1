import type { FileSystem } from "../lib/spi/file_system.ts";
import { LocalFileSystem } from "./_local_file_system.ts";

/** Options of `localFileSystem`. */
export interface LocalFileSystemOptions {
  /**
   * Whether short calls (look-ups, opening, making folders) are answered on
   * the spot, which takes 1 to 3 microseconds on a local disk, instead of by
   * the thread pool, which takes 35 to 80. With it, contents are moved on the
   * spot as well while the disk is quick; false leaves them to the pool.
   * @default {true} unless the folder lies on a network or FUSE file system
   */
  readonly blocking?: boolean;
  /**
   * Whether an upload is confirmed only when its bytes are on the disk
   * (`fsync(2)`), so that a power failure does not take them back. It makes
   * uploads as slow as the disk.
   * @default {false}
   */
  readonly fsync?: boolean;
  /**
   * False does without `/proc/self/fd` on Linux too, with the weaker
   * guarantees of other systems; for tests.
   * @default {true}
   */
  readonly descriptors?: boolean;
}

/**
 * A folder of a disk as a file system for clients, who never get out of it:
 * not by `..`, not by links, and on Linux not by any race with another program
 * either (see `PathJail` for other systems). Links that stay inside work.
 * Pipes, devices and sockets are listed but never opened.
 *
 * The folder `/` is the whole tree of the system, without a jail: an account
 * whose `home` is a path of the system begins there.
 *
 * @param root A folder; its links are followed now, once.
 *
 * @throws {ConfigError} there is no such folder
 */
export function localFileSystem(
  root: string,
  options: LocalFileSystemOptions = {},
): FileSystem {
  return new LocalFileSystem(root, options);
}

import { closeSync, constants, ftruncateSync } from "node:fs";
import type { FileHandle, OpenMode } from "../lib/spi/file_system.ts";
import { splitPath } from "../lib/fs/check_path.ts";
import type { AnyStats, FileCalls } from "./_file_calls.ts";
import { fileErrorCode, makeFileError } from "./_file_errors.ts";
import { type Jail, virtualPath } from "./_jail.ts";
import {
  LocalFileHandle,
  type LocalFileOptions,
} from "./_local_file_handle.ts";
import { kindOf } from "./_local_stat.ts";
import { EMPTIED_BYTES, slowSpell } from "./_slow_disk.ts";

type Access = OpenMode["access"];

/**
 * A pipe or a device must not stop us, or become our terminal, should one
 * appear where a file was. Windows has none of these flags.
 */
const CALM = (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0);

const NO_FOLLOW = constants.O_NOFOLLOW ?? 0;

const FLAGS: Readonly<Record<Access, number>> = {
  read: constants.O_RDONLY | CALM,
  write: constants.O_WRONLY | CALM,
  append: constants.O_WRONLY | constants.O_APPEND | CALM,
};

/** How often a file may come and go while it is opened. */
const MAX_ATTEMPTS = 8;

/** What is the same for all files of a file system. */
type FileKind = Pick<LocalFileOptions, "sendable" | "durable">;

/** Opens regular files in a jail, and nothing else. */
export class LocalOpener {
  readonly #jail: Jail;
  readonly #calls: FileCalls;
  readonly #kind: FileKind;

  constructor(jail: Jail, calls: FileCalls, kind: FileKind) {
    this.#jail = jail;
    this.#calls = calls;
    this.#kind = kind;
  }

  /** See `FileSystem.open`; throws the errors of `node:fs` as they come. */
  async open(path: string, mode: OpenMode): Promise<FileHandle> {
    if (mode.access === "read") return await this.#openOld(path, "read", false);
    if (mode.access === "append") {
      return await this.#openAny(path, "append", false);
    }
    switch (mode.create) {
      case "new":
        return await this.#openNew(path, "write");
      case "never":
        return await this.#openOld(path, "write", mode.truncate);
      case "always":
        return await this.#openAny(path, "write", mode.truncate);
    }
  }

  async #openAny(
    path: string,
    access: Access,
    truncate: boolean,
  ): Promise<FileHandle> {
    let at = path;
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      try {
        return await this.#openOld(at, access, truncate);
      } catch (error) {
        if (fileErrorCode(error) !== "not-found") throw error;
      }
      try {
        return await this.#openNew(at, access);
      } catch (error) {
        if (fileErrorCode(error) !== "exists") throw error;
      }
      // Somebody else was faster, or it is a link to what does not exist yet.
      at = virtualPath(this.#jail.root, await this.#jail.resolve(path));
    }
    throw makeFileError("busy", "open", path);
  }

  async #openOld(
    path: string,
    access: Access,
    truncate: boolean,
  ): Promise<FileHandle> {
    const place = await this.#jail.follow(path);
    try {
      const held = place.descriptor;
      const stats = held === null
        ? await this.#calls.lstat(place.path)
        : await this.#calls.fstat(held, place.path);
      requireFile(stats, place.real);
      const flags = FLAGS[access] | (held === null ? NO_FOLLOW : 0);
      const descriptor = await this.#calls.open(place.path, flags);
      try {
        // Without a descriptor on it, it may be another file by now.
        const opened = held === null
          ? await this.#confirm(place.real, descriptor)
          : stats;
        let size = Number(opened.size);
        if (truncate && size > 0) {
          await this.#empty(descriptor, size);
          size = 0;
        }
        return new LocalFileHandle({
          descriptor,
          size,
          access,
          path: place.real,
          ...this.#kind,
        });
      } catch (error) {
        closeSync(descriptor);
        throw error;
      }
    } finally {
      place.release();
    }
  }

  async #openNew(path: string, access: Access): Promise<FileHandle> {
    const [parent, name] = splitPath(path);
    const folder = await this.#jail.folder(parent);
    try {
      const flags = FLAGS[access] | constants.O_CREAT | constants.O_EXCL |
        NO_FOLLOW;
      const descriptor = await this.#calls.open(folder.at(name), flags, 0o666);
      const real = folder.realAt(name);
      try {
        if (folder.descriptor === null) await this.#confirm(real, descriptor);
        return new LocalFileHandle({
          descriptor,
          size: 0,
          access,
          path: real,
          ...this.#kind,
        });
      } catch (error) {
        closeSync(descriptor);
        throw error;
      }
    } finally {
      folder.release();
    }
  }

  /** Freeing the blocks of a large file takes long. */
  #empty(descriptor: number, size: number): void | Promise<void> {
    if (!this.#kind.sendable || size > EMPTIED_BYTES || !slowSpell.isOver) {
      return this.#calls.truncate(descriptor);
    }
    slowSpell.watch(() => ftruncateSync(descriptor, 0));
  }

  async #confirm(real: string, descriptor: number): Promise<AnyStats> {
    await this.#jail.confirm(real, descriptor);
    const stats = await this.#calls.fstat(descriptor);
    requireFile(stats, real);
    return stats;
  }
}

function requireFile(stats: AnyStats, path: string): void {
  const kind = kindOf(stats);
  if (kind === "file") return;
  throw makeFileError(
    kind === "directory" ? "is-a-directory" : "not-a-file",
    "open",
    path,
  );
}

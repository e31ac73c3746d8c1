import { FileError } from "../base/errors.ts";
import { isInside, joinPath } from "../protocol/path.ts";
import type { FileHandle, FileSystem, OpenMode } from "../spi/file_system.ts";
import { splitPath } from "./check_path.ts";

/** Enough for no two uploads to meet, and to be guessed by nobody. */
const RANDOM_BYTES = 12;

/** A file under its hidden name, and where it shall go. */
export class Upload implements FileHandle {
  readonly size = 0;
  readonly #fileSystem: FileSystem;
  readonly #inner: FileHandle;
  #hidden: string;
  #goal: string;
  /** Of the file that it takes the place of; `null` for a new one. */
  readonly #mode: number | null;
  /** The name was taken for it alone, by an empty file. */
  readonly #isReserved: boolean;
  readonly #broken: "remove" | "keep";
  /** Those of the tree that are under way. */
  readonly #all: Set<Upload>;
  #over = false;

  private constructor(parts: {
    readonly fileSystem: FileSystem;
    readonly inner: FileHandle;
    readonly hidden: string;
    readonly goal: string;
    readonly mode: number | null;
    readonly isReserved: boolean;
    readonly broken: "remove" | "keep";
    readonly all: Set<Upload>;
  }) {
    this.#fileSystem = parts.fileSystem;
    this.#inner = parts.inner;
    this.#hidden = parts.hidden;
    this.#goal = parts.goal;
    this.#mode = parts.mode;
    this.#isReserved = parts.isReserved;
    this.#broken = parts.broken;
    this.#all = parts.all;
    this.#all.add(this);
  }

  static async begin(
    fileSystem: FileSystem,
    path: string,
    mode: OpenMode & { readonly access: "write" },
    prefix: string,
    broken: "remove" | "keep",
    all: Set<Upload>,
  ): Promise<Upload> {
    const isReserved = mode.create === "new";
    let goal: string;
    let old: number | null = null;
    if (isReserved) {
      goal = await realName(fileSystem, path);
      await (await fileSystem.open(path, mode)).close();
    } else {
      // Opened and left as it is: all that forbids writing forbids it now. A
      // link stays one, its target is what is replaced.
      old = await writable(fileSystem, path, mode.create);
      goal = await fileSystem.resolve?.(path) ?? path;
    }
    const [folder] = splitPath(goal);
    const hidden = `${folder === "/" ? "" : folder}/${prefix}${randomName()}`;
    try {
      const inner = await fileSystem.open(hidden, {
        access: "write",
        create: "new",
        truncate: true,
      });
      return new Upload({
        fileSystem,
        inner,
        hidden,
        goal,
        mode: old,
        isReserved,
        broken,
        all,
      });
    } catch (error) {
      if (isReserved) await fileSystem.remove(path).catch(() => {});
      throw error;
    }
  }

  /** A folder has another name, and all that lies below it. */
  follow(from: string, to: string): void {
    if (!isInside(from, this.#hidden)) return;
    this.#hidden = to + this.#hidden.slice(from.length);
    this.#goal = to + this.#goal.slice(from.length);
  }

  get fd(): number | undefined {
    return this.#over ? undefined : this.#inner.fd;
  }

  read(into: Uint8Array, position: number): Promise<number> {
    return this.#inner.read(into, position);
  }

  write(bytes: Uint8Array, position: number): Promise<void> {
    return this.#inner.write(bytes, position);
  }

  writeNow(bytes: Uint8Array, position: number): boolean {
    return !this.#over &&
      this.#inner.writeNow?.(bytes, position) === true;
  }

  async close(): Promise<void> {
    if (this.#over) return;
    this.#over = true;
    try {
      await this.#inner.close();
      if (this.#mode !== null) {
        await this.#fileSystem.setMode?.(this.#hidden, this.#mode)
          .catch(() => {}); // Somebody else's file: the content counts.
      }
      await this.#fileSystem.rename(this.#hidden, this.#goal);
    } catch (error) {
      await this.#giveUp();
      throw error;
    } finally {
      this.#all.delete(this);
    }
  }

  async abort(reason: unknown): Promise<void> {
    if (this.#over) return;
    this.#over = true;
    try {
      if (this.#inner.abort) await this.#inner.abort(reason);
      else await this.#inner.close();
    } finally {
      await this.#giveUp();
      this.#all.delete(this);
    }
  }

  async #giveUp(): Promise<void> {
    if (this.#isReserved) {
      await this.#fileSystem.remove(this.#goal).catch(() => {});
    }
    if (this.#broken === "remove") {
      await this.#fileSystem.remove(this.#hidden).catch(() => {});
    }
  }
}

/**
 * Makes sure that a file may be written.
 *
 * @returns the mode of one that is there, `null` when none is
 */
async function writable(
  fileSystem: FileSystem,
  path: string,
  create: "always" | "never",
): Promise<number | null> {
  try {
    const handle = await fileSystem.open(path, {
      access: "write",
      create: "never",
      truncate: false,
    });
    await handle.close();
  } catch (error) {
    const isMissing = error instanceof FileError && error.code === "not-found";
    if (isMissing && create === "always") return null;
    throw error;
  }
  return (await fileSystem.stat(path)).mode ?? null;
}

/** With the links above it resolved, but not itself. */
export async function realName(
  fileSystem: FileSystem,
  path: string,
): Promise<string> {
  const [folder, name] = splitPath(path);
  return joinPath(await fileSystem.resolve?.(folder) ?? folder, name);
}

function randomName(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(RANDOM_BYTES));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0"))
    .join("");
}

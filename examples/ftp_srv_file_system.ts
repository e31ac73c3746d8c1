/**
 * The class `FileSystem` of npm's `ftp-srv`, to be extended.
 *
 * @module
 */

import { createReadStream, createWriteStream } from "node:fs";
import * as disk from "node:fs/promises";
import { join, posix } from "node:path";
import type { Readable, Writable } from "node:stream";
import { type FileSystem as Files, localFileSystem } from "anyftpd";

/** What `get` and `list` answer: `fs.Stats` with a name, or part of it. */
export interface NamedStat {
  readonly name: string;
  readonly size: number;
  readonly mtime: Date;
  readonly mode?: number;
  isDirectory(): boolean;
}

/** What `read` and `write` answer: a stream, or one with the path beside. */
export type Stream<T> = T | {
  readonly stream: T;
  readonly clientPath?: string;
};

/** A folder of the disk; links that lead out of it are refused. */
export class FileSystem {
  readonly connection: unknown;
  cwd: string;
  readonly root: string;
  readonly #jail: Files;

  constructor(
    connection: unknown,
    options: { readonly root?: string; readonly cwd?: string } = {},
  ) {
    this.connection = connection;
    this.cwd = posix.resolve("/", options.cwd ?? "/");
    this.root = options.root ?? ".";
    this.#jail = localFileSystem(this.root);
  }

  _resolvePath(path = "."): { clientPath: string; fsPath: string } {
    const clientPath = posix.resolve("/", this.cwd, path);
    return { clientPath, fsPath: join(this.root, clientPath) };
  }

  async #inside(path?: string): Promise<string> {
    const { clientPath, fsPath } = this._resolvePath(path);
    await this.#jail.resolve?.(clientPath);
    return fsPath;
  }

  currentDirectory(): string {
    return this.cwd;
  }

  async get(name: string): Promise<NamedStat> {
    return Object.assign(await disk.stat(await this.#inside(name)), { name });
  }

  async list(path = "."): Promise<NamedStat[]> {
    const names = await disk.readdir(await this.#inside(path));
    const stats = names.map((name) =>
      this.get(posix.join(path, name)).then(
        (stat) => Object.assign(stat, { name }),
        () => null,
      )
    );
    return (await Promise.all(stats)).filter((stat) => stat !== null);
  }

  async chdir(path = "."): Promise<string> {
    if (!(await this.get(path)).isDirectory()) {
      throw new Error("Not a valid directory");
    }
    return this.cwd = this._resolvePath(path).clientPath;
  }

  async write(
    name: string,
    { append = false, start }: {
      readonly append?: boolean;
      readonly start?: number | undefined;
    } = {},
  ): Promise<Stream<Writable>> {
    const path = await this.#inside(name);
    const flags = append ? "a" : start === undefined ? "w" : "r+";
    return createWriteStream(
      path,
      start === undefined ? { flags } : {
        flags,
        start,
      },
    );
  }

  async read(
    name: string,
    { start }: { readonly start?: number | undefined } = {},
  ): Promise<Stream<Readable>> {
    return createReadStream(await this.#inside(name), { start: start ?? 0 });
  }

  async delete(path: string): Promise<void> {
    const fsPath = await this.#inside(path);
    if ((await this.get(path)).isDirectory()) await disk.rmdir(fsPath);
    else await disk.unlink(fsPath);
  }

  async mkdir(path: string): Promise<string> {
    const fsPath = await this.#inside(path);
    await disk.mkdir(fsPath);
    return fsPath;
  }

  async rename(from: string, to: string): Promise<void> {
    await disk.rename(await this.#inside(from), await this.#inside(to));
  }

  async chmod(path: string, mode: number): Promise<void> {
    await disk.chmod(await this.#inside(path), mode);
  }
}

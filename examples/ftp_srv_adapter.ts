/**
 * What makes a file system of anyftpd of one that was written for npm's
 * `ftp-srv`: its streams become positions.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import {
  FileError,
  type FileErrorCode,
  type FileHandle,
  type FileStat,
  type FileSystem as Files,
  type OpenMode,
} from "anyftpd";
import type { FileSystem, NamedStat, Stream } from "./ftp_srv_file_system.ts";

/** Such a file system for anyftpd. */
export function adapted(files: FileSystem): Files {
  return {
    stat: (path) => told(async () => statOf(await files.get(path))),
    async *list(path, { sorted }) {
      const entries = await told(() => files.list(path));
      if (sorted) entries.sort((a, b) => a.name < b.name ? -1 : 1);
      yield entries.map((entry) => ({ name: entry.name, stat: statOf(entry) }));
    },
    open: (path, mode) => told(() => opened(files, path, mode)),
    enter: (path) => told(async () => void await files.chdir(path)),
    makeDirectory: (path) => told(async () => void await files.mkdir(path)),
    removeDirectory: (path) => told(() => remove(files, path, true)),
    remove: (path) => told(() => remove(files, path, false)),
    rename: (from, to) => told(() => files.rename(from, to)),
    setMode: (path, mode) => told(() => files.chmod(path, mode)),
    locate: (path) => files._resolvePath(path).fsPath,
  };
}

/** `delete` takes both; FTP tells them apart. */
async function remove(
  files: FileSystem,
  path: string,
  wanted: boolean,
): Promise<void> {
  if ((await files.get(path)).isDirectory() !== wanted) {
    const code = wanted ? "not-a-directory" : "is-a-directory";
    throw new FileError(code, `Cannot remove ${path}: ${code}`);
  }
  await files.delete(path);
}

async function opened(
  files: FileSystem,
  path: string,
  mode: OpenMode,
): Promise<FileHandle> {
  if (mode.access === "read") {
    const { size } = await files.get(path);
    return new ReadHandle(
      size,
      async (start) => streamOf(await files.read(path, { start })),
    );
  }
  if (mode.access === "append") {
    return new WriteHandle(
      streamOf(await files.write(path, { append: true })),
      null,
    );
  }
  const there = await files.get(path).then(() => true, () => false);
  if (mode.create === "new" && there) {
    throw new FileError("exists", `Cannot create ${path}: it exists`);
  }
  if (mode.truncate || !there) {
    return new WriteHandle(streamOf(await files.write(path)), null);
  }
  // REST: the first write says where.
  const { size } = await files.get(path);
  return new WriteHandle(
    null,
    async (start) => streamOf(await files.write(path, { start })),
    size,
  );
}

/** Reads on where the last read ended, and opens another stream elsewhere. */
class ReadHandle implements FileHandle {
  readonly size: number;
  readonly #open: (start: number) => Promise<Readable>;
  #stream: Readable | null = null;
  #chunks: AsyncIterator<Uint8Array> | null = null;
  #rest: Uint8Array = new Uint8Array();
  #position = 0;

  constructor(size: number, open: (start: number) => Promise<Readable>) {
    this.size = size;
    this.#open = open;
  }

  async read(into: Uint8Array, position: number): Promise<number> {
    if (this.#chunks === null || position !== this.#position) {
      this.#stream?.destroy();
      this.#stream = await this.#open(position);
      this.#chunks = this.#stream[Symbol.asyncIterator]();
      this.#rest = new Uint8Array();
      this.#position = position;
    }
    let length = 0;
    while (length < into.length) {
      if (this.#rest.length === 0) {
        const { value, done } = await this.#chunks.next();
        if (done === true) break;
        this.#rest = value;
      }
      const part = this.#rest.subarray(0, into.length - length);
      into.set(part, length);
      length += part.length;
      this.#rest = this.#rest.subarray(part.length);
    }
    this.#position += length;
    return length;
  }

  write(): Promise<void> {
    throw new FileError("permission-denied", "Cannot write: open for reading");
  }

  close(): Promise<void> {
    this.#stream?.destroy();
    return Promise.resolve();
  }
}

/** Writes one piece behind the other. */
class WriteHandle implements FileHandle {
  readonly size: number;
  #stream: Writable | null;
  readonly #open: ((start: number) => Promise<Writable>) | null;
  #failure: Error | null = null;

  constructor(
    stream: Writable | null,
    open: ((start: number) => Promise<Writable>) | null,
    size = 0,
  ) {
    this.#stream = stream;
    this.#open = open;
    this.size = size;
    this.#watch();
  }

  read(): Promise<number> {
    throw new FileError("permission-denied", "Cannot read: open for writing");
  }

  async write(bytes: Uint8Array, position: number): Promise<void> {
    if (this.#stream === null && this.#open !== null) {
      this.#stream = await this.#open(position);
      this.#watch();
    }
    // A copy: the bytes are used again for what comes next.
    const copy = Buffer.from(bytes);
    await told(() =>
      new Promise<void>((resolve, reject) =>
        this.#stream!.write(copy, (error) => error ? reject(error) : resolve())
      )
    );
  }

  async close(): Promise<void> {
    const stream = this.#stream;
    if (stream === null) return;
    await told(async () => {
      if (this.#failure !== null) throw this.#failure;
      const finished = once(stream, "finish");
      stream.end();
      await finished;
    });
  }

  abort(): Promise<void> {
    this.#stream?.destroy();
    return Promise.resolve();
  }

  #watch(): void {
    this.#stream?.on("error", (error) => this.#failure = error);
  }
}

function streamOf<T extends Readable | Writable>(answer: Stream<T>): T {
  return "stream" in answer ? answer.stream as T : answer as T;
}

function statOf(stat: NamedStat): FileStat {
  return {
    kind: stat.isDirectory() ? "directory" : "file",
    size: stat.size,
    modified: stat.mtime.getTime(),
    ...(stat.mode === undefined ? {} : { mode: stat.mode & 0o7777 }),
  };
}

const CODES: Readonly<Record<string, FileErrorCode>> = {
  ENOENT: "not-found",
  EEXIST: "exists",
  ENOTDIR: "not-a-directory",
  EISDIR: "is-a-directory",
  ENOTEMPTY: "not-empty",
  EACCES: "permission-denied",
  EPERM: "permission-denied",
  ENOSPC: "no-space",
};

/** Their errors as ours: those of the disk by code, others by their words. */
async function told<T>(call: () => T | Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof FileError) throw error;
    const { code, message } = error as { code?: unknown; message: string };
    // What the system says may hold a path of the disk.
    throw typeof code === "string"
      ? new FileError(CODES[code] ?? "io", message)
      : new FileError("custom", message, { reply: message });
  }
}

/** What a directory entry is. `other` is a device, a pipe or a socket. */
export type FileKind = "file" | "directory" | "link" | "other";

/** What is known of one file. Optional members are left out of listings. */
export interface FileStat {
  /** What it is. */
  readonly kind: FileKind;
  /** Bytes. */
  readonly size: number;
  /** Milliseconds since 1970, UTC; `NaN` when it cannot be told. */
  readonly modified: number;
  /** Milliseconds since 1970, UTC: only where the system keeps it reliably. */
  readonly created?: number;
  /** Permission bits, 0 to 0o7777. */
  readonly mode?: number;
  /** The number of the owner. */
  readonly uid?: number;
  /** The number of the group. */
  readonly gid?: number;
  /** The owner's name; LIST falls back to `uid`. */
  readonly owner?: string;
  /** The group's name; LIST falls back to `gid`. */
  readonly group?: string;
  /** How many names it has. */
  readonly links?: number;
  /** The same for two paths exactly when they are the same file. */
  readonly id?: string;
}

/** One name of a folder. */
export interface DirectoryEntry {
  /** Never `.` or `..`, never holds `/`. */
  readonly name: string;
  /** `null` only when `ListOptions.stat` is `none`. */
  readonly stat: FileStat | null;
  /** Where a link points to, as the link says it. */
  readonly target?: string;
}

/** What `FileSystem.list` is asked for. */
export interface ListOptions {
  /** Whether entries come in ascending order of their names. */
  readonly sorted: boolean;
  /**
   * `none`: names only. `self`: what the entry is, links not followed.
   * `target`: links followed; an entry that leads nowhere, or out of the
   * root, is left out.
   */
  readonly stat: "none" | "self" | "target";
}

/** How a file is opened. */
export type OpenMode =
  /** An existing regular file, never anything else. */
  | { readonly access: "read" }
  | {
    readonly access: "write";
    /** `always`: make it when missing. `new`: only if missing. */
    readonly create: "always" | "new" | "never";
    readonly truncate: boolean;
  }
  /** Every write goes to the end, whatever position it names. */
  | { readonly access: "append" };

/** An open regular file. Positions and sizes are bytes. */
export interface FileHandle {
  /** When it was opened. */
  readonly size: number;
  /**
   * A descriptor, only when bytes may go past `read()` and `write()`: for
   * `Connection.sendFile` and `Connection.receiveFile`.
   */
  readonly fd?: number | undefined;
  /** Fills `into` as far as it can; 0 only at the end of the file. */
  read(into: Uint8Array, position: number): Promise<number>;
  /** Writes all of `bytes`. */
  write(bytes: Uint8Array, position: number): Promise<void>;
  /**
   * Writes all of `bytes` before it returns, when that is sure to be quick and
   * nothing else is under way: it saves a copy and a thread. On `false`, what
   * has been written of them does not count, and `write()` is called for all.
   * Never throws.
   */
  writeNow?(bytes: Uint8Array, position: number): boolean;
  /** The work is done: an upload becomes what it shall be. */
  close(): Promise<void>;
  /**
   * Called instead of `close()` when the transfer failed. A handle without it
   * is closed and keeps what was written.
   */
  abort?(reason: unknown): Promise<void>;
}

/**
 * A tree of files as a client sees it.
 *
 * Paths are absolute, `/`-separated, without `.`, `..`, empty parts, NUL, CR
 * or LF. Bytes of names that are not valid text are the lone surrogates
 * U+DC80 to U+DCFF (see `TextCodec`). Every call may be made at any time and
 * rejects with `FileError`; anything else that is thrown is logged and answered
 * with a general 550.
 */
export interface FileSystem {
  /** Follows links when `followLinks`; the default is to follow. */
  stat(
    path: string,
    options?: { readonly followLinks?: boolean },
  ): Promise<FileStat>;
  /**
   * The entries of a folder, in batches of any size.
   *
   * @throws {FileError} on the first step: `not-found`, `not-a-directory`, …
   */
  list(
    path: string,
    options: ListOptions,
  ): AsyncIterable<readonly DirectoryEntry[]>;
  /**
   * One name as a listing with `stat: "self"` has it, the target of a link
   * included. Absent: `stat` tells enough.
   */
  entry?(path: string): Promise<DirectoryEntry>;
  /** Opens a file for one transfer. */
  open(path: string, mode: OpenMode): Promise<FileHandle>;
  /** Makes a folder in one that exists. */
  makeDirectory(path: string): Promise<void>;
  /** Removes an empty folder. */
  removeDirectory(path: string): Promise<void>;
  /** Removes a file or a link (never what the link points to). */
  remove(path: string): Promise<void>;
  /** Replaces an existing file; fails on a folder that is not empty. */
  rename(from: string, to: string): Promise<void>;
  /**
   * Whether `FileStat.created` is told: FEAT names the fact then.
   * @default {false}
   */
  readonly keepsCreationTime?: boolean;
  /** Absent: no MFMT in FEAT. */
  setModified?(path: string, milliseconds: number): Promise<void>;
  /** Absent: no SITE CHMOD. */
  setMode?(path: string, mode: number): Promise<void>;
  /** Bytes that may still be written. */
  freeSpace?(path: string): Promise<number>;
  /** Rejects when the folder may not be entered; absent: `stat` decides. */
  enter?(path: string): Promise<void>;
  /**
   * The same path with every link resolved; a tail that does not exist yet is
   * kept. Absent: this file system has no links.
   *
   * @throws {FileError} `outside-root` when it leads out of the tree
   */
  resolve?(path: string): Promise<string>;
  /**
   * Where the path really lies, for logs and hooks; never sent to a client.
   * Absent: the path itself.
   */
  locate?(path: string): string;
}

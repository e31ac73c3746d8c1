import { closeSync } from "node:fs";
import type { FileError } from "../lib/base/errors.ts";
import { fileErrorCode, makeFileError } from "./_file_errors.ts";
import type { Answer } from "./_file_calls.ts";
import { type HostPath, hostPath } from "./_host_path.ts";

/** As many links as Linux follows before it says ELOOP. */
const MAX_LINKS = 40;

/**
 * A file or folder that was found to lie in the shared folder, in a form that
 * calls can act on. Must be released.
 */
export class Place {
  /** Where it really lay when it was checked. */
  readonly real: string;
  /** A descriptor that only names it (O_PATH), or `null`. */
  readonly descriptor: number | null;
  readonly #prefix: string;
  #released = false;

  constructor(real: string, prefix: string, descriptor: number | null) {
    this.real = real;
    this.descriptor = descriptor;
    this.#prefix = prefix;
  }

  /** The place itself, for calls that follow links. */
  get path(): HostPath {
    return hostPath(this.#prefix);
  }

  /** A name in it. */
  at(name: string): HostPath {
    return hostPath(`${this.#prefix}/${name}`);
  }

  /** Where a name in it really lies, for messages. */
  realAt(name: string): string {
    return joinPaths(this.real, name);
  }

  release(): void {
    if (this.descriptor === null || this.#released) return;
    this.#released = true;
    // Closing a descriptor that only names a file never waits for a disk.
    closeSync(this.descriptor);
  }
}

/**
 * Keeps every path inside one folder, whatever its links say.
 *
 * Paths are virtual ones that have passed `checkPath`. Calls throw `FileError`
 * with code `outside-root`, and the errors of `node:fs` as they come.
 */
export interface Jail {
  /** The real path of the folder. */
  readonly root: string;
  /** What the path leads to, all links followed. */
  follow(path: string): Promise<Place>;
  /** The same, and it is a folder. */
  folder(path: string): Promise<Place>;
  /** What a name in a folder leads to, all links followed. */
  entry(folder: Place, name: string): Promise<Place>;
  /**
   * The real path; a tail that does not exist is kept. With `from`, the path
   * is a name in that folder.
   */
  resolve(path: string, from?: Place): Promise<string>;
  /**
   * Asks once more, after `real` was opened, where links can be swapped
   * between check and use.
   */
  confirm(real: string, descriptor: number): Promise<void>;
}

/** What `resolveInside` asks of the system. */
export interface LinkReader {
  readonly root: string;
  /** See `FileCalls.linkAt`. */
  linkAt(real: string): Answer<string | null | undefined>;
}

/**
 * Walks a path part by part from `start`, a real path, through links, as far
 * as it exists. Unlike realpath(3) it keeps the rest.
 *
 * @throws {FileError} `outside-root`, `too-many-links`
 */
export async function resolveInside(
  reader: LinkReader,
  start: string,
  path: string,
): Promise<string> {
  const ahead = path.split("/").reverse();
  let real = start;
  let links = 0;
  for (let part = ahead.pop(); part !== undefined; part = ahead.pop()) {
    if (part === "" || part === ".") continue;
    // `real` has no links left, so its parent is found in its text.
    const next = joinPaths(real, part);
    const target = part === ".." ? null : await linkAt(reader, next);
    if (target === undefined) {
      real = joinPaths(next, ...ahead.reverse());
      break;
    }
    if (target === null) {
      real = next;
      continue;
    }
    if (++links > MAX_LINKS) {
      throw makeFileError("too-many-links", "follow", joinPaths(start, path));
    }
    const top = topOf(target);
    ahead.push(...target.slice(top.length).split("/").reverse());
    if (top !== "") real = top;
  }
  if (!isInside(reader.root, real)) throw outside(joinPaths(start, path));
  return real;
}

/**
 * A path of `resolveInside` in the letters of the disk, which may find names
 * that are written in another case: a rule for `private` is one for `PRIVATE`.
 *
 * @param written the real path of what exists
 */
export async function asWritten(
  root: string,
  real: string,
  written: (real: string) => Promise<string>,
): Promise<string> {
  const tail: string[] = [];
  for (let head = real; head !== root;) {
    const cut = head.lastIndexOf("/");
    tail.unshift(head.slice(cut + 1));
    head = joinPaths(head, "..");
    if (!isInside(root, head) || head === root) break;
    try {
      return joinPaths(await written(head), ...tail);
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }
  return joinPaths(root, ...tail);
}

/** Whether a real path is `root` or lies below it. */
export function isInside(root: string, real: string): boolean {
  return real === root || real.startsWith(root === "/" ? "/" : `${root}/`);
}

/** A real path below `root` as the client sees it. */
export function virtualPath(root: string, real: string): string {
  if (real === root) return "/";
  return root === "/" ? real : real.slice(root.length);
}

/** The real path of a virtual one, links not looked at. */
export function realPath(root: string, path: string): string {
  if (path === "/") return root;
  return root === "/" ? path : root + path;
}

/**
 * Joins paths that have `/` as separator and collapses `.` and `..`, as
 * `posix.join` of `node:path` does; that one turns lone surrogates into U+FFFD
 * on Bun (seen with 1.4).
 */
export function joinPaths(...paths: readonly string[]): string {
  const path = paths.join("/");
  const top = topOf(path);
  const parts: string[] = [];
  for (const part of path.slice(top.length).split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") parts.push(part);
    else if (parts.length > 0 && parts.at(-1) !== "..") parts.pop();
    else if (top === "") parts.push("..");
  }
  return top + parts.join("/");
}

/** What an absolute target of a link starts with; empty for a relative one. */
export function topOf(target: string): string {
  return /^(?:[A-Za-z]:)?\//.exec(target)?.[0] ?? "";
}

/** The error for a path that leads out. */
export function outside(real: string): FileError {
  return makeFileError("outside-root", "follow", real);
}

/** What may not be looked at counts as missing: the tail is kept. */
async function linkAt(
  reader: LinkReader,
  real: string,
): Promise<string | null | undefined> {
  try {
    return await reader.linkAt(real);
  } catch (error) {
    if (!isMissing(error)) throw error;
    return undefined;
  }
}

function isMissing(error: unknown): boolean {
  const code = fileErrorCode(error);
  return code !== "too-many-open" && code !== "io" && code !== "outside-root";
}

import * as fs from "node:fs";
import process from "node:process";
import type { FileCalls, FileCallSets } from "./_file_calls.ts";
import { readlinkNow } from "./_file_calls.ts";
import { O_PATH } from "./_descriptor_jail.ts";
import { makeFileError } from "./_file_errors.ts";
import type { ReadNames } from "./_folder_names.ts";
import { type HostPath, hostPath, hostText } from "./_host_path.ts";

/** Acts with the rights of a user; what acts must not give way. */
export type ActAs = <T>(act: () => T) => T;

/** The bits of flags that say how a file is opened: 0 is to read. */
const ACCESS = 3;

const SET_UID = 0o4000;
const SET_GID = 0o2000;
const GROUP_EXECUTE = 0o010;

/** A process of `/proc`, as links that are followed never name it. */
const PROCESS = /^\/proc\/\d+(?:\/|$)/;

/**
 * File calls with the rights of one user, made of those that block. All of
 * them block the event loop, on network file systems too: the pool of threads
 * belongs to nobody.
 *
 * What is open is read and written as ever: Unix looks at rights when a file
 * is opened.
 *
 * @param base those of the runtime
 * @param section acts with the rights of the user
 */
export function identityCalls(base: FileCalls, section: ActAs): FileCallSets {
  const { fstat, close } = base;
  // To become somebody takes 5 microseconds, three times as long as a look at
  // a file: the looks of a listing are one section.
  let inside = false;
  const as: ActAs = (act) => inside ? act() : section(act);
  const calls: FileCalls = {
    blocking: true,
    open: (path, flags, mode) => openAs(as, path, flags, mode),
    close,
    stat: (path) => as(() => base.stat(path)),
    lstat: (path) => as(() => base.lstat(path)),
    fstat: (descriptor, alias) => as(() => fstat(descriptor, alias)),
    readlink: (path) => as(() => base.readlink(path)),
    linkAt: (path) => as(() => base.linkAt(path)),
    realpath: (path) => as(() => base.realpath(path)),
    mkdir: (path, mode) => as(() => base.mkdir(path, mode)),
    rmdir: (path) => as(() => base.rmdir(path)),
    chmod: (path, mode) => as(() => base.chmod(path, mode)),
    utimes: (path, time) => as(() => base.utimes(path, time)),
    unlink: (path) => holding(as, path, () => as(() => fs.unlinkSync(path))),
    rename: (from, to) =>
      holding(as, to, () => as(() => fs.renameSync(from, to))),
    // Of an open file: no rights are asked for.
    truncate: (descriptor) => base.truncate(descriptor),
    together: (act) =>
      section(() => {
        inside = true;
        try {
          return act();
        } finally {
          inside = false;
        }
      }),
    readNames: readNamesAs(as),
    readRawNames: (folder) => as(() => base.readRawNames(folder)),
  };
  return { blocking: calls, pooled: { ...calls, blocking: false } };
}

function openAs(
  as: ActAs,
  path: HostPath,
  flags: number,
  mode?: number,
): number {
  const descriptor = as(() => {
    const opened = fs.openSync(path, flags, mode);
    try {
      if ((flags & O_PATH) !== 0) requireReach(path, opened);
      return opened;
    } catch (error) {
      fs.closeSync(opened);
      throw error;
    }
  });
  if ((flags & ACCESS) !== 0) dropSetIds(descriptor);
  return descriptor;
}

/**
 * Links in `/proc` lead to what this process has open, past the rights of the
 * folders above it: no way for one user to the files of another. What was found
 * must be reachable by its own path too.
 */
function requireReach(path: HostPath, descriptor: number): void {
  const real = readlinkNow(`/proc/self/fd/${descriptor}`);
  const asked = typeof path === "string" ? path : hostText(path);
  if (PROCESS.test(real)) throw unreachable(real);
  if (real === asked) return;
  if (!real.startsWith("/")) throw unreachable(real);
  const found = fs.fstatSync(descriptor, { bigint: true });
  const there = fs.lstatSync(hostPath(real), { bigint: true });
  if (found.dev !== there.dev || found.ino !== there.ino) {
    throw unreachable(real);
  }
}

function unreachable(real: string): Error {
  return makeFileError("permission-denied", "follow", real);
}

/**
 * Whoever writes to a program that runs as its owner makes it an ordinary one:
 * the system does so unless root writes, which our pool of threads does.
 */
function dropSetIds(descriptor: number): void {
  const { mode } = fs.fstatSync(descriptor);
  const setGid = (mode & SET_GID) !== 0 && (mode & GROUP_EXECUTE) !== 0;
  if ((mode & SET_UID) === 0 && !setGid) return;
  const drop = setGid ? SET_UID | SET_GID : SET_UID;
  fs.fchmodSync(descriptor, mode & 0o7777 & ~drop);
}

/**
 * Keeps a file from ending with its last name: to free the blocks of a large
 * one takes seconds, which the pool of threads has.
 */
async function holding(
  as: ActAs,
  path: HostPath,
  act: () => void,
): Promise<void> {
  let held: number | null = null;
  try {
    if (process.platform !== "linux") return act();
    held = as(() => fs.openSync(path, O_PATH | fs.constants.O_NOFOLLOW));
  } catch {
    // Nothing there, as a rule; if it is anything else, the act will tell.
  }
  try {
    act();
  } finally {
    if (held !== null) await closeLater(held);
  }
}

function closeLater(descriptor: number): Promise<void> {
  // Only a name was open: there is nothing to lose.
  return new Promise((resolve) => fs.close(descriptor, () => resolve()));
}

/** As `readNamesBy("blocking")`; Bun opens the folder at the first read. */
function readNamesAs(as: ActAs): ReadNames {
  return async function* (path, atMost): AsyncGenerator<string[], void, void> {
    const folder = as(() => fs.opendirSync(path, { bufferSize: 1024 }));
    try {
      while (true) {
        const names = as(() => readPart(folder, atMost));
        if (names.length === 0) return;
        yield names;
      }
    } finally {
      folder.closeSync();
    }
  };
}

function readPart(folder: fs.Dir, atMost: number): string[] {
  const names: string[] = [];
  while (names.length < atMost) {
    const entry = folder.readSync();
    if (entry === null) break;
    names.push(entry.name);
  }
  return names;
}

import * as fs from "node:fs";
import process from "node:process";
import { promisify } from "node:util";
import { isGranted, STATFS } from "./_deno_permissions.ts";
import { type ReadNames, readNamesBy } from "./_folder_names.ts";
import { type HostPath, hostText, isLossy } from "./_host_path.ts";

/** A value that is there already, or will be. */
export type Answer<T> = T | Promise<T>;

/** What is known of a file; in big integers when numbers would not do. */
export type AnyStats = Pick<
  fs.Stats | fs.BigIntStats,
  | "dev"
  | "ino"
  | "mode"
  | "nlink"
  | "uid"
  | "gid"
  | "size"
  | "mtimeMs"
  | "birthtimeMs"
  | "isFile"
  | "isDirectory"
  | "isSymbolicLink"
>;

/**
 * The system calls of the local file system. They throw or reject with the
 * errors of `node:fs`.
 *
 * There are two sets. `blockingCalls` answers at once where a local disk does:
 * 1 to 3 microseconds a call, against 35 to 80 for a trip through the thread
 * pool (measured on Node 20, Deno 2.9 and Bun 1.4). `pooledCalls` never blocks
 * the event loop, for file systems whose every answer comes over a network.
 * What takes long on a disk as well goes through the pool in both: freeing
 * the blocks of a large file takes ext4 seconds.
 */
export interface FileCalls {
  readonly blocking: boolean;
  open(path: HostPath, flags: number, mode?: number): Answer<number>;
  close(descriptor: number): Answer<void>;
  stat(path: HostPath): Answer<AnyStats>;
  lstat(path: HostPath): Answer<AnyStats>;
  /** `alias`: a path for the open file, for where that is faster. */
  fstat(descriptor: number, alias?: HostPath): Answer<AnyStats>;
  /** The target as text, raw bytes as lone surrogates. */
  readlink(path: HostPath): Answer<string>;
  /**
   * The target of a link, `null` for anything else, `undefined` for nothing.
   * It spares the cost of an error, ten times that of the look-up.
   */
  linkAt(path: HostPath): Answer<string | null | undefined>;
  /** With `/` as the separator on every system. */
  realpath(path: HostPath): Answer<string>;
  mkdir(path: HostPath, mode: number): Answer<void>;
  rmdir(path: HostPath): Answer<void>;
  chmod(path: HostPath, mode: number): Answer<void>;
  utimes(path: HostPath, time: Date): Answer<void>;
  unlink(path: HostPath): Promise<void>;
  rename(from: HostPath, to: HostPath): Promise<void>;
  truncate(descriptor: number): Promise<void>;
  /** Deno's own does not block in either set. */
  readonly readNames: ReadNames;
  /**
   * Makes many of the calls that answer at once as one, where each would cost
   * something of its own. Absent: there is nothing to save.
   */
  together?<T>(act: () => T): T;
  /** All names of a folder as bytes; rarely needed, and blocks. */
  readRawNames(folder: HostPath): readonly Uint8Array[];
}

/** The two sets of a runtime. */
export interface FileCallSets {
  readonly blocking: FileCalls;
  readonly pooled: FileCalls;
}

/** Where options have the calls of a runtime that has faster ones. */
const CALLS = Symbol("file calls");

/**
 * Options of a file system, with the calls that it shall use. They travel so
 * because the class is public, and its declarations lead to no type of Node.
 */
export function withFileCalls<T extends object>(
  options: T,
  calls: FileCallSets,
): T {
  return { ...options, [CALLS]: calls };
}

/** The calls that options have, or those of `node:fs`. */
export function fileCallsOf(options: object): FileCallSets {
  return (options as { readonly [CALLS]?: FileCallSets })[CALLS] ??
    nodeFileCalls;
}

const unlink = promisify(fs.unlink);
const rename = promisify(fs.rename);
const truncate = promisify(fs.ftruncate);

const slowCalls = {
  unlink: (path: HostPath) => unlink(path),
  rename: (from: HostPath, to: HostPath) => rename(from, to),
  truncate: (descriptor: number) => truncate(descriptor, 0),
  readRawNames: (folder: HostPath) => fs.readdirSync(folder, "buffer"),
};

/** See `FileCalls.readlink`. */
export function readlinkNow(path: HostPath): string {
  const text = fs.readlinkSync(path);
  if (isLossy(text)) return hostText(fs.readlinkSync(path, "buffer"));
  return slashes(text);
}

/** See `FileCalls.realpath`. */
export function realpathNow(path: HostPath): string {
  const text = fs.realpathSync.native(path);
  if (isLossy(text)) return hostText(fs.realpathSync.native(path, "buffer"));
  return slashes(text);
}

/** For local disks. */
export const blockingCalls: FileCalls = {
  ...slowCalls,
  blocking: true,
  open: (path, flags, mode) => fs.openSync(path, flags, mode),
  close: (descriptor) => fs.closeSync(descriptor),
  stat: (path) =>
    exact(fs.statSync(path), () => fs.statSync(path, { bigint: true })),
  lstat: (path) =>
    exact(fs.lstatSync(path), () => fs.lstatSync(path, { bigint: true })),
  fstat: (descriptor) =>
    exact(
      fs.fstatSync(descriptor),
      () => fs.fstatSync(descriptor, { bigint: true }),
    ),
  readlink: readlinkNow,
  linkAt: (path) => {
    const stats = fs.lstatSync(path, { throwIfNoEntry: false });
    if (stats === undefined) return undefined;
    return stats.isSymbolicLink() ? readlinkNow(path) : null;
  },
  realpath: realpathNow,
  mkdir: (path, mode) => {
    fs.mkdirSync(path, mode);
  },
  rmdir: (path) => fs.rmdirSync(path),
  chmod: (path, mode) => fs.chmodSync(path, mode),
  utimes: (path, time) => fs.utimesSync(path, time, time),
  readNames: readNamesBy("blocking"),
};

const pooled = fs.promises;
const open = promisify(fs.open) as (
  path: HostPath,
  flags: number,
  mode?: number,
) => Promise<number>;
const close = promisify(fs.close);
const fstat = promisify(fs.fstat) as {
  (descriptor: number): Promise<fs.Stats>;
  (
    descriptor: number,
    options: { readonly bigint: true },
  ): Promise<fs.BigIntStats>;
};
const realpath = promisify(fs.realpath.native) as {
  (path: HostPath): Promise<string>;
  (path: HostPath, encoding: "buffer"): Promise<Uint8Array>;
};

async function readlinkLater(path: HostPath): Promise<string> {
  const text = await pooled.readlink(path);
  if (isLossy(text)) return hostText(await pooled.readlink(path, "buffer"));
  return slashes(text);
}

/** For file systems that are reached over a network. */
export const pooledCalls: FileCalls = {
  ...slowCalls,
  blocking: false,
  open: (path, flags, mode) => open(path, flags, mode ?? 0o666),
  close: (descriptor) => close(descriptor),
  stat: async (path) =>
    exact(await pooled.stat(path), () => pooled.stat(path, { bigint: true })),
  lstat: async (path) =>
    exact(await pooled.lstat(path), () => pooled.lstat(path, { bigint: true })),
  fstat: async (descriptor) =>
    exact(await fstat(descriptor), () => fstat(descriptor, { bigint: true })),
  readlink: readlinkLater,
  linkAt: async (path) => {
    try {
      const stats = await pooled.lstat(path);
      return stats.isSymbolicLink() ? await readlinkLater(path) : null;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
  },
  realpath: async (path) => {
    const text = await realpath(path);
    if (isLossy(text)) return hostText(await realpath(path, "buffer"));
    return slashes(text);
  },
  mkdir: async (path, mode) => {
    await pooled.mkdir(path, mode);
  },
  rmdir: (path) => pooled.rmdir(path),
  chmod: (path, mode) => pooled.chmod(path, mode),
  utimes: (path, time) => pooled.utimes(path, time, time),
  readNames: readNamesBy("pooled"),
};

/** The calls of `node:fs`. */
export const nodeFileCalls: FileCallSets = {
  blocking: blockingCalls,
  pooled: pooledCalls,
};

/** Inode numbers beyond 2^53 are real on CephFS, virtiofs and some of FUSE. */
function exact<T extends Answer<AnyStats>>(
  stats: fs.Stats,
  again: () => T,
): T | fs.Stats {
  return stats.ino <= Number.MAX_SAFE_INTEGER ? stats : again();
}

function slashes(path: string): string {
  return process.platform === "win32" ? path.replaceAll("\\", "/") : path;
}

/** `f_type` of file systems whose calls may take long or never return. */
const REMOTE_TYPES: ReadonlySet<number> = new Set([
  0x6969, // NFS
  0x517b, // SMB
  0xff534d42, // CIFS
  0xfe534d42, // SMB2
  0x01021997, // 9P
  0x65735546, // FUSE
  0x00c36400, // Ceph
  0x0bd00bd0, // Lustre
  0x5346414f, // AFS
  0x6b414653, // AFS of the kernel
  0x73757245, // Coda
  0x19830326, // BeeGFS
  0x47504653, // GPFS
]);

/** Whether calls that block suit the file system on which `path` lies. */
export function mayBlock(path: HostPath): boolean {
  if (process.platform !== "linux") return true;
  // Deno would ask at the terminal, for no more than speed.
  if (!isGranted(STATFS)) return true;
  try {
    // Some runtimes answer the type as a signed number.
    const type = fs.statfsSync(path).type >>> 0;
    return !REMOTE_TYPES.has(type);
  } catch {
    return true;
  }
}

import process from "node:process";
import type { FileKind, FileStat } from "../lib/spi/file_system.ts";
import type { AnyStats } from "./_file_calls.ts";
import { groups, users } from "./_owner_names.ts";

const WINDOWS = process.platform === "win32";

/** Linux tells the time of birth on some file systems only, and 0 on others. */
export const HAS_BIRTH_TIME: boolean = WINDOWS || process.platform === "darwin";

type Draft = { -readonly [Fact in keyof FileStat]: FileStat[Fact] };

/**
 * What `node:fs` says of a file, in the words of a `FileSystem`. Listings call
 * it for every entry; spreading objects here would double their time on Node.
 */
export function localStat(stats: AnyStats): FileStat {
  const facts: Draft = {
    kind: kindOf(stats),
    size: Number(stats.size),
    modified: Number(stats.mtimeMs),
    mode: Number(stats.mode) & 0o7777,
    links: Number(stats.nlink),
    id: `${hexOfDevice(stats.dev)}g${stats.ino.toString(16)}`,
  };
  if (HAS_BIRTH_TIME) facts.created = Number(stats.birthtimeMs);
  if (WINDOWS) return facts;
  facts.uid = Number(stats.uid);
  facts.gid = Number(stats.gid);
  const owner = users.get(facts.uid);
  const group = groups.get(facts.gid);
  if (owner !== undefined) facts.owner = owner;
  if (group !== undefined) facts.group = group;
  return facts;
}

/** What a directory entry is. */
export function kindOf(stats: AnyStats): FileKind {
  if (stats.isFile()) return "file";
  if (stats.isDirectory()) return "directory";
  return stats.isSymbolicLink() ? "link" : "other";
}

let lastDevice: number | bigint = 0;
let lastHex = "0";

/** Most files of a listing lie on one device. */
function hexOfDevice(device: number | bigint): string {
  if (device !== lastDevice) {
    lastDevice = device;
    lastHex = device.toString(16);
  }
  return lastHex;
}

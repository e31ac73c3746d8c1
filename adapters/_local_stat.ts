import process from "node:process";
import type { FileKind, FileStat } from "../lib/spi/file_system.ts";
import type { AnyStats } from "./_file_calls.ts";
import { groups, users } from "./_owner_names.ts";

const WINDOWS = process.platform === "win32";

/** Linux tells the time of birth on some file systems only, and 0 on others. */
const HAS_BIRTH_TIME = WINDOWS || process.platform === "darwin";

/** What `node:fs` says of a file, in the words of a `FileSystem`. */
export function localStat(stats: AnyStats): FileStat {
  const facts = {
    kind: kindOf(stats),
    size: Number(stats.size),
    modified: Number(stats.mtimeMs),
    mode: Number(stats.mode) & 0o7777,
    links: Number(stats.nlink),
    id: `${stats.dev.toString(16)}g${stats.ino.toString(16)}`,
  };
  if (!HAS_BIRTH_TIME) return { ...facts, ...ownersOf(stats) };
  const created = Number(stats.birthtimeMs);
  return WINDOWS
    ? { ...facts, created }
    : { ...facts, created, ...ownersOf(stats) };
}

/** What a directory entry is. */
export function kindOf(stats: AnyStats): FileKind {
  if (stats.isFile()) return "file";
  if (stats.isDirectory()) return "directory";
  return stats.isSymbolicLink() ? "link" : "other";
}

function ownersOf(
  stats: AnyStats,
): Pick<FileStat, "uid" | "gid" | "owner" | "group"> {
  const uid = Number(stats.uid);
  const gid = Number(stats.gid);
  const owner = users.get(uid);
  const group = groups.get(gid);
  return {
    uid,
    gid,
    ...(owner !== undefined && { owner }),
    ...(group !== undefined && { group }),
  };
}

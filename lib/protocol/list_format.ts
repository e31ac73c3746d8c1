import type { DirectoryEntry, FileKind, FileStat } from "../spi/file_system.ts";

/** How LIST writes times. */
export interface ListFormatOptions {
  /** Milliseconds since 1970, UTC: what "older than 180 days" is judged by. */
  readonly now: number;
  /** The time zone of the server instead of UTC. */
  readonly localTime: boolean;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** Older entries show a year in place of the hour. */
const RECENT_MS = 180 * DAY_MS;

/** Never translated: clients know these. */
const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

/** "other" is a device, a pipe or a socket: all of them no file to fetch. */
const KIND_LETTERS: Readonly<Record<FileKind, string>> = {
  file: "-",
  directory: "d",
  link: "l",
  other: "p",
};

/** What to show where the file system has no permission bits. */
const DEFAULT_MODES: Readonly<Record<FileKind, number>> = {
  file: 0o644,
  directory: 0o755,
  link: 0o777,
  other: 0o644,
};

/** What to show of an entry that could not be looked at. */
const UNKNOWN: FileStat = { kind: "file", size: 0, modified: NaN };

/**
 * One line of LIST, in the form of `ls -l`, without its CR LF. A CR, LF or NUL
 * in a name is written as `?`. ` -> target` follows when the entry has one.
 */
export function formatListLine(
  entry: DirectoryEntry,
  options: ListFormatOptions,
): string {
  const stat = entry.stat ?? UNKNOWN;
  const name = entry.target === undefined
    ? entry.name
    : `${entry.name} -> ${entry.target}`;
  const links = String(stat.links || 1).padStart(3);
  const owner = user(stat.owner, stat.uid, "owner").padEnd(8);
  const group = user(stat.group, stat.gid, "group").padEnd(8);
  const size = String(stat.size).padStart(8);
  const time = listTime(stat.modified, options);
  return `${modeString(stat)} ${links} ${owner} ${group} ${size} ${time} ` +
    name.replace(/[\r\n\0]/g, "?");
}

/** Kind and permission bits as `ls` shows them: `drwxr-xr-x`. */
export function modeString(stat: FileStat): string {
  const mode = stat.mode ?? DEFAULT_MODES[stat.kind];
  return KIND_LETTERS[stat.kind] +
    triple(mode >> 6, (mode & 0o4000) !== 0, "s") +
    triple(mode >> 3, (mode & 0o2000) !== 0, "s") +
    triple(mode, (mode & 0o1000) !== 0, "t");
}

function triple(bits: number, special: boolean, letter: string): string {
  const executable = (bits & 1) !== 0;
  const last = special
    ? (executable ? letter : letter.toUpperCase())
    : (executable ? "x" : "-");
  return (bits & 4 ? "r" : "-") + (bits & 2 ? "w" : "-") + last;
}

/** A name, else its number, else `fallback`; always one word. */
function user(
  name: string | undefined,
  id: number | undefined,
  fallback: string,
): string {
  if (name) return name.replace(/[\s\0]/g, "_");
  return id === undefined ? fallback : String(id);
}

/** `Mon dd HH:MM`, or `Mon dd  YYYY` when it is long ago. */
function listTime(modified: number, options: ListFormatOptions): string {
  const { now, localTime: local } = options;
  let date = new Date(modified);
  let year = local ? date.getFullYear() : date.getUTCFullYear();
  if (!(year >= 1 && year <= 9999)) {
    date = new Date(now);
    year = local ? date.getFullYear() : date.getUTCFullYear();
  }
  const month = MONTHS[local ? date.getMonth() : date.getUTCMonth()];
  const day = digits(local ? date.getDate() : date.getUTCDate());
  if (now - date.getTime() > RECENT_MS) {
    return `${month} ${day}  ${String(year).padStart(4, "0")}`;
  }
  const hours = digits(local ? date.getHours() : date.getUTCHours());
  const minutes = digits(local ? date.getMinutes() : date.getUTCMinutes());
  return `${month} ${day} ${hours}:${minutes}`;
}

function digits(value: number): string {
  return String(value).padStart(2, "0");
}

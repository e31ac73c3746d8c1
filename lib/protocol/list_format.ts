import type { DirectoryEntry, FileKind, FileStat } from "../spi/file_system.ts";
import { DAY_MS, twoDigits } from "./clock_digits.ts";

/** How LIST writes times. */
export interface ListFormatOptions {
  /** Milliseconds since 1970, UTC: what "older than 180 days" is judged by. */
  readonly now: number;
  /** The time zone of the server instead of UTC. */
  readonly localTime: boolean;
}

/** Older entries show a year in place of the hour. */
const RECENT_MS = 180 * DAY_MS;

const MINUTE_MS = 60_000;

/** The end of the year 9999: what comes later has no four digits. */
const LATEST = Date.UTC(10_000, 0, 1) - 1;

/** `Mon dd `, before the hour. */
const DAY_COLUMNS = 7;

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
  return listLineFormatter(options)(entry);
}

/**
 * The same for many entries. What neighbours often have in common is written
 * once: mode, owner and group, day.
 */
export function listLineFormatter(
  options: ListFormatOptions,
): (entry: DirectoryEntry) => string {
  const timeOf = timeFormatter(options);
  let last = UNKNOWN;
  let who = whoText(last);
  return (entry) => {
    const stat = entry.stat ?? UNKNOWN;
    const name = entry.target === undefined
      ? entry.name
      : `${entry.name} -> ${entry.target}`;
    if (!isAlike(stat, last)) who = whoText(stat);
    last = stat;
    const size = String(stat.size).padStart(8);
    return `${who} ${size} ${timeOf(stat.modified)} ` +
      name.replace(/[\r\n\0]/g, "?");
  };
}

/** Whether two have the same columns before their size. */
function isAlike(one: FileStat, other: FileStat): boolean {
  return one.mode === other.mode && one.kind === other.kind &&
    one.links === other.links &&
    one.owner === other.owner && one.uid === other.uid &&
    one.group === other.group && one.gid === other.gid;
}

function whoText(stat: FileStat): string {
  const links = String(stat.links || 1).padStart(3);
  const owner = user(stat.owner, stat.uid, "owner").padEnd(8);
  const group = user(stat.group, stat.gid, "group").padEnd(8);
  return `${modeString(stat)} ${links} ${owner} ${group}`;
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

/** See `listTime`; of times on the day of the one before, the clock alone. */
function timeFormatter(
  options: ListFormatOptions,
): (modified: number) => string {
  if (options.localTime) return (modified) => listTime(modified, options);
  const oldest = options.now - RECENT_MS;
  let lastDay = NaN;
  let lastText = "";
  return (modified) => {
    // As `Date` does: towards zero.
    const whole = Math.trunc(modified);
    const day = Math.floor(whole / DAY_MS);
    if (whole < oldest || !(whole <= LATEST)) return listTime(whole, options);
    if (day !== lastDay) {
      lastDay = day;
      lastText = listTime(whole, options).slice(0, DAY_COLUMNS);
    }
    const minute = Math.floor((whole - day * DAY_MS) / MINUTE_MS);
    return lastText + twoDigits(Math.floor(minute / 60)) + ":" +
      twoDigits(minute % 60);
  };
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
  const day = twoDigits(local ? date.getDate() : date.getUTCDate());
  if (now - date.getTime() > RECENT_MS) {
    return `${month} ${day}  ${String(year).padStart(4, "0")}`;
  }
  const hours = twoDigits(local ? date.getHours() : date.getUTCHours());
  const minutes = twoDigits(local ? date.getMinutes() : date.getUTCMinutes());
  return `${month} ${day} ${hours}:${minutes}`;
}

import type { Hooks, TransferEvent } from "../session/events.ts";

/** Options of {@linkcode xferlog}. */
export interface XferlogOptions {
  /** Takes a line, with its LF. */
  readonly write: (line: string) => void;
  /**
   * Milliseconds since 1970, UTC.
   * @default the system's clock
   */
  readonly now?: () => number;
}

const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

/**
 * Hooks that write a line for each transfer of a file in the form of xferlog
 * (`man 5 xferlog`), which programs for statistics read. Times are local, paths
 * those of the disk; blanks and control characters become `_`.
 *
 * @example
 * ```ts
 * import { xferlog } from "anyftpd/core";
 * const lines: string[] = [];
 * const hooks = xferlog({ write: (line) => lines.push(line) });
 * console.assert(typeof hooks.fileSent === "function");
 * ```
 */
export function xferlog(
  options: XferlogOptions,
): Pick<
  Hooks,
  | "fileSent"
  | "fileReceived"
  | "incompleteFileSent"
  | "incompleteFileReceived"
> {
  const { write, now = () => Date.now() } = options;
  const log = (direction: "i" | "o") => (event: TransferEvent): void =>
    write(`${lineOf(event, direction, now())}\n`);
  return {
    fileSent: log("o"),
    fileReceived: log("i"),
    incompleteFileSent: log("o"),
    incompleteFileReceived: log("i"),
  };
}

function lineOf(
  event: TransferEvent,
  direction: "i" | "o",
  time: number,
): string {
  const { session, username, realPath, ascii, bytes, outcome } = event;
  return [
    timeOf(new Date(time)),
    Math.max(1, Math.round(event.durationMs / 1000)),
    session.remote.hostname,
    bytes,
    wordOf(realPath),
    ascii ? "a" : "b",
    "_",
    direction,
    username === "anonymous" ? "a" : "r",
    wordOf(username),
    "ftp",
    "0",
    "*",
    outcome === "complete" ? "c" : "i",
  ].join(" ");
}

/** As `ctime` of C does. */
function timeOf(date: Date): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  const clock = [date.getHours(), date.getMinutes(), date.getSeconds()];
  return [
    DAYS[date.getDay()],
    MONTHS[date.getMonth()],
    String(date.getDate()).padStart(2, " "),
    clock.map(two).join(":"),
    date.getFullYear(),
  ].join(" ");
}

/** Fields are told apart by blanks, lines by LF. */
function wordOf(text: string): string {
  // deno-lint-ignore no-control-regex -- they are what is looked for
  return text === "" ? "_" : text.replace(/[\s\x00-\x1f\x7f]/g, "_");
}

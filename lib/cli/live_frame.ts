import { escapeText } from "../protocol/command_line.ts";
import type { SessionSnapshot } from "../session/snapshot.ts";
import type { TransferView } from "../session/view.ts";
import { fitText, type Measure } from "./fit_text.ts";
import { formatBytes, formatDuration } from "./format_bytes.ts";

/** What the terminal is like. */
export interface FrameLook {
  readonly columns: number;
  readonly rows: number;
  readonly colour: boolean;
  /** Whether it shows more than ASCII. */
  readonly unicode: boolean;
  readonly width: Measure;
}

/** Commands whose transfer is told by an arrow and a file alone. */
const FILE_COMMANDS: ReadonlySet<string> = new Set([
  "RETR",
  "STOR",
  "APPE",
  "STOU",
]);

const UNICODE_MARKS = {
  send: "↓",
  receive: "↑",
  full: "█",
  empty: "░",
  rule: "─",
  cut: "…",
};
const ASCII_MARKS: typeof UNICODE_MARKS = {
  send: "<",
  receive: ">",
  full: "#",
  empty: ".",
  rule: "-",
  cut: "~",
};

/** Below these columns, a part of a line is left out. */
const WITH_BYTES = 96;
const WITH_BAR = 72;
const WITH_TIME = 48;
const WITH_RATE = 36;

const BAR_COLUMNS = 12;
const MOST_WHO_COLUMNS = 24;

/** On a terminal of fewer rows there is no room for both view and log. */
const LEAST_ROWS = 5;

/**
 * What a terminal shows below the log: a line that sums up, then who is
 * connected, those with a transfer first, in the order in which they began.
 * No line is wider than the terminal less one column, and at most half of its
 * rows are taken. Nothing is shown while nobody is connected.
 *
 * @param now milliseconds since 1970, UTC
 */
export function liveFrame(
  sessions: readonly SessionSnapshot[],
  now: number,
  look: FrameLook,
): readonly string[] {
  const columns = look.columns - 1;
  if (sessions.length === 0 || look.rows < LEAST_ROWS || columns < 1) return [];
  const painter = new Painter({ ...look, columns });
  const room = Math.floor(look.rows / 2) - 1;
  const sorted = [...sessions].sort(byInterest);
  const shown = sorted.length <= room ? sorted : sorted.slice(0, room - 1);
  const lines = [
    painter.summary(sessions),
    ...shown.map((session) => painter.session(session, now)),
  ];
  const hidden = sorted.length - shown.length;
  if (hidden > 0) lines.push(painter.more(hidden));
  return lines;
}

function byInterest(one: SessionSnapshot, other: SessionSnapshot): number {
  return beginOf(one) - beginOf(other) || one.id - other.id;
}

function beginOf({ transfer }: SessionSnapshot): number {
  return transfer?.startedAt ?? Number.MAX_SAFE_INTEGER;
}

class Painter {
  readonly #look: FrameLook;
  readonly #marks: typeof UNICODE_MARKS;
  readonly #whoColumns: number;

  constructor(look: FrameLook) {
    this.#look = look;
    this.#marks = look.unicode ? UNICODE_MARKS : ASCII_MARKS;
    this.#whoColumns = Math.min(
      MOST_WHO_COLUMNS,
      Math.floor(look.columns * 0.3),
    );
  }

  summary(sessions: readonly SessionSnapshot[]): string {
    const transfers = sessions.flatMap(({ transfer }) => transfer ?? []);
    const { rule, send, receive } = this.#marks;
    const facts = [
      counted(sessions.length, "session"),
      counted(transfers.length, "transfer"),
      ...(["send", "receive"] as const).map((direction) => {
        const rate = transfers.filter((one) => one.direction === direction)
          .reduce((sum, { bytesPerSecond }) => sum + bytesPerSecond, 0);
        const mark = direction === "send" ? send : receive;
        return `${mark} ${formatBytes(rate)}/s`;
      }),
    ];
    const text = `${rule}${rule} ${facts.join("  ")} `;
    const { columns, width } = this.#look;
    const filler = rule.repeat(Math.max(0, columns - width(text)));
    return this.#paint(2, this.#fit(text + filler, columns, "end"));
  }

  session(session: SessionSnapshot, now: number): string {
    const { transfer } = session;
    return transfer === null
      ? this.#idle(session, now)
      : this.#transferring(session, transfer);
  }

  more(count: number): string {
    const text = `  and ${counted(count, "more session")}`;
    return this.#paint(2, this.#fit(text, this.#look.columns, "end").trimEnd());
  }

  #transferring(session: SessionSnapshot, transfer: TransferView): string {
    const { columns } = this.#look;
    const mark = this.#marks[transfer.direction];
    const path = escapeText(transfer.path);
    const what = FILE_COMMANDS.has(transfer.command)
      ? path
      : `${escapeText(transfer.command)} ${path}`;
    const { plain, painted } = this.#progress(transfer);
    const who = this.#who(session);
    const left = columns - 2 - this.#whoColumns - 1 - plain.length;
    const name = this.#fit(what, left, "start");
    return this.#fitted(`${mark} ${who} ${name}`, plain, painted);
  }

  /** How far and how fast, the parts that there is room for. */
  #progress(
    transfer: TransferView,
  ): { readonly plain: string; readonly painted: string } {
    const { columns } = this.#look;
    const { bytes, totalBytes, bytesPerSecond } = transfer;
    // A client may send more than it said.
    const known = totalBytes !== null && totalBytes >= bytes;
    const share = !known ? null : totalBytes === 0 ? 1 : bytes / totalBytes;
    const bar = columns >= WITH_BAR ? ` ${this.#bar(share)}` : "";
    const rest = [
      share === null ? "    " : `${Math.floor(share * 100)}%`.padStart(4),
    ];
    if (columns >= WITH_BYTES) rest.push(formatBytes(bytes).padStart(8));
    if (columns >= WITH_RATE) {
      rest.push(`${formatBytes(bytesPerSecond)}/s`.padStart(10));
    }
    if (columns >= WITH_TIME) {
      const left = !known || bytesPerSecond === 0
        ? ""
        : formatDuration((totalBytes - bytes) / bytesPerSecond * 1000);
      rest.push(left.padStart(7));
    }
    const facts = ` ${rest.join(" ")}`;
    return { plain: bar + facts, painted: this.#paint(36, bar) + facts };
  }

  #bar(share: number | null): string {
    if (share === null) return " ".repeat(BAR_COLUMNS);
    const full = Math.floor(share * BAR_COLUMNS);
    const { full: done, empty } = this.#marks;
    return done.repeat(full) + empty.repeat(BAR_COLUMNS - full);
  }

  #idle(session: SessionSnapshot, now: number): string {
    const since = session.commandAt ?? session.startedAt;
    const idle = ` idle ${formatDuration(now - since)}`;
    // Masked and escaped already.
    const command = session.command ?? "connected";
    const left = this.#look.columns - 2 - this.#whoColumns - 1 - idle.length;
    const what = this.#fit(command, left, "end");
    return this.#fitted(`  ${this.#who(session)} ${what}`, idle, idle);
  }

  /** The left part, and the right one where there is room for it. */
  #fitted(left: string, plain: string, painted: string): string {
    const { columns, width } = this.#look;
    return width(left) + plain.length <= columns
      ? left + painted
      : this.#fit(left, columns, "end");
  }

  #who({ loggedIn, username, remote }: SessionSnapshot): string {
    const address = escapeText(remote.hostname);
    const text = loggedIn ? `${escapeText(username)}@${address}` : address;
    return this.#fit(text, this.#whoColumns, "end");
  }

  #fit(text: string, columns: number, cut: "start" | "end"): string {
    return fitText(text, columns, this.#look.width, cut, this.#marks.cut);
  }

  /** @param code 2 is dim, 36 cyan */
  #paint(code: number, text: string): string {
    return this.#look.colour ? `\x1b[${code}m${text}\x1b[0m` : text;
  }
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

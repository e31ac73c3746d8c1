import { formatEndpoint } from "../protocol/address.ts";
import { escapeText } from "../protocol/command_line.ts";
import type { LogLevel, LogRecord, LogSession } from "../spi/log.ts";

/** How {@linkcode formatLogLine} writes. */
export interface LogLineOptions {
  /**
   * Whether the prefix is coloured by level with terminal sequences.
   * @default {false}
   */
  readonly colour?: boolean;
}

/** Blue, green, yellow, red. */
const COLOURS: Readonly<Record<LogLevel, number>> = {
  debug: 34,
  info: 32,
  warn: 33,
  error: 31,
};

/**
 * A record as pyftpdlib writes it, without the last line end:
 * `[I 2026-11-20 21:58:47] 127.0.0.1:38006-[user] text`. The time is local.
 * Further lines of the message are indented by four spaces, as is the stack of
 * an error (`fields.stack`). What is left of control characters is escaped, so
 * no line can pass for another record.
 */
export function formatLogLine(
  record: LogRecord,
  options: LogLineOptions = {},
): string {
  const letter = record.level.slice(0, 1).toUpperCase();
  const bare = `[${letter} ${formatLocalTime(record.time)}]`;
  const prefix = options.colour
    ? `\x1b[${COLOURS[record.level]}m${bare}\x1b[0m`
    : bare;
  const text = [record.message, ...stackOf(record)].join("\n")
    .split("\n").map(escapeText).join("\n    ");
  if (record.session === undefined) return `${prefix} ${text}`;
  return `${prefix} ${formatSession(record.session)} ${text}`;
}

function stackOf(record: LogRecord): readonly string[] {
  const stack = record.fields?.["stack"];
  return typeof stack === "string" ? [stack] : [];
}

function formatSession(session: LogSession): string {
  const remote = formatEndpoint({
    hostname: session.remoteHostname,
    port: session.remotePort,
  });
  return `${remote}-[${escapeText(session.username)}]`;
}

/** `2026-11-20 21:58:47` */
function formatLocalTime(milliseconds: number): string {
  const time = new Date(milliseconds);
  const date = [time.getFullYear(), time.getMonth() + 1, time.getDate()];
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()];
  return `${date.map(twoDigits).join("-")} ${clock.map(twoDigits).join(":")}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}

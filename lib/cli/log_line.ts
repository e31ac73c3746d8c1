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
  /**
   * What stands before the text of a session's records; control characters in
   * it are escaped.
   * @default {"127.0.0.1:38006-[user]"}
   */
  readonly prefix?: (session: LogSession) => string;
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
  const stack = stackOf(record);
  const whole = stack === null ? record.message : `${record.message}\n${stack}`;
  const text = whole.includes("\n")
    ? whole.split("\n").map(escapeText).join("\n    ")
    : escapeText(whole);
  if (record.session === undefined) return `${prefix} ${text}`;
  const { prefix: prefixOf = formatSession } = options;
  return `${prefix} ${escapeText(prefixOf(record.session))} ${text}`;
}

function stackOf(record: LogRecord): string | null {
  const stack = record.fields?.["stack"];
  return typeof stack === "string" ? stack : null;
}

function formatSession(session: LogSession): string {
  const remote = formatEndpoint({
    hostname: session.remoteHostname,
    port: session.remotePort,
  });
  return `${remote}-[${session.username}]`;
}

let lastSecond = NaN;
let lastTime = "";

/**
 * `2026-11-20 21:58:47`. A busy server writes many lines in a second: the last
 * one is remembered.
 */
function formatLocalTime(milliseconds: number): string {
  const second = Math.floor(milliseconds / 1000);
  if (second === lastSecond) return lastTime;
  const time = new Date(second * 1000);
  const date = [time.getFullYear(), time.getMonth() + 1, time.getDate()];
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()];
  lastTime = `${date.map(twoDigits).join("-")} ` +
    clock.map(twoDigits).join(":");
  lastSecond = second;
  return lastTime;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}

import type { LogLevel, LogRecord, LogSink } from "../spi/log.ts";
import { wantsColour } from "./colour.ts";
import { hintFor } from "./hint.ts";
import type { CliHost } from "./host.ts";
import { formatLogJson } from "./log_json.ts";
import { formatLogLine } from "./log_line.ts";
import type { CliOptions } from "./options.ts";

const LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error"];

/** Where the command's own records and the server's go. */
export interface Logger {
  /** For the server. */
  readonly sink: LogSink;
  /** For the command itself; dropped when below the level asked for. */
  log(
    level: LogLevel,
    message: string,
    fields?: Readonly<Record<string, unknown>>,
  ): void;
  /** Calls `heard` after each record from now on; there is one listener. */
  listen(heard: () => void): void;
}

/** Writes records to standard error, as lines or as JSON. */
export function makeLogger(options: CliOptions, host: CliHost): Logger {
  const colour = wantsColour(host);
  const format = options.json
    ? formatLogJson
    : (record: LogRecord): string => formatLogLine(record, { colour });
  const write: LogSink = (record) => host.stderr.write(format(record) + "\n");
  let heard = (): void => {};
  const sink: LogSink = (record) => {
    write(record);
    const hint = host.stderr.isTerminal ? hintFor(record) : null;
    if (hint !== null) write({ ...record, message: hint });
    heard();
  };
  const least = LEVELS.indexOf(options.logLevel);
  return {
    sink,
    listen(listener): void {
      heard = listener;
    },
    log(level, message, fields): void {
      if (LEVELS.indexOf(level) < least) return;
      const time = host.platform.clock.wallTime();
      sink({
        level,
        time,
        message,
        ...(fields === undefined ? {} : { fields }),
      });
    },
  };
}

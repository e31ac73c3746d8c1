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
  /**
   * Goes on as other options say; a file is opened anew.
   *
   * @throws {ConfigError} when it cannot be opened; nothing is changed then
   */
  configure(options: CliOptions): void;
}

/** Nobody reads it. */
export const SILENT_LOGGER: Logger = {
  sink: () => {},
  log: () => {},
  listen: () => {},
  configure: () => {},
};

/**
 * Writes records to standard error, or to a file, as lines or as JSON.
 *
 * @throws {ConfigError} when the file cannot be opened
 */
export function makeLogger(options: CliOptions, host: CliHost): Logger {
  let current = outputOf(options, host);
  let heard = (): void => {};
  const sink: LogSink = (record) => {
    current.write(record);
    heard();
  };
  return {
    sink,
    listen(listener): void {
      heard = listener;
    },
    log: recorder(sink, () => current.least, host),
    configure(options): void {
      current = outputOf(options, host);
    },
  };
}

/**
 * Of a worker process, whose records go to its parent. Nobody reads what comes
 * before `open()`: the parent has warned of the same.
 */
export function workerLogger(
  { logLevel }: CliOptions,
  host: CliHost,
  sink: LogSink,
): Logger & { open(): void } {
  let least = Infinity;
  return {
    ...SILENT_LOGGER,
    sink,
    log: recorder(sink, () => least, host),
    open(): void {
      least = LEVELS.indexOf(logLevel);
    },
  };
}

function recorder(
  sink: LogSink,
  least: () => number,
  { platform: { clock } }: CliHost,
): Logger["log"] {
  return (level, message, fields) => {
    if (LEVELS.indexOf(level) < least()) return;
    const time = clock.wallTime();
    sink({ level, time, message, ...(fields === undefined ? {} : { fields }) });
  };
}

function outputOf(
  options: CliOptions,
  host: CliHost,
): { readonly least: number; write(record: LogRecord): void } {
  const file = options.config?.log?.file;
  const target = file === undefined ? host.stderr : host.openLogFile(file);
  const colour = file === undefined && wantsColour(host);
  const isTerminal = file === undefined && host.stderr.isTerminal;
  const format = options.json
    ? formatLogJson
    : (record: LogRecord): string => formatLogLine(record, { colour });
  const write = (record: LogRecord): void =>
    target.write(format(record) + "\n");
  return {
    least: LEVELS.indexOf(options.logLevel),
    write(record): void {
      write(record);
      const hint = isTerminal ? hintFor(record) : null;
      if (hint !== null) write({ ...record, message: hint });
    },
  };
}

import { escapeText } from "../protocol/command_line.ts";
import type { Clock } from "../spi/clock.ts";
import type { LogLevel, LogRecord, LogSession, LogSink } from "../spi/log.ts";

const RANK: Readonly<Record<LogLevel, number>> = {
  debug: 0,
  info: 1,
  warn: 2,
  error: 3,
};

/**
 * Makes log records: below the level nothing is made, control characters are
 * escaped so that no client can forge a line, and a sink that throws is not
 * heard.
 */
export class Log {
  readonly #sink: LogSink;
  readonly #rank: number;
  readonly #clock: Clock;
  readonly #session: (() => LogSession) | null;

  constructor(
    sink: LogSink,
    level: LogLevel,
    clock: Clock,
    session: (() => LogSession) | null = null,
  ) {
    this.#sink = sink;
    this.#rank = RANK[level];
    this.#clock = clock;
    this.#session = session;
  }

  isOn(level: LogLevel): boolean {
    return RANK[level] >= this.#rank;
  }

  write(
    level: LogLevel,
    message: string,
    fields?: Readonly<Record<string, unknown>>,
  ): void {
    if (!this.isOn(level)) return;
    const record: LogRecord = {
      level,
      time: this.#clock.wallTime(),
      message: escapeText(message),
      ...(this.#session === null ? {} : { session: this.#session() }),
      ...(fields === undefined ? {} : { fields }),
    };
    try {
      this.#sink(record);
    } catch {
      // Logging about a failed log would only fail again.
    }
  }

  /** An error that should not have happened, with its stack for the operator. */
  error(action: string, error: unknown): void {
    const stack = error instanceof Error ? error.stack : undefined;
    this.write("error", `${action}: ${String(error)}`, {
      error: String(error),
      ...(stack === undefined ? {} : { stack }),
    });
  }
}

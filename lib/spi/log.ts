/** From the most talkative to the gravest. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** The session that a record belongs to. */
export interface LogSession {
  readonly id: number;
  readonly remoteHostname: string;
  readonly remotePort: number;
  /** The claimed name from USER on, empty before and after a failed login. */
  readonly username: string;
}

/**
 * One line of the log. Text from clients is escaped already; passwords never
 * appear.
 */
export interface LogRecord {
  readonly level: LogLevel;
  /** Milliseconds since 1970, UTC. */
  readonly time: number;
  readonly message: string;
  readonly session?: LogSession;
  /** The same facts for machines. */
  readonly fields?: Readonly<Record<string, unknown>>;
}

/** Where records go. It must not throw; what it throws is dropped. */
export type LogSink = (record: LogRecord) => void;

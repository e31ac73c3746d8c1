/** From the most talkative to the gravest. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** The session that a record belongs to. */
export interface LogSession {
  /** Counts up from 1 in each server, or over all workers of a pool. */
  readonly id: number;
  /** The client's IP address. */
  readonly remoteHostname: string;
  /** The client's port. */
  readonly remotePort: number;
  /** The claimed name from USER on, empty before and after a failed login. */
  readonly username: string;
}

/**
 * One line of the log. Text from clients is escaped already; passwords never
 * appear.
 */
export interface LogRecord {
  /** How grave it is. */
  readonly level: LogLevel;
  /** Milliseconds since 1970, UTC. */
  readonly time: number;
  /** For people; may hold several lines. */
  readonly message: string;
  /** Left out: it belongs to none. */
  readonly session?: LogSession;
  /** The same facts for machines. */
  readonly fields?: Readonly<Record<string, unknown>>;
}

/** Where records go. It must not throw; what it throws is dropped. */
export type LogSink = (record: LogRecord) => void;

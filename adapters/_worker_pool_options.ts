import type { LimitSettings } from "../lib/server/limits.ts";
import { Log } from "../lib/session/session_log.ts";
import type { LogLevel, LogSink } from "../lib/spi/log.ts";
import { systemClock } from "./_system_clock.ts";

/** A server in several processes. */
export interface WorkerPoolOptions {
  /**
   * A module whose default export makes the options of each worker's server:
   * `(data, log) => ServerOptions`, or a promise of them. Its limits of
   * connections are not looked at; those here are. Without a `log` of its own,
   * records go to the one here, as do those that are given to the function's
   * second parameter, a {@linkcode LogSink}.
   */
  readonly module: URL | string;
  /** Given to the module's function; anything that JSON can carry. */
  readonly data?: unknown;
  /**
   * Processes.
   * @default one for each core
   */
  readonly workers?: number;
  /**
   * Whether OpenSSL does TLS in the workers, where it can be called; see
   * {@linkcode TlsEngineOptions}.
   * @default {true}
   */
  readonly useOpenssl?: boolean;
  /**
   * Control and data connections and passive ports of all workers; 0 is no
   * limit.
   * @default {512}
   */
  readonly maxConnections?: number;
  /**
   * Control connections of one client address; 0 is no limit.
   * @default {0}
   */
  readonly maxConnectionsPerAddress?: number;
  /**
   * Connections that wait to be accepted.
   * @default {100}
   */
  readonly backlog?: number;
  /** Records of the pool and of workers without a sink of their own. */
  readonly log?: LogSink;
  /**
   * Records of the pool below it are not made.
   * @default {"info"}
   */
  readonly logLevel?: LogLevel;
}

/** What may change while the pool is there. */
export type PoolSettings = Omit<
  WorkerPoolOptions,
  "module" | "workers" | "useOpenssl"
>;

/** For records of the pool's own. */
export function poolLog(settings: PoolSettings): Log {
  const { log = () => {}, logLevel = "info" } = settings;
  return new Log(log, logLevel, systemClock());
}

/** Of all workers together. */
export function poolLimits(settings: PoolSettings): LimitSettings {
  const { maxConnections = 512, maxConnectionsPerAddress = 0 } = settings;
  return { maxConnections, maxConnectionsPerAddress };
}

import type { CloseOptions } from "../lib/server/server.ts";
import type { SessionSnapshot } from "../lib/session/snapshot.ts";
import type { LogRecord, LogSink } from "../lib/spi/log.ts";
import type { RateAnswer, RateRequest } from "./_worker_rates.ts";

/** What the parent says to a worker. The text is JSON, once. */
export type ToWorker =
  /** The first message: who tells the worker what its server is like. */
  | {
    readonly type: "start";
    readonly module: string;
    readonly useOpenssl: boolean;
    readonly data: unknown;
  }
  /** Comes with a socket. */
  | {
    readonly type: "connection";
    readonly id: number;
    readonly implicitTls: boolean;
  }
  /** The answer to `place`. */
  | {
    readonly type: "placed";
    readonly id: number;
    readonly granted: boolean;
  }
  | RateAnswer
  | { readonly type: "reload" }
  /** Asks who is connected. */
  | { readonly type: "who" }
  /** Ends the session of a connection. */
  | { readonly type: "disconnect"; readonly id: number }
  /** The module's function is called again. */
  | {
    readonly type: "reconfigure";
    readonly id: number;
    readonly data: unknown;
  }
  | { readonly type: "close"; readonly options: CloseOptions };

/** What a worker says to its parent. */
export type FromWorker =
  | { readonly type: "ready" }
  /** It cannot do its work; it ends by itself. */
  | { readonly type: "failed"; readonly reason: string }
  /** The answer to `reconfigure`; `null`: it was done. */
  | {
    readonly type: "reconfigured";
    readonly id: number;
    readonly reason: string | null;
  }
  /** A connection has come over; the next may. */
  | { readonly type: "here"; readonly id: number }
  /** The session of a connection is over. */
  | { readonly type: "over"; readonly id: number }
  /** Asks for a place that all workers share. */
  | {
    readonly type: "place";
    readonly id: number;
    /** `null`: a data connection; otherwise a session of this user. */
    readonly username: string | null;
    readonly most: number;
  }
  /** The answer to `who`. */
  | {
    readonly type: "sessions";
    readonly sessions: readonly SessionSnapshot[];
  }
  /** Gives a place back. */
  | { readonly type: "leave"; readonly id: number }
  | RateRequest
  | { readonly type: "log"; readonly record: LogRecord };

/** What modules for workers export as `default`. */
export type WorkerModule = (
  data: never,
  log: LogSink,
) => object | Promise<object>;

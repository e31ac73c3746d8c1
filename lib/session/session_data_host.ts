import type { Reply } from "../protocol/reply.ts";
import type { Clock } from "../spi/clock.ts";
import type { LogLevel } from "../spi/log.ts";
import type { Connection, Endpoint, Transport } from "../spi/transport.ts";
import type { DataHost } from "../transfer/data_host.ts";
import type { Lingering } from "../transfer/linger.ts";
import type { TransferResult } from "../transfer/outcome.ts";
import type { TransferPlan } from "../transfer/plan.ts";
import type { PortPool } from "../transfer/port_pool.ts";
import type { Protection } from "../transfer/protection.ts";
import type { Throttle } from "../transfer/throttle.ts";
import type { Log } from "./session_log.ts";
import type { SessionHost } from "./session_parts.ts";
import type { SessionTls } from "./session_tls.ts";
import type { Settings } from "./settings.ts";
import type { SessionState } from "./state.ts";

/**
 * What the data channel sees of its session, but for what happens: a class,
 * because an object of closures for each session is half a kibibyte that most
 * never need.
 */
export abstract class SessionDataHost implements DataHost {
  readonly #host: SessionHost;
  readonly #connection: Connection;
  readonly #state: SessionState;
  readonly #tls: SessionTls;
  readonly #log: Log;

  constructor(
    host: SessionHost,
    connection: Connection,
    state: SessionState,
    tls: SessionTls,
    log: Log,
  ) {
    this.#host = host;
    this.#connection = connection;
    this.#state = state;
    this.#tls = tls;
    this.#log = log;
  }

  get transport(): Transport {
    return this.#host.platform.transport;
  }

  get clock(): Clock {
    return this.#host.platform.clock;
  }

  get ports(): PortPool {
    return this.#host.ports;
  }

  get lingering(): Lingering {
    return this.#host.lingering;
  }

  get settings(): Settings {
    return this.#host.settings;
  }

  get local(): Endpoint {
    return this.#connection.local;
  }

  get remote(): Endpoint {
    return this.#connection.remote;
  }

  log(level: LogLevel, message: string): void {
    this.#log.write(level, message);
  }

  mayProtect(): boolean {
    return this.#tls.mayProtect;
  }

  protection(): Protection | null {
    return this.#state.protectsData ? this.#tls.protection() : null;
  }

  admit(): ReturnType<DataHost["admit"]> {
    return this.#host.admitData();
  }

  abstract reply(answer: Reply): void;
  abstract hold(): () => void;
  abstract throttle(direction: "send" | "receive"): () => Throttle | null;
  abstract progress(plan: TransferPlan): ((now: number) => void) | null;
  abstract connected(open: boolean): void;
  abstract finished(plan: TransferPlan, result: TransferResult): void;
  abstract stalled(): void;
}

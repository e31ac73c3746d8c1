import type { Reply } from "../protocol/reply.ts";
import type { Clock } from "../spi/clock.ts";
import type { LogLevel } from "../spi/log.ts";
import type { Endpoint, Transport } from "../spi/transport.ts";
import type { Lingering } from "./linger.ts";
import type { TransferResult } from "./outcome.ts";
import type { TransferPlan } from "./plan.ts";
import type { PortPool } from "./port_pool.ts";
import type { Protection } from "./protection.ts";
import type { Throttle } from "./throttle.ts";

/** The settings that data connections obey. */
export interface DataSettings {
  readonly dataTimeoutMs: number;
  readonly passiveTimeoutMs: number;
  readonly activeTimeoutMs: number;
  readonly permitForeignAddresses: boolean;
  readonly sendfile: boolean;
}

/** What the data channel needs from its session. */
export interface DataHost {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly ports: PortPool;
  readonly lingering: Lingering;
  readonly settings: DataSettings;
  /** Ends of the control connection. */
  readonly local: Endpoint;
  readonly remote: Endpoint;
  reply(reply: Reply): void;
  /** Keeps replies until the answer is called, to send them together. */
  hold(): () => void;
  log(level: LogLevel, message: string): void;
  /** Whether TLS may be asked of data connections. */
  mayProtect(): boolean;
  /** How a data connection that is used now must be encrypted. */
  protection(): Protection | null;
  /** Counts a data connection in; `null` when there are too many. */
  admit(): (() => void) | null | Promise<(() => void) | null>;
  /** For one transfer: what slows it down now. */
  throttle(direction: "send" | "receive"): () => Throttle | null;
  /** What a transfer tells about bytes that moved; `null`: nothing. */
  progress(plan: TransferPlan): ((now: number) => void) | null;
  /** A data connection is there, or is gone again. */
  connected(open: boolean): void;
  /** A transfer is over and its reply is sent. */
  finished(plan: TransferPlan, result: TransferResult): void;
  /** Nothing moved for too long: the session must end. */
  stalled(): void;
}

/** Sends a reply whose text the log has too. */
export function replyLogged(
  host: DataHost,
  level: LogLevel,
  answer: Reply,
): void {
  host.log(level, answer.text);
  host.reply(answer);
}

import { TransportError } from "../base/errors.ts";
import type { Clock } from "../spi/clock.ts";
import type { LogLevel } from "../spi/log.ts";
import type { Connection } from "../spi/transport.ts";
import type { Lingering } from "./linger.ts";
import type { TransferOutcome, TransferResult } from "./outcome.ts";
import { type OwnFiles, receiveTo, sendFrom } from "./own_files.ts";
import { discardPlan, plannedBytes, type TransferPlan } from "./plan.ts";
import { type PumpContext, pumpListingToConnection } from "./pump.ts";
import { LenientConnection, type Protection, secure } from "./protection.ts";
import { RateMeter } from "./rate_meter.ts";
import type { Throttle } from "./throttle.ts";

/** An open data connection, with the read that watches its other end. */
export interface OpenedConnection {
  readonly connection: Connection;
  readonly openedAt: number;
  /** Under way since the connection opened, unless TLS may come first. */
  readonly first: Promise<Uint8Array | null> | null;
}

/** What a transfer is made of. */
export interface TransferParts {
  readonly plan: TransferPlan;
  readonly opened: OpenedConnection;
  /** `null` on a clear data connection. */
  readonly protection: Protection | null;
  /** Asked for again and again: rates may change meanwhile. */
  readonly throttle: Throttle | null;
  readonly clock: Clock;
  readonly lingering: Lingering;
  /** Whether the connection may send files by itself. */
  readonly sendfile: boolean;
  /** Called when bytes have moved, with the clock's time; `null`: nobody. */
  readonly progressed: ((now: number) => void) | null;
  log(level: LogLevel, message: string): void;
}

/** One transfer on one data connection, from its first byte to its end. */
export class Transfer {
  readonly plan: TransferPlan;
  /** When the data connection was there, in milliseconds since 1970, UTC. */
  readonly startedAt: number;
  readonly #parts: TransferParts;
  readonly #rate: RateMeter;
  /** Made when a throttle asks: most transfers never need it. */
  #aborting: AbortController | null = null;
  #bytes = 0;
  #passed = 0;
  #sending = false;
  #ending: TransferOutcome | null = null;

  constructor(parts: TransferParts) {
    this.plan = parts.plan;
    this.#parts = parts;
    const now = parts.clock.now();
    this.startedAt = Math.round(
      parts.clock.wallTime() - (now - parts.opened.openedAt),
    );
    this.#rate = new RateMeter(now);
  }

  /** Bytes moved on the data connection so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Grows while the transfer goes on, if only because a throttle holds it. */
  get progress(): number {
    return this.#bytes + this.#passed;
  }

  /** Bytes that will have moved at the end; `null` when nobody knows. */
  get totalBytes(): number | null {
    return plannedBytes(this.plan);
  }

  /** Over the last few seconds. */
  get bytesPerSecond(): number {
    return this.#rate.perSecond(this.#bytes, this.#parts.clock.now());
  }

  /** Whether anything was received, or given to the connection to send. */
  get begun(): boolean {
    return this.#sending || this.#bytes > 0;
  }

  /** Milliseconds since the data connection was there. */
  get elapsedMs(): number {
    return this.#parts.clock.now() - this.#parts.opened.openedAt;
  }

  /** Stops it; `run` resolves soon after with this outcome. Idempotent. */
  abort(outcome: TransferOutcome): void {
    if (this.#ending !== null) return;
    this.#ending = outcome;
    this.#parts.opened.connection.close();
    this.#aborting?.abort();
  }

  /**
   * Moves the bytes, then finishes the data connection, then the file: the
   * client may act on 226, so both are done before anybody can send it.
   * Never rejects.
   */
  async run(): Promise<TransferResult> {
    const { connection } = this.#parts.opened;
    let outcome: TransferOutcome = "complete";
    let error: unknown = null;
    let isReady = false;
    let first: Promise<Uint8Array | null> | undefined;
    try {
      const { protection } = this.#parts;
      if (protection !== null) await this.#protect(protection);
      isReady = true;
      first = this.#firstRead();
      await this.#move(first);
      if (this.plan.kind !== "receive") await connection.closeWrite();
    } catch (thrown) {
      error = thrown;
      outcome = this.#ending ??
        (isReady ? outcomeOf(thrown) : "handshake-failed");
    }
    // Stopped in the very moment of its end: the word of the one who stopped
    // it holds, for he was told so.
    if (this.#ending !== null) outcome = this.#ending;
    if (outcome === "complete" && this.plan.kind !== "receive") {
      void this.#parts.lingering.add(connection, first);
    } else {
      connection.close();
    }
    try {
      if (outcome !== "complete") {
        await discardPlan(this.plan, error ?? outcome);
      } else if (this.plan.kind !== "listing") await this.plan.file.close();
    } catch (thrown) {
      if (outcome === "complete") {
        outcome = "file-error";
        error = thrown;
      }
    }
    this.#ending ??= outcome;
    const { bytes, begun, elapsedMs: durationMs } = this;
    return { outcome, bytes, begun, durationMs, error };
  }

  /** The handshake comes after 125 or 150, as clients expect it. */
  async #protect(protection: Protection): Promise<void> {
    const { opened, clock } = this.#parts;
    const { connection } = opened;
    const { config, handshakeTimeoutMs, resumptionRequired } = protection;
    await secure(
      connection,
      config,
      { timeoutMs: handshakeTimeoutMs, resumedOnly: resumptionRequired },
      clock,
    );
    protection.secured(connection.tls);
  }

  /**
   * What is sent in clear needs no read beside it: a write tells of a peer
   * that has gone as well. Under TLS a read takes part in the protocol.
   */
  #firstRead(): Promise<Uint8Array | null> | undefined {
    const { opened: { first }, protection } = this.#parts;
    if (first !== null) return first;
    if (this.plan.kind !== "receive" && protection === null) return undefined;
    const read = this.#connection().read();
    // Whoever waits for it is told; a download may end before anybody does.
    read.catch(() => {});
    return read;
  }

  #connection(): Connection {
    const { opened, protection } = this.#parts;
    return protection?.closeNotifyRequired === false
      ? new LenientConnection(opened.connection)
      : opened.connection;
  }

  async #move(first?: Promise<Uint8Array | null>): Promise<void> {
    const { plan } = this;
    const connection = this.#connection();
    const parts = this.#parts;
    const makeSignal = (): AbortSignal => this.#signal();
    const context: PumpContext = {
      connection,
      get throttle() {
        return parts.throttle;
      },
      get signal() {
        return makeSignal();
      },
      now: () => this.#parts.clock.now(),
      after: (milliseconds, run) => this.#parts.clock.after(milliseconds, run),
      sending: () => {
        this.#sending = true;
      },
      moved: (bytes) => this.#moved(bytes),
      passed: (bytes) => {
        this.#passed += bytes;
      },
    };
    const own: OwnFiles = {
      context,
      allowed: this.#parts.sendfile,
      log: (level, message) => this.#parts.log(level, message),
    };
    switch (plan.kind) {
      case "listing":
        return await pumpListingToConnection(plan, context);
      case "receive":
        return await receiveTo(plan, first ?? connection.read(), own);
      case "send":
        return await sendFrom(plan, own);
    }
  }

  #signal(): AbortSignal {
    const aborting = this.#aborting ??= new AbortController();
    if (this.#ending !== null) aborting.abort();
    return aborting.signal;
  }

  #moved(bytes: number): void {
    const now = this.#parts.clock.now();
    this.#bytes += bytes;
    this.#rate.tell(this.#bytes, now);
    this.#parts.progressed?.(now);
  }
}

function outcomeOf(error: unknown): TransferOutcome {
  return error instanceof TransportError ? "disconnected" : "file-error";
}

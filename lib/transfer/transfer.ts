import { TransportError } from "../base/errors.ts";
import type { Clock } from "../spi/clock.ts";
import type { Connection } from "../spi/transport.ts";
import type { Lingering } from "./linger.ts";
import type { TransferOutcome, TransferResult } from "./outcome.ts";
import { discardPlan, type TransferPlan } from "./plan.ts";
import {
  pumpConnectionToFile,
  type PumpContext,
  pumpFileToConnection,
  pumpListingToConnection,
} from "./pump.ts";
import type { Throttle } from "./throttle.ts";

/** Bytes asked of the transport's own file sender at once. */
const SEND_FILE_BYTES = 1024 * 1024;

/** An open data connection, with the read that watches its other end. */
export interface OpenedConnection {
  readonly connection: Connection;
  readonly openedAt: number;
  /** Under way since the connection opened; never left unhandled. */
  readonly first: Promise<Uint8Array | null>;
}

/** One transfer on one data connection, from its first byte to its end. */
export class Transfer {
  readonly plan: TransferPlan;
  readonly #opened: OpenedConnection;
  readonly #throttle: Throttle | null;
  readonly #clock: Clock;
  readonly #lingering: Lingering;
  readonly #aborting = new AbortController();
  #bytes = 0;
  #sending = false;
  #ending: TransferOutcome | null = null;

  constructor(
    plan: TransferPlan,
    opened: OpenedConnection,
    throttle: Throttle | null,
    clock: Clock,
    lingering: Lingering,
  ) {
    this.plan = plan;
    this.#opened = opened;
    this.#throttle = throttle;
    this.#clock = clock;
    this.#lingering = lingering;
  }

  /** Bytes moved on the data connection so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether anything was received, or given to the connection to send. */
  get begun(): boolean {
    return this.#sending || this.#bytes > 0;
  }

  /** Milliseconds since the data connection was there. */
  get elapsedMs(): number {
    return this.#clock.now() - this.#opened.openedAt;
  }

  /** Stops it; `run` resolves soon after with this outcome. Idempotent. */
  abort(outcome: TransferOutcome): void {
    if (this.#ending !== null) return;
    this.#ending = outcome;
    this.#opened.connection.close();
    this.#aborting.abort();
  }

  /**
   * Moves the bytes, then finishes the data connection, then the file: the
   * client may act on 226, so both are done before anybody can send it.
   * Never rejects.
   */
  async run(): Promise<TransferResult> {
    const { connection, first } = this.#opened;
    let outcome: TransferOutcome = "complete";
    let error: unknown = null;
    try {
      await this.#move();
      if (this.plan.kind !== "receive") await connection.closeWrite();
    } catch (thrown) {
      error = thrown;
      outcome = this.#ending ?? outcomeOf(thrown);
    }
    // Stopped in the very moment of its end: the word of the one who stopped
    // it holds, for he was told so.
    if (this.#ending !== null) outcome = this.#ending;
    if (outcome === "complete" && this.plan.kind !== "receive") {
      void this.#lingering.add(connection, first);
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

  async #move(): Promise<void> {
    const { plan } = this;
    const { connection, first } = this.#opened;
    const context: PumpContext = {
      connection,
      throttle: this.#throttle,
      signal: this.#aborting.signal,
      now: () => this.#clock.now(),
      sending: () => {
        this.#sending = true;
      },
      moved: (bytes) => {
        this.#bytes += bytes;
      },
    };
    switch (plan.kind) {
      case "listing":
        return await pumpListingToConnection(plan, context);
      case "receive":
        return await pumpConnectionToFile(plan, context, first);
      case "send":
        if (connection.sendFile !== undefined && !plan.ascii) {
          if (plan.file.fd !== undefined) return await this.#sendFile(context);
        }
        return await pumpFileToConnection(plan, context);
    }
  }

  /** The transport reads the file itself; the throttle sets the slices. */
  async #sendFile(context: PumpContext): Promise<void> {
    const { plan } = this;
    const { connection } = this.#opened;
    if (plan.kind !== "send" || connection.sendFile === undefined) return;
    let at = plan.offset;
    for (;;) {
      const slice = this.#throttle === null
        ? SEND_FILE_BYTES
        : await this.#throttle.take(SEND_FILE_BYTES, this.#aborting.signal);
      this.#sending = true;
      let sent = 0;
      try {
        sent = await connection.sendFile(plan.file, at, slice);
      } catch (error) {
        if (at > plan.offset || !isUnsupported(error)) throw error;
        // Not for this file or this connection: copying always works.
        return await pumpFileToConnection(plan, context);
      } finally {
        if (sent < slice) this.#throttle?.giveBack?.(slice - sent);
      }
      if (sent === 0) return;
      this.#bytes += sent;
      at += sent;
    }
  }
}

function isUnsupported(error: unknown): boolean {
  return error instanceof TransportError && error.code === "unsupported";
}

function outcomeOf(error: unknown): TransferOutcome {
  return error instanceof TransportError ? "disconnected" : "file-error";
}

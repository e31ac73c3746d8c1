import { type Reply, reply } from "../protocol/reply.ts";
import type { Connection, Endpoint } from "../spi/transport.ts";
import { ActiveEndpoint } from "./active_endpoint.ts";
import { type DataHost, replyLogged } from "./data_host.ts";
import {
  type DataSource,
  type DataStatus,
  isAlive,
  isUseless,
  LOST,
  NONE,
  statusOf,
} from "./data_source.ts";
import { IdleConnection } from "./idle_connection.ts";
import { PassiveEndpoint } from "./passive_endpoint.ts";
import { discardPlan, plannedBytes, type TransferPlan } from "./plan.ts";
import { makeTransfer, runTransfer } from "./run_transfer.ts";
import type { OpenedConnection, Transfer } from "./transfer.ts";

const TOO_MANY: Reply = reply(
  425,
  "Too many connections. Can't open data channel.",
);

/** Files up to this are sent within the turn that asks for them. */
const QUICK_BYTES = 64 * 1024;

/**
 * The data side of a session: a passive port, an active connection or none; a
 * transfer that runs; and one that waits for its connection, since commands and
 * connection may come in either order (RFC 959 section 3.2).
 */
export class DataChannel {
  readonly #host: DataHost;
  #source: DataSource = NONE;
  #waiting: TransferPlan | null = null;
  #transfer: Transfer | null = null;
  #ended: Promise<void> = Promise.resolve();
  #isClosed = false;
  readonly #idleWaiters: (() => void)[] = [];
  #letReplies: () => void = nothing;

  constructor(host: DataHost) {
    this.#host = host;
  }

  /** The transfer that is under way. */
  get transfer(): Transfer | null {
    return this.#transfer;
  }

  /** Resolves when no transfer runs any more and its reply is sent. */
  get ended(): Promise<void> {
    return this.#ended;
  }

  /** Whether a transfer is under way, or was promised by 150. */
  get isBusy(): boolean {
    return this.#transfer !== null || this.#waiting !== null;
  }

  /** Resolves when no transfer is under way or promised. */
  async whenIdle(): Promise<void> {
    while (this.isBusy) {
      await new Promise<void>((resolve) => this.#idleWaiters.push(resolve));
    }
  }

  /** For STAT. */
  get status(): DataStatus {
    return statusOf(this.#transfer, this.#source, this.#host.clock.now());
  }

  /**
   * Opens a passive port on the address that the client reached us at. What
   * was made ready before is dropped (RFC 1123 section 4.1.2.5).
   *
   * @returns the port, or the reply that says why there is none
   */
  async openPassive(): Promise<Endpoint | Reply> {
    this.#dropSource();
    const host = this.#host;
    const release = await this.#admit();
    if (release === null) {
      host.log("warn", TOO_MANY.text);
      return TOO_MANY;
    }
    try {
      const passive = await PassiveEndpoint.open(host, release, {
        connected: (connection, leave) => this.#connected(connection, leave),
        timedOut: () => this.#passiveTimeout(),
      });
      this.#source = passive;
      return passive.local;
    } catch (error) {
      release();
      host.log("error", `Cannot open a passive port: ${String(error)}`);
      return reply(425, "Can't open passive connection.");
    }
  }

  /**
   * Connects to the client and sends the reply: 200 before the first byte of a
   * waiting transfer moves, or the reason why not.
   */
  async openActive(target: Endpoint): Promise<void> {
    this.#dropSource();
    const host = this.#host;
    const release = await this.#admit();
    // A place may be asked for elsewhere, and the client leave meanwhile.
    if (this.#isClosed) return release?.();
    if (release === null) return replyLogged(host, "warn", TOO_MANY);
    const active = new ActiveEndpoint(host);
    this.#source = active;
    const connection = await active.connect(target);
    if (connection !== null) return this.#connected(connection, release);
    release();
    if (this.#source === active) this.#source = LOST;
  }

  /**
   * Runs a plan now, or as soon as its connection is there, and sends the
   * replies.
   */
  async start(plan: TransferPlan): Promise<void> {
    const host = this.#host;
    const refusal = this.#transfer !== null
      ? reply(425, "Transfer already in progress.")
      : isUseless(this.#source, plan.kind === "receive")
      ? reply(425, "Data connection closed; open a new one.")
      : null;
    if (refusal !== null) {
      if (this.#transfer === null) this.#dropSource();
      await this.#discard(plan, refusal.text);
      return host.reply(refusal);
    }
    if (this.#waiting !== null) {
      await this.#dropWaiting("replaced by another transfer");
      host.reply(reply(426, "Transfer aborted; another one takes its place."));
    }
    const source = this.#source;
    const here = source.kind === "listening" ? source.take() : null;
    if (here !== null && isQuick(plan)) this.#holdReplies();
    if (here !== null || source.kind === "open") {
      host.reply(reply(
        125,
        plan.opening ?? "Data connection already open. Transfer starting.",
      ));
      this.#source = NONE;
    }
    if (here !== null) return this.#runOn(plan, here.connection, here.release);
    if (source.kind === "open") {
      return this.#run(plan, source.take(), source.release);
    }
    host.reply(reply(
      150,
      plan.opening ?? "File status okay. About to open data connection.",
    ));
    this.#waiting = plan;
  }

  /**
   * ABOR (RFC 959 section 4.1.3): stops whatever there is, then tells with
   * which reply or replies.
   */
  async abort(): Promise<void> {
    const host = this.#host;
    const running = this.#transfer;
    if (running !== null) {
      running.abort("aborted");
      await this.#ended;
      if (running.begun) host.reply(reply(226, "ABOR command successful."));
      else host.reply(aborted());
      return;
    }
    const hadWaiting = this.#waiting !== null;
    await this.#dropWaiting("aborted by the client");
    const source = this.#source;
    const hadSource = isAlive(source);
    if (source.kind === "connecting") source.refuse();
    this.#dropSource();
    host.reply(
      hadSource || hadWaiting ? aborted() : reply(225, "No transfer to abort."),
    );
  }

  /**
   * The login is gone (REIN, USER): nothing new may start, and what waits for
   * its connection is told so, but a transfer that runs goes on to its end.
   */
  async reset(): Promise<void> {
    this.#dropSource();
    if (this.#waiting === null) return;
    await this.#dropWaiting("the login ended");
    this.#host.reply(reply(426, "Transfer aborted; the login ended."));
  }

  /** The session is over: everything stops; resolves when it has. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#transfer?.abort("closed");
    this.#dropSource();
    await this.#dropWaiting("the session ended");
    await this.#ended;
  }

  async #admit(): Promise<(() => void) | null> {
    const release = await this.#host.admit();
    return release === null ? null : once(release);
  }

  #passiveTimeout(): void {
    this.#source = LOST;
    replyLogged(
      this.#host,
      "info",
      reply(421, "Passive data channel timed out."),
    );
    void this.#dropWaiting("no data connection came"); // never rejects
  }

  #connected(connection: Connection, release: () => void): void {
    const waiting = this.#waiting;
    if (waiting === null) {
      this.#source = new IdleConnection(this.#host, connection, release, {
        lost: () => this.#idleLost(),
        stalled: () => this.#idleStalled(),
      });
      return;
    }
    this.#waiting = null;
    this.#source = NONE;
    this.#runOn(waiting, connection, release);
  }

  /** Runs a plan on a connection that has just come. */
  #runOn(
    plan: TransferPlan,
    connection: Connection,
    release: () => void,
  ): void {
    const openedAt = this.#host.clock.now();
    this.#run(plan, { connection, openedAt, first: null }, release);
  }

  #idleLost(): void {
    this.#dropSource();
    this.#source = LOST;
  }

  #idleStalled(): void {
    this.#dropSource();
    const host = this.#host;
    replyLogged(host, "info", reply(421, "Data connection timed out."));
    host.stalled();
  }

  #run(
    plan: TransferPlan,
    opened: OpenedConnection,
    release: () => void,
  ): void {
    const transfer = makeTransfer(plan, opened, this.#host);
    this.#transfer = transfer;
    this.#ended = runTransfer(transfer, this.#host, () => {
      release();
      this.#transfer = null;
    }).then(() => {
      this.#letReplies();
      this.#wakeIdleWaiters();
    });
  }

  /** So that 125 and 226 may go together; not when it takes time after all. */
  #holdReplies(): void {
    const { clock } = this.#host;
    const letGo = this.#host.hold();
    const cancel = clock.after(0, () => this.#letReplies());
    this.#letReplies = () => {
      this.#letReplies = nothing;
      cancel();
      letGo();
    };
  }

  /** Lets go of port, attempt or idle connection; not of a transfer. */
  #dropSource(): void {
    const source = this.#source;
    this.#source = NONE;
    source.drop();
  }

  #wakeIdleWaiters(): void {
    for (const wake of this.#idleWaiters.splice(0)) wake();
  }

  async #dropWaiting(reason: string): Promise<void> {
    const plan = this.#waiting;
    this.#waiting = null;
    if (plan !== null) await this.#discard(plan, reason);
    this.#wakeIdleWaiters();
  }

  async #discard(plan: TransferPlan, reason: string): Promise<void> {
    try {
      await discardPlan(plan, new Error(`Transfer not started: ${reason}`));
    } catch (error) {
      this.#host.log("error", `Cannot close a file: ${String(error)}`);
    }
  }
}

/** A small file, which is sent as soon as it is begun. */
function isQuick(plan: TransferPlan): boolean {
  const bytes = plan.kind === "send" ? plannedBytes(plan) : null;
  return bytes !== null && bytes <= QUICK_BYTES;
}

function nothing(): void {}

function aborted(): Reply {
  return reply(225, "ABOR command successful; data channel closed.");
}

function once(run: () => void): () => void {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    run();
  };
}

import { formatEndpoint, ipFamily, sameAddress } from "../protocol/address.ts";
import { type Reply, reply } from "../protocol/reply.ts";
import type { Clock } from "../spi/clock.ts";
import type { LogLevel } from "../spi/log.ts";
import type {
  Connection,
  Endpoint,
  Listener,
  Transport,
} from "../spi/transport.ts";
import type { Lingering } from "./linger.ts";
import { listenPassive } from "./passive_listener.ts";
import type { TransferResult } from "./outcome.ts";
import { discardPlan, type TransferPlan } from "./plan.ts";
import type { PortPool } from "./port_pool.ts";
import { ProgressTimer } from "./progress_timer.ts";
import { closingReply } from "./replies.ts";
import type { Throttle } from "./throttle.ts";
import { type OpenedConnection, Transfer } from "./transfer.ts";

/** The settings that data connections obey. */
export interface DataSettings {
  readonly dataTimeoutMs: number;
  readonly passiveTimeoutMs: number;
  readonly activeTimeoutMs: number;
  readonly permitForeignAddresses: boolean;
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
  log(level: LogLevel, message: string): void;
  /** Counts a data connection in; `null` when there are too many. */
  admit(): (() => void) | null;
  throttle(direction: "send" | "receive"): Throttle | null;
  /** A data connection is there, or is gone again. */
  connected(open: boolean): void;
  /** A transfer is over and its reply is sent. */
  finished(plan: TransferPlan, result: TransferResult): void;
  /** Nothing moved for too long: the session must end. */
  stalled(): void;
}

/** Where the next data connection comes from. */
type State =
  | { readonly kind: "none" }
  | {
    readonly kind: "listening";
    readonly listener: Listener;
    readonly release: () => void;
    readonly cancelTimer: () => void;
  }
  | { readonly kind: "connecting"; readonly attempt: ConnectAttempt }
  | { readonly kind: "open"; readonly idle: IdleConnection }
  /** The client's connection was lost before a command could use it. */
  | { readonly kind: "lost" };

interface ConnectAttempt {
  readonly controller: AbortController;
  readonly release: () => void;
  /** Whoever answered PORT already: the time-out, or an ABOR. */
  answered: boolean;
}

interface IdleConnection extends OpenedConnection {
  readonly release: () => void;
  readonly timer: ProgressTimer;
  /** The client has finished sending; what it sent may still be read. */
  peerEnded: boolean;
}

/** What STAT tells. */
export type DataStatus =
  | { readonly kind: "none" }
  | { readonly kind: "listening" }
  | {
    readonly kind: "open";
    readonly transfer: Transfer | null;
    readonly elapsedMs: number;
  };

const NONE: State = { kind: "none" };

/**
 * The data side of a session: a passive port, an active connection or none; a
 * transfer that runs; and one that waits for its connection, since commands and
 * connection may come in either order (RFC 959 section 3.2).
 */
export class DataChannel {
  readonly #host: DataHost;
  #state: State = NONE;
  #waiting: TransferPlan | null = null;
  #transfer: Transfer | null = null;
  #ended: Promise<void> = Promise.resolve();
  readonly #idleWaiters: (() => void)[] = [];

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

  get status(): DataStatus {
    if (this.#transfer !== null) {
      const { elapsedMs } = this.#transfer;
      return { kind: "open", transfer: this.#transfer, elapsedMs };
    }
    if (this.#state.kind === "listening") return { kind: "listening" };
    if (this.#state.kind === "open" && !this.#state.idle.peerEnded) {
      const elapsedMs = this.#host.clock.now() - this.#state.idle.openedAt;
      return { kind: "open", transfer: null, elapsedMs };
    }
    return { kind: "none" };
  }

  /**
   * Opens a passive port on the address that the client reached us at. What
   * was made ready before is dropped (RFC 1123 section 4.1.2.5).
   *
   * @returns the port, or the reply that says why there is none
   */
  async openPassive(): Promise<Endpoint | Reply> {
    this.#dropEndpoint();
    const host = this.#host;
    const release = this.#admit();
    if (release === null) return this.#logged("warn", tooManyConnections());
    let listener: Listener;
    try {
      listener = await listenPassive(host);
    } catch (error) {
      release();
      host.log("error", `Cannot open a passive port: ${String(error)}`);
      return reply(425, "Can't open passive connection.");
    }
    const { passiveTimeoutMs } = host.settings;
    const leave = (): void => {
      release();
      host.ports.release(listener.local.port);
    };
    const state: State = {
      kind: "listening",
      listener,
      release: once(leave),
      cancelTimer: passiveTimeoutMs === 0
        ? () => {}
        : host.clock.after(passiveTimeoutMs, () => this.#passiveTimeout(state)),
    };
    this.#state = state;
    void this.#acceptClient(state); // never rejects
    return listener.local;
  }

  /**
   * Connects to the client and sends the reply: 200 before the first byte of a
   * waiting transfer moves, or the reason why not.
   */
  async openActive(target: Endpoint): Promise<void> {
    this.#dropEndpoint();
    const host = this.#host;
    const release = this.#admit();
    if (release === null) {
      return host.reply(this.#logged("warn", tooManyConnections()));
    }
    const attempt: ConnectAttempt = {
      controller: new AbortController(),
      release,
      answered: false,
    };
    this.#state = { kind: "connecting", attempt };
    const { activeTimeoutMs } = host.settings;
    const cancelTimer = activeTimeoutMs === 0 ? () => {} : host.clock.after(
      activeTimeoutMs,
      () => {
        const late = reply(421, "Active data channel timed out.");
        this.#answer(attempt, this.#logged("info", late));
        attempt.controller.abort();
      },
    );
    try {
      const connection = await host.transport.connect({
        ...target,
        ...this.#sourceFor(target),
        signal: attempt.controller.signal,
      });
      if (attempt.answered) {
        connection.close();
        release();
        return;
      }
      this.#answer(
        attempt,
        reply(200, "Active data connection established."),
      );
      this.#connected(connection, release);
    } catch {
      release();
      this.#answer(attempt, cannotConnect());
      if (this.#isConnecting(attempt)) this.#state = NONE;
    } finally {
      cancelTimer();
    }
  }

  /**
   * Runs a plan now, or as soon as its connection is there, and sends the
   * replies.
   */
  async start(plan: TransferPlan): Promise<void> {
    const host = this.#host;
    const refusal = this.#transfer !== null
      ? reply(425, "Transfer already in progress.")
      : this.#isUseless(plan)
      ? reply(425, "Data connection closed; open a new one.")
      : null;
    if (refusal !== null) {
      if (this.#transfer === null) this.#dropEndpoint();
      await this.#discard(plan, refusal.text);
      return host.reply(refusal);
    }
    if (this.#waiting !== null) {
      await this.#dropWaiting("replaced by another transfer");
      host.reply(reply(426, "Transfer aborted; another one takes its place."));
    }
    if (this.#state.kind === "open") {
      host.reply(reply(
        125,
        plan.opening ?? "Data connection already open. Transfer starting.",
      ));
      const { idle } = this.#state;
      this.#state = NONE;
      idle.timer.stop();
      this.#run(plan, idle, idle.release);
      return;
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
    const state = this.#state;
    const hadEndpoint = state.kind === "listening" ||
      state.kind === "connecting" ||
      (state.kind === "open" && !state.idle.peerEnded);
    if (state.kind === "connecting") {
      this.#answer(state.attempt, cannotConnect());
    }
    this.#dropEndpoint();
    host.reply(
      hadEndpoint || hadWaiting
        ? aborted()
        : reply(225, "No transfer to abort."),
    );
  }

  /**
   * The login is gone (REIN, USER): nothing new may start, and what waits for
   * its connection is told so, but a transfer that runs goes on to its end.
   */
  async reset(): Promise<void> {
    this.#dropEndpoint();
    if (this.#waiting === null) return;
    await this.#dropWaiting("the login ended");
    this.#host.reply(reply(426, "Transfer aborted; the login ended."));
  }

  /** The session is over: everything stops; resolves when it has. */
  async close(): Promise<void> {
    this.#transfer?.abort("closed");
    this.#dropEndpoint();
    await this.#dropWaiting("the session ended");
    await this.#ended;
  }

  #admit(): (() => void) | null {
    const release = this.#host.admit();
    return release === null ? null : once(release);
  }

  async #acceptClient(state: State & { kind: "listening" }): Promise<void> {
    const host = this.#host;
    let told = false;
    for (;;) {
      const connection = await state.listener.accept().catch(() => null);
      if (connection === null) return;
      if (this.#state !== state) return connection.close();
      const peer = formatEndpoint(connection.remote);
      const foreign = !sameAddress(
        connection.remote.hostname,
        host.remote.hostname,
      );
      if (foreign && !host.settings.permitForeignAddresses) {
        connection.close();
        const text = `Rejected data connection from foreign address ${peer}.`;
        host.log("warn", text);
        // Once is enough: a stranger must not be able to fill the client's
        // control connection with replies.
        if (!told) host.reply(reply(425, text));
        told = true;
        continue;
      }
      if (foreign) {
        host.log("warn", `Established data connection with foreign ${peer}.`);
      }
      state.cancelTimer();
      state.listener.close();
      this.#connected(connection, state.release);
      return;
    }
  }

  #passiveTimeout(state: State): void {
    if (this.#state !== state) return;
    this.#dropEndpoint();
    const late = reply(421, "Passive data channel timed out.");
    this.#host.reply(this.#logged("info", late));
    void this.#dropWaiting("no data connection came"); // never rejects
  }

  #sourceFor(target: Endpoint): { readonly localHostname?: string } {
    const { hostname } = this.#host.local;
    return ipFamily(hostname) === ipFamily(target.hostname)
      ? { localHostname: hostname }
      : {};
  }

  #answer(attempt: ConnectAttempt, answer: Reply): void {
    if (attempt.answered) return;
    attempt.answered = true;
    this.#host.reply(answer);
  }

  /** The reply, whose text the log has now too. */
  #logged(level: LogLevel, answer: Reply): Reply {
    this.#host.log(level, answer.text);
    return answer;
  }

  #isConnecting(attempt: ConnectAttempt): boolean {
    return this.#state.kind === "connecting" &&
      this.#state.attempt === attempt;
  }

  #connected(connection: Connection, release: () => void): void {
    const host = this.#host;
    const first = connection.read();
    const idle: IdleConnection = {
      connection,
      openedAt: host.clock.now(),
      first,
      release,
      timer: new ProgressTimer(
        host.clock,
        host.settings.dataTimeoutMs,
        () => 0,
        () => this.#stalledIdle(idle),
      ),
      peerEnded: false,
    };
    host.connected(true);
    const waiting = this.#waiting;
    this.#state = { kind: "open", idle };
    first.then(
      (chunk) => {
        if (chunk === null) this.#peerEnded(idle);
      },
      () => this.#peerLost(idle),
    );
    if (waiting === null) return;
    this.#waiting = null;
    this.#state = NONE;
    idle.timer.stop();
    this.#run(waiting, idle, release);
  }

  /** An idle connection whose peer has finished: only an upload can use it. */
  #peerEnded(idle: IdleConnection): void {
    if (!this.#isIdle(idle)) return;
    idle.peerEnded = true;
    idle.timer.stop();
    this.#host.connected(false);
  }

  #peerLost(idle: IdleConnection): void {
    if (!this.#isIdle(idle)) return;
    this.#dropEndpoint();
    this.#state = { kind: "lost" };
  }

  #stalledIdle(idle: IdleConnection): void {
    if (!this.#isIdle(idle)) return;
    this.#dropEndpoint();
    const late = reply(421, "Data connection timed out.");
    this.#host.reply(this.#logged("info", late));
    this.#host.stalled();
  }

  #isIdle(idle: IdleConnection): boolean {
    return this.#state.kind === "open" && this.#state.idle === idle;
  }

  /** Whether the connection at hand is dead already for this plan. */
  #isUseless(plan: TransferPlan): boolean {
    if (this.#state.kind === "lost") return true;
    return this.#state.kind === "open" && this.#state.idle.peerEnded &&
      plan.kind !== "receive";
  }

  #run(
    plan: TransferPlan,
    opened: OpenedConnection,
    release: () => void,
  ): void {
    const host = this.#host;
    const direction = plan.kind === "receive" ? "receive" : "send";
    const transfer = new Transfer(
      plan,
      opened,
      host.throttle(direction),
      host.clock,
      host.lingering,
    );
    this.#transfer = transfer;
    host.connected(true);
    const timer = new ProgressTimer(
      host.clock,
      host.settings.dataTimeoutMs,
      () => transfer.bytes,
      () => transfer.abort("stalled"),
    );
    const finish = async (): Promise<void> => {
      const result = await transfer.run(); // never rejects
      timer.stop();
      release();
      this.#transfer = null;
      const last = closingReply(result);
      if (last !== null && result.outcome === "stalled") {
        this.#logged("info", last);
      }
      if (last !== null) host.reply(last);
      host.connected(false);
      host.finished(plan, result);
      if (result.outcome === "stalled") host.stalled();
      this.#wakeIdleWaiters();
    };
    this.#ended = finish();
  }

  /** Lets go of port, attempt or idle connection; not of a transfer. */
  #dropEndpoint(): void {
    const state = this.#state;
    this.#state = NONE;
    switch (state.kind) {
      case "none":
      case "lost":
        return;
      case "listening":
        state.cancelTimer();
        state.listener.close();
        return state.release();
      case "connecting":
        state.attempt.answered = true;
        return state.attempt.controller.abort();
      case "open":
        state.idle.timer.stop();
        state.idle.connection.close();
        state.idle.release();
        if (!state.idle.peerEnded) this.#host.connected(false);
    }
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

function tooManyConnections(): Reply {
  return reply(425, "Too many connections. Can't open data channel.");
}

function cannotConnect(): Reply {
  return reply(425, "Can't connect to specified address.");
}

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

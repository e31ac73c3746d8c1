import { messageReply, type Reply, reply } from "../protocol/reply.ts";
import type { Connection } from "../spi/transport.ts";
import { DataChannel } from "../transfer/data_channel.ts";
import type { TransferResult } from "../transfer/outcome.ts";
import type { TransferPlan } from "../transfer/plan.ts";
import type { Throttle } from "../transfer/throttle.ts";
import { Aborting } from "./aborting.ts";
import type { CommandReader, Incoming } from "./command_reader.ts";
import { dispatch, type DispatchHost } from "./dispatcher.ts";
import { commandHook, runHook } from "./hooks.ts";
import { IdleTimer } from "./idle_timer.ts";
import { type LaneHost, Lanes } from "./lanes.ts";
import { Pauses } from "./pauses.ts";
import { progressWatcher } from "./progress.ts";
import { SessionContext } from "./session_context.ts";
import type { Log } from "./session_log.ts";
import { SessionDataHost } from "./session_data_host.ts";
import { SessionLogin } from "./session_login.ts";
import { SessionOutput } from "./session_output.ts";
import { makeLog, makeReader, type SessionHost } from "./session_parts.ts";
import { SessionTls } from "./session_tls.ts";
import { LiveView, type ViewSource } from "./session_view.ts";
import { Sleepers } from "./sleepers.ts";
import { SessionState } from "./state.ts";
import { reportTransfer } from "./transfer_report.ts";
import { transferEnded } from "./transfer_end.ts";
import { type FoundCommand, mayOvertake, understand } from "./understand.ts";
import { secureControl, startTls, stopTls, type Upgrade } from "./upgrades.ts";
import type { SessionView } from "./view.ts";

/** How long the last replies may take to leave. */
const FAREWELL_MS = 5_000;

/** One client, from its greeting to its end. */
export class Session {
  readonly view: SessionView;
  readonly #host: SessionHost;
  readonly #connection: Connection;
  readonly #state = new SessionState();
  readonly #log: Log;
  readonly #reader: CommandReader;
  readonly #output: SessionOutput;
  readonly #lanes: Lanes;
  readonly #idle: IdleTimer;
  readonly #data: DataChannel;
  readonly #aborting = new Aborting();
  readonly #sleepers: Sleepers;
  readonly #tls: SessionTls;
  /** Hooks of transfers that hold the session up. */
  readonly #pauses = new Pauses();
  readonly #login: SessionLogin;
  /** QUIT was answered: only a transfer under way is waited for. */
  #quitting = false;
  #ending = false;
  #cancelFarewell: () => void = nothing;

  constructor(id: number, connection: Connection, host: SessionHost) {
    this.#host = host;
    this.#connection = connection;
    const { platform: { clock }, settings } = host;
    this.#log = makeLog(id, connection, this.#state, host);
    this.#tls = new SessionTls(connection, settings.tls, clock, this.#log);
    this.#reader = makeReader(connection, this.#state, host);
    this.#output = new SessionOutput(connection, this.#log, settings.codec);
    this.#sleepers = new Sleepers(clock);
    this.#lanes = new Lanes(
      this.#reader,
      settings.maxQueuedCommands,
      new Session.#LaneHost(this),
    );
    this.#idle = new IdleTimer(
      host.idle,
      () => this.#endWith("info", "Control connection timed out."),
    );
    this.#data = new DataChannel(new Session.#DataHost(this));
    this.view = new LiveView(
      new Session.#ViewSource(this, id, clock.wallTime()),
    );
    this.#login = new SessionLogin({
      connection,
      settings,
      accounts: host.accounts,
      state: this.#state,
      data: this.#data,
      log: this.#log,
      reader: this.#reader,
      aborting: this.#aborting,
    });
  }

  /**
   * Serves the client until the session is over. Never rejects.
   *
   * @param implicitTls the client begins with a TLS handshake
   */
  async run(implicitTls: boolean = false): Promise<void> {
    const { hooks, banner } = this.#host.settings;
    const event = { session: this.view };
    this.#log.write("info", "FTP session opened (connect)");
    try {
      if (implicitTls) await secureControl(this.#makeUpgrade());
      if (hooks.connect !== undefined) {
        await runHook(this.#log, "connect", () => hooks.connect?.(event));
      }
      this.#reply(messageReply(220, banner(this.view)));
      await this.#lanes.run();
    } catch (error) {
      this.#log.error("Cannot go on with the session", error);
    }
    await this.#finish();
    await runHook(this.#log, "disconnect", () => hooks.disconnect?.(event));
    this.#log.write("info", "FTP session closed (disconnect).");
  }

  /** Whether a transfer is under way, or promised. */
  get isTransferring(): boolean {
    return this.#data.isBusy;
  }

  /**
   * The server is closing: ends the session, at once or after the transfer
   * that is under way.
   */
  shutDown(when: "after-transfer" | "now"): void {
    if (when === "now") {
      this.#stop();
      this.#connection.close();
      void this.#data.close(); // never rejects
    } else {
      void this.#data.whenIdle().then(() => {
        this.#reply(reply(421, "Server is shutting down."));
        this.#stop();
      });
    }
  }

  async #serve(incoming: Incoming): Promise<void> {
    this.#idle.touch();
    await this.#pauses.over();
    if (this.#ending) return;
    const { settings } = this.#host;
    const understood = understand(incoming, settings, this.#log);
    const { hooks } = settings;
    const told = commandHook(this.#log, hooks, this.view, understood);
    if (told !== null) {
      await told;
      if (this.#ending) return;
    }
    if (understood.kind === "command") {
      await this.#execute(understood.command);
    } else {
      const { note } = understood;
      if (note !== undefined) this.#log.write(note.level, note.text);
      if (understood.reply !== null) {
        this.#reply(understood.reply, understood.secret);
      }
      if (understood.ends) this.#stop();
    }
    if (this.#output.isFull) await this.#output.flushed();
  }

  async #execute(command: FoundCommand): Promise<void> {
    const { verb, argument } = command;
    const at = this.#host.platform.clock.wallTime();
    this.#state.command = { verb, argument, at };
    if (command.spec.data !== undefined && this.#data.transfer !== null) {
      const ended = await transferEnded(
        this.#data,
        this.#lanes,
        this.#sleepers,
      );
      if (!this.#ending && !ended) {
        return this.#reply(reply(425, "Transfer already in progress."));
      }
      await this.#pauses.over();
    }
    // Made anew: a session that is idle needs none, and there may be many.
    if (!this.#ending) await dispatch(command, this.#makeDispatchHost());
  }

  /** What comes after the end is not sent: the end had the last word. */
  #reply(answer: Reply, secret: boolean = false): void {
    if (!this.#ending) this.#output.reply(answer, secret);
  }

  #endWith(level: "info" | "warn", text: string): void {
    this.#log.write(level, text);
    this.#reply(reply(421, text));
    this.#stop();
  }

  /** QUIT: no more commands, but a transfer under way goes on to its end. */
  #quit(): void {
    this.#quitting = true;
    this.#reader.stop();
  }

  /** Ends the session: wakes whoever waits for input, sleep or a login. */
  #stop(): void {
    if (this.#ending) return;
    this.#ending = true;
    this.#reader.stop();
    this.#aborting.abort();
    this.#sleepers.wakeAll();
    // Should the last replies not leave, or a handler never end.
    this.#cancelFarewell = this.#host.platform.clock.after(
      FAREWELL_MS,
      () => this.#connection.close(),
    );
  }

  /** Stops what still runs, sends what is queued, and closes. */
  async #finish(): Promise<void> {
    if (this.#quitting) await this.#data.ended;
    this.#stop();
    this.#idle.stop();
    await this.#data.close();
    await this.#pauses.over();
    this.#login.release();
    await this.#output.flushed();
    try {
      await this.#connection.closeWrite();
    } catch {
      // Gone already.
    }
    const pending = this.#reader.pendingRead;
    await this.#host.lingering.add(this.#connection, pending ?? undefined);
    this.#cancelFarewell();
  }

  /** A class for the same reason as {@linkcode SessionDataHost}. */
  static readonly #LaneHost = class implements LaneHost {
    readonly #of: Session;

    constructor(session: Session) {
      this.#of = session;
    }

    serve(incoming: Incoming): Promise<void> {
      return this.#of.#serve(incoming);
    }

    mayOvertake(incoming: Incoming): boolean {
      return mayOvertake(incoming, this.#of.#host.settings);
    }

    overflow(): void {
      this.#of.#endWith("warn", "Too many commands wait for a transfer.");
    }

    clientGone(): void {
      this.#of.#stop();
    }

    isOver(): boolean {
      return this.#of.#ending || this.#of.#quitting;
    }
  };

  static readonly #ViewSource = class implements ViewSource {
    readonly id: number;
    readonly startedAt: number;
    readonly #of: Session;

    constructor(session: Session, id: number, startedAt: number) {
      this.#of = session;
      this.id = id;
      this.startedAt = startedAt;
    }

    get connection(): Connection {
      return this.#of.#connection;
    }

    get state(): SessionState {
      return this.#of.#state;
    }

    get data(): DataChannel {
      return this.#of.#data;
    }

    reply(answer: Reply): void {
      this.#of.#reply(answer);
    }

    stop(): void {
      this.#of.#stop();
    }
  };

  static readonly #DataHost = class extends SessionDataHost {
    readonly #of: Session;

    constructor(session: Session) {
      super(
        session.#host,
        session.#connection,
        session.#state,
        session.#tls,
        session.#log,
      );
      this.#of = session;
    }

    reply(answer: Reply): void {
      this.#of.#reply(answer);
    }

    hold(): () => void {
      return this.#of.#output.hold();
    }

    throttle(direction: "send" | "receive"): () => Throttle | null {
      return this.#of.#login.throttle(direction);
    }

    progress(plan: TransferPlan): ((now: number) => void) | null {
      return progressWatcher(plan, this.settings, this.#of.#log, this.#of.view);
    }

    connected(open: boolean): void {
      if (open) this.#of.#idle.pause();
      else if (!this.#of.#ending) this.#of.#idle.resume();
    }

    finished(plan: TransferPlan, result: TransferResult): void {
      const { hooks } = this.settings;
      const { view } = this.#of;
      this.#of.#pauses.add(
        reportTransfer(plan, result, this.#of.#log, hooks, view),
      );
    }

    stalled(): void {
      this.#of.#stop();
    }
  };

  #makeUpgrade(): Upgrade {
    return {
      host: this.#host,
      connection: this.#connection,
      tls: this.#tls,
      reader: this.#reader,
      output: this.#output,
      login: this.#login,
      log: this.#log,
      reply: (answer) => this.#reply(answer),
      isOver: () => this.#ending,
      stop: () => this.#stop(),
    };
  }

  #makeDispatchHost(): DispatchHost {
    const { platform, settings } = this.#host;
    return {
      context: new SessionContext({
        platform,
        settings,
        connection: this.#connection,
        state: this.#state,
        view: this.view,
        data: this.#data,
        log: this.#log,
        reply: (answer) => this.#reply(answer),
        login: this.#login,
        lanes: this.#lanes,
        sleepers: this.#sleepers,
      }),
      log: this.#log,
      reply: (answer) => this.#reply(answer),
      sendPart: (bytes, isLast) => this.#output.sendPart(bytes, isLast),
      end: () => this.#quit(),
      startTls: (answer) => startTls(this.#makeUpgrade(), answer),
      stopTls: (answer) => stopTls(this.#makeUpgrade(), answer),
    };
  }
}

function nothing(): void {}

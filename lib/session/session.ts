import { escapeText } from "../protocol/command_line.ts";
import { LineDecoder } from "../protocol/line_decoder.ts";
import {
  encodeReply,
  messageReply,
  type Reply,
  reply,
} from "../protocol/reply.ts";
import type { LoginRequest } from "../spi/authorizer.ts";
import type { Platform } from "../spi/clock.ts";
import type { Connection } from "../spi/transport.ts";
import { DataChannel } from "../transfer/data_channel.ts";
import type { Lingering } from "../transfer/linger.ts";
import type { TransferResult } from "../transfer/outcome.ts";
import type { TransferPlan } from "../transfer/plan.ts";
import type { PortPool } from "../transfer/port_pool.ts";
import { Aborting } from "./aborting.ts";
import { CommandReader, type Incoming } from "./command_reader.ts";
import type { LoginResult } from "./context.ts";
import { dispatch, type DispatchHost } from "./dispatcher.ts";
import { runHook } from "./hooks.ts";
import { IdleTimer } from "./idle_timer.ts";
import { Lanes } from "./lanes.ts";
import {
  type AccountBook,
  type AccountLease,
  type Login,
  logIn,
  type LoginHost,
  recognize,
} from "./login.ts";
import { Pauses } from "./pauses.ts";
import { progressWatcher } from "./progress.ts";
import { ReplyWriter } from "./reply_writer.ts";
import { SessionContext } from "./session_context.ts";
import { Log } from "./session_log.ts";
import { SessionTls } from "./session_tls.ts";
import { LiveView } from "./session_view.ts";
import type { Settings } from "./settings.ts";
import { Sleepers } from "./sleepers.ts";
import { SessionState } from "./state.ts";
import { reportTransfer } from "./transfer_report.ts";
import { type FoundCommand, mayOvertake, understand } from "./understand.ts";
import type { SessionView } from "./view.ts";

/** What a server gives its sessions. */
export interface SessionHost {
  readonly platform: Platform;
  readonly settings: Settings;
  readonly ports: PortPool;
  readonly lingering: Lingering;
  readonly accounts: AccountBook;
  /** Counts a data connection in; `null` when there are too many. */
  admitData(): (() => void) | null | Promise<(() => void) | null>;
}

/** How long the last replies may take to leave. */
const FAREWELL_MS = 5_000;

/**
 * How long a command for the data connection waits for a transfer that is
 * about to end: a client that has seen the last byte may be faster than our
 * 226.
 */
const TRANSFER_END_MS = 1_000;

/** Replies that a client leaves unread before we stop reading its commands. */
const MAX_UNREAD_REPLY_BYTES = 64 * 1024;

/** One client, from its greeting to its end. */
export class Session {
  readonly view: SessionView;
  readonly #host: SessionHost;
  readonly #connection: Connection;
  readonly #state = new SessionState();
  readonly #log: Log;
  readonly #reader: CommandReader;
  readonly #writer: ReplyWriter;
  readonly #lanes: Lanes;
  readonly #idle: IdleTimer;
  readonly #data: DataChannel;
  readonly #dispatchHost: DispatchHost;
  readonly #aborting = new Aborting();
  readonly #sleepers: Sleepers;
  readonly #tls: SessionTls;
  /** Hooks of transfers that hold the session up. */
  readonly #pauses = new Pauses();
  #lease: AccountLease | null = null;
  /** QUIT was answered: only a transfer under way is waited for. */
  #quitting = false;
  #ending = false;
  #cancelFarewell: () => void = () => {};

  constructor(id: number, connection: Connection, host: SessionHost) {
    this.#host = host;
    this.#connection = connection;
    const { clock } = host.platform;
    const { settings } = host;
    this.#log = this.#makeLog(id);
    this.#tls = new SessionTls(connection, settings.tls, clock, this.#log);
    this.#reader = this.#makeReader();
    this.#writer = new ReplyWriter(connection);
    this.#sleepers = new Sleepers(clock);
    this.#lanes = new Lanes(this.#reader, settings.maxQueuedCommands, {
      serve: (incoming) => this.#serve(incoming),
      mayOvertake: (incoming) => mayOvertake(incoming, settings),
      overflow: () => this.#overflow(),
      clientGone: () => this.#stop(),
      isOver: () => this.#ending || this.#quitting,
    });
    this.#idle = new IdleTimer(
      clock,
      settings.idleTimeoutMs,
      () => this.#endWith("info", "Control connection timed out."),
    );
    this.#data = this.#makeDataChannel();
    this.view = new LiveView({
      id,
      startedAt: clock.wallTime(),
      connection,
      state: this.#state,
      data: this.#data,
      reply: (answer) => this.#reply(answer),
      stop: () => this.#stop(),
    });
    this.#dispatchHost = this.#makeDispatchHost();
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
      if (implicitTls) await this.#secure();
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
    const understood = understand(incoming, this.#host.settings, this.#log);
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
    if (this.#writer.queuedBytes > MAX_UNREAD_REPLY_BYTES) {
      await this.#writer.flushed();
    }
  }

  async #execute(command: FoundCommand): Promise<void> {
    const { verb, argument } = command;
    const at = this.#host.platform.clock.wallTime();
    this.#state.command = { verb, argument, at };
    if (command.spec.data !== undefined && this.#data.transfer !== null) {
      await this.#lanes.meanwhile(
        Promise.race([
          this.#data.ended,
          this.#sleepers.sleep(TRANSFER_END_MS),
        ]),
      );
      if (!this.#ending && this.#data.transfer !== null) {
        return this.#reply(reply(425, "Transfer already in progress."));
      }
      await this.#pauses.over();
    }
    if (!this.#ending) await dispatch(command, this.#dispatchHost);
  }

  /** What comes after the end is not sent: the end had the last word. */
  #reply(answer: Reply, secret: boolean = false): void {
    if (this.#ending) return;
    if (this.#log.isOn("debug")) {
      const text = secret ? "******" : answer.end ?? answer.text;
      this.#log.write("debug", `-> ${answer.code} ${text}`);
    }
    this.#writer.send(encodeReply(answer, this.#host.settings.codec));
  }

  async #sendPart(bytes: Uint8Array, isLast: boolean): Promise<void> {
    this.#writer.sendPart(bytes, isLast);
    if (this.#writer.queuedBytes > MAX_UNREAD_REPLY_BYTES) {
      await this.#writer.flushed();
    }
  }

  #overflow(): void {
    this.#endWith("warn", "Too many commands wait for a transfer.");
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
    this.#lease?.release(this.#data.ended);
    await this.#writer.flushed();
    try {
      await this.#connection.closeWrite();
    } catch {
      // Gone already.
    }
    const pending = this.#reader.pendingRead;
    await this.#host.lingering.add(this.#connection, pending ?? undefined);
    this.#cancelFarewell();
  }

  /** AUTH: the reply, then the handshake (RFC 4217 section 4). */
  async #startTls(answer: Reply): Promise<void> {
    if (this.#reader.holdsInput) {
      // Commands that somebody put behind AUTH in clear must not be taken for
      // the user's own, inside TLS (CVE-2011-0411).
      this.#log.write("warn", "Clear text behind AUTH; connection closed.");
      return this.#stop();
    }
    this.#reply(answer);
    await this.#writer.flushed();
    await this.#logOut();
    await this.#secure();
  }

  async #secure(): Promise<void> {
    if (this.#ending) return;
    if (await this.#tls.start()) this.#reader.restart(this.#makeDecoder());
    else this.#breakOff();
  }

  /** CCC: the reply inside TLS, and what follows in clear. */
  async #stopTls(answer: Reply): Promise<void> {
    this.#reply(answer);
    await this.#writer.flushed();
    if (this.#ending) return;
    if (await this.#tls.stop()) this.#reader.restart(this.#makeDecoder());
    else this.#breakOff();
  }

  #breakOff(): void {
    this.#stop();
    this.#connection.close();
  }

  #transferFinished(plan: TransferPlan, result: TransferResult): void {
    const { hooks } = this.#host.settings;
    this.#pauses.add(
      reportTransfer(plan, result, this.#log, hooks, this.view),
    );
  }

  async #logIn(password: string): Promise<LoginResult> {
    return this.#leased(
      await logIn(this.#loginHost(), { ...this.#credentials(), password }),
    );
  }

  async #recognize(): Promise<LoginResult | null> {
    const result = await recognize(this.#loginHost(), this.#credentials());
    return result === null ? null : this.#leased(result);
  }

  #leased(result: Login): LoginResult {
    if (result.kind === "refused") return result;
    this.#lease?.release(this.#data.ended);
    this.#lease = result.lease;
    return result;
  }

  #credentials(): Omit<LoginRequest, "password"> {
    const { local, remote, tls } = this.#connection;
    return {
      username: this.#state.username,
      remote,
      local,
      secure: tls !== null,
      peerCertificate: tls?.peerCertificate ?? null,
    };
  }

  #loginHost(): LoginHost {
    const { settings, accounts } = this.#host;
    return {
      authorizer: settings.authorizer,
      signal: () => this.#loginSignal(),
      accounts,
      log: this.#log,
    };
  }

  /**
   * For an authorizer that takes its time. The next command is read, not
   * served, as that is how the end of the connection shows.
   */
  #loginSignal(): AbortSignal {
    void this.#reader.peek().then((incoming) => {
      if (incoming === null) this.#aborting.abort();
    }); // never rejects
    return this.#aborting.signal;
  }

  async #logOut(): Promise<void> {
    await this.#data.reset();
    this.#state.resetLogin();
    this.#lease?.release(this.#data.ended);
    this.#lease = null;
  }

  #makeLog(id: number): Log {
    const { settings, platform } = this.#host;
    const { hostname, port } = this.#connection.remote;
    return new Log(settings.log, settings.logLevel, platform.clock, () => ({
      id,
      remoteHostname: hostname,
      remotePort: port,
      username: escapeText(this.#state.username),
    }));
  }

  #makeDecoder(): LineDecoder {
    const { maxLineBytes, lineEnding } = this.#host.settings;
    return new LineDecoder({ maxBytes: maxLineBytes, lineEnding });
  }

  #makeReader(): CommandReader {
    const { maxBytesBeforeLogin } = this.#host.settings;
    return new CommandReader(
      this.#connection,
      this.#makeDecoder(),
      () => this.#state.account === null ? maxBytesBeforeLogin : 0,
    );
  }

  #makeDataChannel(): DataChannel {
    const { platform, settings, ports, lingering } = this.#host;
    return new DataChannel({
      transport: platform.transport,
      clock: platform.clock,
      ports,
      lingering,
      settings,
      local: this.#connection.local,
      remote: this.#connection.remote,
      reply: (answer) => this.#reply(answer),
      log: (level, message) => this.#log.write(level, message),
      mayProtect: () => this.#tls.mayProtect,
      protection: () =>
        this.#state.protectsData ? this.#tls.protection() : null,
      admit: () => this.#host.admitData(),
      throttle: (direction) => this.#lease?.throttle(direction) ?? null,
      connected: (open) => {
        if (open) this.#idle.pause();
        else if (!this.#ending) this.#idle.resume();
      },
      progress: (plan) => progressWatcher(plan, settings, this.#log, this.view),
      finished: (plan, result) => this.#transferFinished(plan, result),
      stalled: () => this.#stop(),
    });
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
        logIn: (password) => this.#logIn(password),
        recognize: () => this.#recognize(),
        logOut: () => this.#logOut(),
        sleep: (milliseconds) => this.#sleepers.sleep(milliseconds),
        meanwhile: (awaited) => this.#lanes.meanwhile(awaited),
      }),
      log: this.#log,
      reply: (answer) => this.#reply(answer),
      sendPart: (bytes, isLast) => this.#sendPart(bytes, isLast),
      end: () => this.#quit(),
      startTls: (answer) => this.#startTls(answer),
      stopTls: (answer) => this.#stopTls(answer),
    };
  }
}

import { FileError } from "../base/errors.ts";
import { LineDecoder } from "../protocol/line_decoder.ts";
import {
  type CommandLine,
  escapeText,
  maskCommandLine,
  parseCommandLine,
} from "../protocol/command_line.ts";
import { resolvePath } from "../protocol/path.ts";
import {
  encodeReply,
  messageReply,
  type Reply,
  reply,
} from "../protocol/reply.ts";
import type { Account } from "../spi/authorizer.ts";
import type { Platform } from "../spi/clock.ts";
import type { LogLevel } from "../spi/log.ts";
import type { Connection } from "../spi/transport.ts";
import { DataChannel } from "../transfer/data_channel.ts";
import type { Lingering } from "../transfer/linger.ts";
import type { TransferResult } from "../transfer/outcome.ts";
import type { TransferPlan } from "../transfer/plan.ts";
import type { PortPool } from "../transfer/port_pool.ts";
import type { Throttle } from "../transfer/throttle.ts";
import { CommandReader, type Incoming } from "./command_reader.ts";
import type { CommandContext, LoginResult } from "./context.ts";
import {
  dispatch,
  type DispatchHost,
  findCommand,
  type FoundCommand,
  isHttpRequest,
} from "./dispatcher.ts";
import type { SessionEvent } from "./events.ts";
import { runHook, transferHook } from "./hooks.ts";
import { IdleTimer } from "./idle_timer.ts";
import { type AccountBook, type AccountLease, logIn } from "./login.ts";
import { isAllowed } from "./permission.ts";
import { ReplyWriter } from "./reply_writer.ts";
import { Log } from "./session_log.ts";
import type { Settings } from "./settings.ts";
import { SessionState } from "./state.ts";
import type { SessionView, TransferView } from "./view.ts";

/** What a server gives its sessions. */
export interface SessionHost {
  readonly platform: Platform;
  readonly settings: Settings;
  readonly ports: PortPool;
  readonly lingering: Lingering;
  readonly accounts: AccountBook;
  /** Counts a data connection in; `null` when there are too many. */
  admitData(): (() => void) | null;
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
  readonly #reader: CommandReader;
  readonly #writer: ReplyWriter;
  readonly #state = new SessionState();
  readonly #data: DataChannel;
  readonly #log: Log;
  readonly #idle: IdleTimer;
  readonly #context: CommandContext;
  readonly #dispatchHost: DispatchHost;
  readonly #aborting = new AbortController();
  readonly #sleepers = new Set<() => void>();
  /** Lines that arrived while a command waited for a transfer. */
  readonly #held: Incoming[] = [];
  #lease: AccountLease | null = null;
  /** Hooks that hold the session up. */
  #pausing: Promise<void> | null = null;
  /** QUIT was answered: only a transfer under way is waited for. */
  #quitting = false;
  #ending = false;
  #cancelFarewell: () => void = () => {};

  constructor(id: number, connection: Connection, host: SessionHost) {
    this.#host = host;
    this.#connection = connection;
    const { settings, platform } = host;
    this.view = this.#makeView(id);
    this.#log = new Log(
      settings.log,
      settings.logLevel,
      platform.clock,
      () => ({
        id,
        remoteHostname: connection.remote.hostname,
        remotePort: connection.remote.port,
        username: escapeText(this.#state.username),
      }),
    );
    this.#reader = new CommandReader(
      connection,
      new LineDecoder({
        maxBytes: settings.maxLineBytes,
        lineEnding: settings.lineEnding,
      }),
      () => this.#state.account === null ? settings.maxBytesBeforeLogin : 0,
    );
    this.#writer = new ReplyWriter(connection);
    this.#idle = new IdleTimer(
      platform.clock,
      settings.idleTimeoutMs,
      () => this.#idleTimeout(),
    );
    this.#data = this.#makeDataChannel();
    this.#context = this.#makeContext();
    this.#dispatchHost = {
      context: this.#context,
      log: this.#log,
      reply: (answer) => this.#reply(answer),
      sendPart: (bytes, isLast) => this.#sendPart(bytes, isLast),
      end: () => this.#quit(),
    };
  }

  /** Serves the client until the session is over. Never rejects. */
  async run(): Promise<void> {
    const { hooks } = this.#host.settings;
    this.#log.write("info", "FTP session opened (connect)");
    try {
      const event: SessionEvent = { session: this.view };
      await runHook(this.#log, "connect", () => hooks.connect?.(event));
      if (!this.#ending) {
        this.#reply(messageReply(220, this.#host.settings.banner(this.view)));
      }
      await this.#serve();
    } catch (error) {
      this.#log.error("Cannot go on with the session", error);
    }
    await this.#finish();
    await runHook(
      this.#log,
      "disconnect",
      () => hooks.disconnect?.({ session: this.view }),
    );
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
        if (this.#ending) return;
        this.#reply(reply(421, "Server is shutting down."));
        this.#stop();
      });
    }
  }

  // The serial lane: one command after the other.
  async #serve(): Promise<void> {
    while (!this.#ending && !this.#quitting) {
      const held = this.#held.shift();
      const incoming = held ?? await this.#reader.peek();
      if (incoming === null) return;
      if (held === undefined) this.#reader.take();
      await this.#serveOne(incoming);
      if (this.#writer.queuedBytes > MAX_UNREAD_REPLY_BYTES) {
        await this.#writer.flushed();
      }
    }
  }

  async #serveOne(incoming: Incoming): Promise<void> {
    this.#idle.touch();
    await this.#hooksDone();
    if (this.#ending) return;
    const command = this.#understand(incoming);
    if (command === null) return;
    if (command.spec.data !== undefined && this.#data.transfer !== null) {
      await this.#meanwhile(
        Promise.race([
          this.#data.ended,
          this.#context.sleep(TRANSFER_END_MS),
        ]),
      );
      if (this.#ending) return;
      if (this.#data.transfer !== null) {
        return this.#reply(reply(425, "Transfer already in progress."));
      }
      await this.#hooksDone();
      if (this.#ending) return;
    }
    await dispatch(command, this.#dispatchHost);
  }

  /**
   * The interrupt lane: while something is awaited, commands that may overtake
   * are answered and others are kept for later.
   */
  async #meanwhile(awaited: Promise<unknown>): Promise<void> {
    let over = false;
    const end = awaited.then(() => {
      over = true;
      return "over" as const;
    });
    for (;;) {
      const incoming = await Promise.race([end, this.#reader.peek()]);
      if (over || incoming === "over") return;
      if (incoming === null) return this.#stop();
      this.#reader.take();
      if (this.#mayOvertake(incoming)) await this.#serveOne(incoming);
      else if (this.#held.length < this.#host.settings.maxQueuedCommands) {
        this.#held.push(incoming);
      } else {
        this.#log.write("warn", "Too many commands wait for a transfer.");
        this.#reply(reply(421, "Too many commands wait for a transfer."));
        return this.#stop();
      }
      if (this.#ending) return;
    }
  }

  #mayOvertake(incoming: Incoming): boolean {
    if (incoming.kind !== "line") return false;
    const line = parseCommandLine(incoming.bytes, this.#host.settings.codec);
    if (line === null) return false;
    const found = findCommand(line, this.#context);
    return found !== null && found.spec.lane === "interrupt" &&
      (found.spec.login !== "with-argument" || found.argument === "");
  }

  /** A command to execute, or `null` when the answer is given already. */
  #understand(incoming: Incoming): FoundCommand | null {
    switch (incoming.kind) {
      case "too-long":
        this.#log.write("warn", "Command too long.");
        this.#reply(reply(500, "Command too long."));
        return null;
      case "flood":
        this.#log.write("warn", "Too much input before login.");
        this.#reply(reply(421, "Too much input before login."));
        this.#stop();
        return null;
      case "tls":
        // Whoever speaks TLS here cannot read a reply of ours.
        this.#log.write("info", "TLS handshake on a clear connection.");
        this.#stop();
        return null;
      case "line":
        return this.#parse(incoming.bytes);
    }
  }

  #parse(bytes: Uint8Array): FoundCommand | null {
    const line = parseCommandLine(bytes, this.#host.settings.codec);
    if (line === null) {
      this.#reply(reply(501, "Can't decode command."));
      return null;
    }
    if (this.#log.isOn("debug")) {
      this.#log.write("debug", `<- ${maskCommandLine(line)}`);
    }
    const found = findCommand(line, this.#context);
    if (found === null) this.#notUnderstood(line);
    return found;
  }

  #notUnderstood(line: CommandLine): void {
    if (isHttpRequest(line)) {
      this.#log.write("warn", "HTTP request on the control connection.");
      this.#reply(reply(421, "This is not an HTTP server."));
      return this.#stop();
    }
    this.#reply(reply(500, `Command "${line.verb}" not understood.`));
  }

  #reply(answer: Reply): void {
    if (this.#log.isOn("debug")) {
      this.#log.write(
        "debug",
        `-> ${answer.code} ${answer.end ?? answer.text}`,
      );
    }
    this.#writer.send(encodeReply(answer, this.#host.settings.codec));
  }

  async #sendPart(bytes: Uint8Array, isLast: boolean): Promise<void> {
    this.#writer.sendPart(bytes, isLast);
    if (this.#writer.queuedBytes > MAX_UNREAD_REPLY_BYTES) {
      await this.#writer.flushed();
    }
  }

  #idleTimeout(): void {
    this.#log.write("info", "Control connection timed out.");
    this.#reply(reply(421, "Control connection timed out."));
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
    for (const wake of this.#sleepers) wake();
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
    await this.#hooksDone();
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

  /** Holds the session up until a hook is done. */
  #pauseFor(hook: Promise<void>): void {
    const pausing = Promise.all([this.#pausing, hook]).then(() => {
      if (this.#pausing === pausing) this.#pausing = null;
    });
    this.#pausing = pausing;
  }

  /** Resolves when no hook of a transfer runs any more. */
  async #hooksDone(): Promise<void> {
    while (this.#pausing !== null) await this.#pausing;
  }

  #transferFinished(plan: TransferPlan, result: TransferResult): void {
    if (plan.kind === "listing") return;
    const seconds = Math.round(result.durationMs) / 1000;
    const completed = result.outcome === "complete" ? 1 : 0;
    if (result.outcome === "aborted" && result.begun) {
      this.#log.write("info", "Transfer aborted via ABOR.");
    }
    if (result.outcome === "file-error") {
      const action = `Cannot go on with ${plan.command}`;
      // A full disk is the operator's business, a broken program ours.
      if (result.error instanceof FileError) {
        this.#log.write("warn", `${action}: ${result.error}`);
      } else this.#log.error(action, result.error);
    }
    this.#log.write(
      "info",
      `${plan.command} ${plan.realPath} completed=${completed} ` +
        `bytes=${result.bytes} seconds=${seconds}`,
      {
        command: plan.command,
        path: plan.realPath,
        completed: completed === 1,
        outcome: result.outcome,
        bytes: result.bytes,
        seconds,
      },
    );
    const event = {
      session: this.view,
      username: plan.username,
      command: plan.command,
      path: plan.path,
      realPath: plan.realPath,
      bytes: result.bytes,
      durationMs: result.durationMs,
      outcome: result.outcome,
    };
    this.#pauseFor(
      transferHook(this.#log, this.#host.settings.hooks, plan.kind, event),
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
      admit: () => this.#host.admitData(),
      throttle: (direction) => this.#throttle(direction),
      connected: (open) => open ? this.#idle.pause() : this.#resumeIdle(),
      finished: (plan, result) => this.#transferFinished(plan, result),
      stalled: () => this.#stop(),
    });
  }

  #resumeIdle(): void {
    if (!this.#ending) this.#idle.resume();
  }

  #throttle(direction: "send" | "receive"): Throttle | null {
    return this.#lease?.throttle(direction) ?? null;
  }

  #makeContext(): CommandContext {
    const session = this;
    const { platform, settings } = this.#host;
    const state = this.#state;
    return {
      settings,
      state,
      session: this.view,
      clock: platform.clock,
      random: platform.random,
      data: this.#data,
      local: this.#connection.local,
      remote: this.#connection.remote,
      get account(): Account {
        if (state.account === null) throw new Error("Nobody is logged in");
        return state.account;
      },
      get files() {
        return this.account.fileSystem;
      },
      allows(action, path) {
        return isAllowed(this.account, action, path);
      },
      resolve: (word) => resolvePath(state.workingDirectory, word),
      locate(path) {
        return state.account?.fileSystem.locate?.(path) ?? path;
      },
      reply: (answer) => session.#reply(answer),
      log: (level: LogLevel, message: string) =>
        session.#log.write(level, message),
      logIn: (password) => session.#logIn(password),
      logOut: () => session.#logOut(),
      sleep: (milliseconds) => session.#sleep(milliseconds),
      hook: (name, run) => runHook(session.#log, name, run),
      meanwhile: (awaited) => session.#meanwhile(awaited),
    };
  }

  async #logIn(password: string): Promise<LoginResult> {
    const { settings, accounts } = this.#host;
    const connection = this.#connection;
    const result = await logIn(
      settings.authorizer,
      {
        username: this.#state.username,
        password,
        remote: connection.remote,
        local: connection.local,
        secure: connection.tls !== null,
        peerCertificate: connection.tls?.peerCertificate ?? null,
      },
      this.#aborting.signal,
      accounts,
      this.#log,
    );
    if (result.kind === "refused") return result;
    this.#lease?.release(this.#data.ended);
    this.#lease = result.lease;
    return result;
  }

  async #logOut(): Promise<void> {
    await this.#data.reset();
    this.#state.resetLogin();
    this.#lease?.release(this.#data.ended);
    this.#lease = null;
  }

  #sleep(milliseconds: number): Promise<void> {
    if (this.#ending || milliseconds === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        cancel();
        this.#sleepers.delete(wake);
        resolve();
      };
      const cancel = this.#host.platform.clock.after(milliseconds, wake);
      this.#sleepers.add(wake);
    });
  }

  #makeView(id: number): SessionView {
    const session = this;
    const { local, remote } = this.#connection;
    const state = this.#state;
    return {
      id,
      local,
      remote,
      startedAt: this.#host.platform.clock.wallTime(),
      get username() {
        return state.username;
      },
      get account() {
        return state.account;
      },
      get workingDirectory() {
        return state.workingDirectory;
      },
      get secure() {
        return session.#connection.tls !== null;
      },
      get transfer() {
        return session.#transferView();
      },
      respond: (code, text) => session.#reply(messageReply(code, text)),
      disconnect: () => session.#stop(),
    };
  }

  #transferView(): TransferView | null {
    const { transfer } = this.#data;
    if (transfer === null) return null;
    const { plan, bytes, elapsedMs } = transfer;
    const direction = plan.kind === "receive" ? "receive" : "send";
    const { command, path } = plan;
    return { command, path, direction, bytes, elapsedMs };
  }
}

import { resolvePath } from "../protocol/path.ts";
import type { Reply } from "../protocol/reply.ts";
import type { Account, Action } from "../spi/authorizer.ts";
import type { Clock, Platform, Random } from "../spi/clock.ts";
import type { FileSystem } from "../spi/file_system.ts";
import type { LogLevel } from "../spi/log.ts";
import type { Connection, Endpoint } from "../spi/transport.ts";
import type { DataChannel } from "../transfer/data_channel.ts";
import type { CommandContext, LoginResult } from "./context.ts";
import { runHook } from "./hooks.ts";
import type { Lanes } from "./lanes.ts";
import { isAllowed } from "./permission.ts";
import type { Log } from "./session_log.ts";
import type { SessionLogin } from "./session_login.ts";
import type { Settings } from "./settings.ts";
import type { Sleepers } from "./sleepers.ts";
import type { SessionState } from "./state.ts";
import type { SessionView } from "./view.ts";

/** What a context is made of. */
export interface ContextParts {
  readonly platform: Platform;
  readonly settings: Settings;
  readonly connection: Connection;
  readonly state: SessionState;
  readonly view: SessionView;
  readonly data: DataChannel;
  readonly log: Log;
  readonly login: SessionLogin;
  readonly lanes: Lanes;
  readonly sleepers: Sleepers;
  reply(reply: Reply): void;
}

/** What the handlers of one session are given. */
export class SessionContext implements CommandContext {
  readonly settings: Settings;
  readonly state: SessionState;
  readonly session: SessionView;
  readonly clock: Clock;
  readonly random: Random;
  readonly data: DataChannel;
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly #parts: ContextParts;

  constructor(parts: ContextParts) {
    this.#parts = parts;
    this.settings = parts.settings;
    this.state = parts.state;
    this.session = parts.view;
    this.clock = parts.platform.clock;
    this.random = parts.platform.random;
    this.data = parts.data;
    this.local = parts.connection.local;
    this.remote = parts.connection.remote;
  }

  get account(): Account {
    const { account } = this.state;
    if (account === null) throw new Error("Nobody is logged in");
    return account;
  }

  get files(): FileSystem {
    return this.account.fileSystem;
  }

  allows(action: Action, path: string): Promise<boolean> {
    return isAllowed(this.account, action, path);
  }

  resolve(word: string): string {
    return resolvePath(this.state.workingDirectory, word);
  }

  locate(path: string): string {
    return this.state.account?.fileSystem.locate?.(path) ?? path;
  }

  reply(reply: Reply): void {
    this.#parts.reply(reply);
  }

  log(level: LogLevel, message: string): void {
    this.#parts.log.write(level, message);
  }

  logIn(password: string): Promise<LoginResult> {
    return this.#parts.login.logIn(password);
  }

  recognize(): Promise<LoginResult | null> {
    return this.#parts.login.recognize();
  }

  logOut(): Promise<void> {
    return this.#parts.login.logOut();
  }

  sleep(milliseconds: number): Promise<void> {
    return this.#parts.sleepers.sleep(milliseconds);
  }

  hook(name: string, run: () => void | Promise<void>): Promise<void> {
    return runHook(this.#parts.log, name, run);
  }

  meanwhile(awaited: Promise<unknown>): Promise<void> {
    return this.#parts.lanes.meanwhile(awaited);
  }
}

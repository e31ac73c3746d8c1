import type { Reply } from "../protocol/reply.ts";
import type { Account, Action } from "../spi/authorizer.ts";
import type { Clock, Random } from "../spi/clock.ts";
import type { FileSystem } from "../spi/file_system.ts";
import type { LogLevel } from "../spi/log.ts";
import type { Endpoint } from "../spi/transport.ts";
import type { DataChannel } from "../transfer/data_channel.ts";
import type { Settings } from "./settings.ts";
import type { SessionState } from "./state.ts";
import type { SessionView } from "./view.ts";

/** What a command's handler may see and do. */
export interface CommandContext {
  readonly settings: Settings;
  readonly state: SessionState;
  readonly session: SessionView;
  readonly clock: Clock;
  readonly random: Random;
  readonly data: DataChannel;
  readonly local: Endpoint;
  readonly remote: Endpoint;
  /** @throws {Error} when nobody is logged in; the gates see to that */
  readonly account: Account;
  readonly files: FileSystem;
  /** Whether the user may do this to the path, its links resolved too. */
  allows(action: Action, path: string): Promise<boolean>;
  /** The absolute virtual path of a client's word. */
  resolve(word: string): string;
  /** For the log and for hooks. */
  locate(path: string): string;
  /** Sends a reply ahead of the one that the handler returns. */
  reply(reply: Reply): void;
  log(level: LogLevel, message: string): void;
  /** Asks the authorizer; resolves with the outcome of the login. */
  logIn(password: string): Promise<LoginResult>;
  /** Forgets the login and what belongs to it. */
  logOut(): Promise<void>;
  /** Milliseconds on the server's clock; shorter when the session ends. */
  sleep(milliseconds: number): Promise<void>;
  /** Runs a hook of the host; what it throws is logged. Never rejects. */
  hook(name: string, run: () => void | Promise<void>): Promise<void>;
  /**
   * Waits for something while commands of the interrupt lane are answered.
   * Returns early when the client is gone.
   */
  meanwhile(awaited: Promise<unknown>): Promise<void>;
}

/** How a login went. */
export type LoginResult =
  | { readonly kind: "accepted"; readonly account: Account }
  | { readonly kind: "refused"; readonly text: string };

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
  /** The server's options, resolved. */
  readonly settings: Settings;
  /** What the session remembers between commands. */
  readonly state: SessionState;
  /** The session as hooks see it. */
  readonly session: SessionView;
  /** The server's clock. */
  readonly clock: Clock;
  /** The server's randomness. */
  readonly random: Random;
  /**
   * Makes data connections ready, for the server's own commands. A command of
   * the host returns a transfer.
   *
   * @internal
   */
  readonly data: DataChannel;
  /** Our end of the control connection. */
  readonly local: Endpoint;
  /** The client's end of the control connection. */
  readonly remote: Endpoint;
  /**
   * Who is logged in.
   *
   * @throws {Error} when nobody is; the gates see to that
   */
  readonly account: Account;
  /** The files of the account. */
  readonly files: FileSystem;
  /** Whether the user may do this to the path, its links resolved too. */
  allows(action: Action, path: string): Promise<boolean>;
  /** The absolute virtual path of a client's word. */
  resolve(word: string): string;
  /** For the log and for hooks. */
  locate(path: string): string;
  /** Sends a reply ahead of the one that the handler returns. */
  reply(reply: Reply): void;
  /** Adds a record to the log, with the session's name on it. */
  log(level: LogLevel, message: string): void;
  /** Asks the authorizer; resolves with the outcome of the login. */
  logIn(password: string): Promise<LoginResult>;
  /** Whether the client's certificate is enough; `null`: ask for a password. */
  recognize(): Promise<LoginResult | null>;
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
  | { readonly kind: "refused"; readonly text: string }
  /** It cannot be told now. */
  | { readonly kind: "unavailable" };

import type { LoginRequest } from "../spi/authorizer.ts";
import type { Connection } from "../spi/transport.ts";
import type { DataChannel } from "../transfer/data_channel.ts";
import type { Throttle } from "../transfer/throttle.ts";
import type { Aborting } from "./aborting.ts";
import type { CommandReader } from "./command_reader.ts";
import type { LoginResult } from "./context.ts";
import {
  type AccountBook,
  type AccountLease,
  type Login,
  logIn,
  type LoginHost,
  recognize,
} from "./login.ts";
import type { Log } from "./session_log.ts";
import type { Settings } from "./settings.ts";
import type { SessionState } from "./state.ts";

/** What logging in touches of a session. */
export interface SessionLoginParts {
  readonly connection: Connection;
  readonly settings: Settings;
  readonly accounts: AccountBook;
  readonly state: SessionState;
  readonly data: DataChannel;
  readonly log: Log;
  readonly reader: CommandReader;
  /** Of the session. */
  readonly aborting: Aborting;
}

/** Who a session's user is, and the place that the user has on the server. */
export class SessionLogin {
  readonly #parts: SessionLoginParts;
  #lease: AccountLease | null = null;

  constructor(parts: SessionLoginParts) {
    this.#parts = parts;
  }

  /** By name and password. */
  async logIn(password: string): Promise<LoginResult> {
    return this.#leased(
      await logIn(this.#host(), { ...this.#credentials(), password }),
    );
  }

  /** By certificate; `null` when a password is needed. */
  async recognize(): Promise<LoginResult | null> {
    const result = await recognize(this.#host(), this.#credentials());
    return result === null ? null : this.#leased(result);
  }

  /** Nobody is logged in any more; a transfer under way goes on. */
  async logOut(): Promise<void> {
    await this.#parts.data.reset();
    this.#parts.state.resetLogin();
    this.release();
  }

  /** Gives the place back. Idempotent. */
  release(): void {
    this.#lease?.release(this.#parts.data.ended);
    this.#lease = null;
  }

  /** For one transfer: what slows it down now. */
  throttle(direction: "send" | "receive"): () => Throttle | null {
    return this.#lease?.throttle(direction) ?? (() => null);
  }

  /**
   * For an authorizer that takes its time. The next command is read, not
   * served, as that is how the end of the connection shows.
   */
  #signal(): AbortSignal {
    const { reader, aborting } = this.#parts;
    void reader.peek().then((incoming) => {
      if (incoming === null) aborting.abort();
    }); // never rejects
    return aborting.signal;
  }

  #leased(result: Login): LoginResult {
    if (result.kind !== "accepted") return result;
    this.release();
    this.#lease = result.lease;
    return result;
  }

  #host(): LoginHost {
    const { settings, accounts, log } = this.#parts;
    return {
      authorizer: settings.authorizer,
      signal: () => this.#signal(),
      accounts,
      log,
    };
  }

  #credentials(): Omit<LoginRequest, "password"> {
    const { local, remote, tls } = this.#parts.connection;
    return {
      username: this.#parts.state.username,
      remote,
      local,
      secure: tls !== null,
      peerCertificate: tls?.peerCertificate ?? null,
    };
  }
}

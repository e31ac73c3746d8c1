import type { Reply } from "../protocol/reply.ts";
import type { Connection } from "../spi/transport.ts";
import type { CommandReader } from "./command_reader.ts";
import type { Log } from "./session_log.ts";
import type { SessionLogin } from "./session_login.ts";
import type { SessionOutput } from "./session_output.ts";
import { makeDecoder, type SessionHost } from "./session_parts.ts";
import type { SessionTls } from "./session_tls.ts";

/** What becoming another connection touches of a session. */
export interface UpgradeParts {
  readonly tls: SessionTls;
  readonly reader: CommandReader;
  readonly log: Log;
  readonly host: SessionHost;
  /** The one that becomes another. */
  readonly connection: Connection;
  readonly output: SessionOutput;
  readonly login: SessionLogin;
  reply(answer: Reply): void;
  isOver(): boolean;
  /** Ends the session. */
  stop(): void;
}

/** The control connection becomes one inside TLS, or a clear one again. */
export class Upgrades {
  readonly #parts: UpgradeParts;

  constructor(parts: UpgradeParts) {
    this.#parts = parts;
  }

  /** The handshake; without one the session is over. */
  async secure(): Promise<void> {
    if (!this.#parts.isOver()) this.#goOn(await this.#parts.tls.start());
  }

  /** AUTH: the reply, then the handshake (RFC 4217 section 4). */
  async startTls(answer: Reply): Promise<void> {
    const { reader, log, output, login } = this.#parts;
    if (reader.holdsInput) {
      // Commands that somebody put behind AUTH in clear must not be taken for
      // the user's own, inside TLS (CVE-2011-0411).
      log.write("warn", "Clear text behind AUTH; connection closed.");
      return this.#parts.stop();
    }
    this.#parts.reply(answer);
    await output.flushed();
    await login.logOut();
    await this.secure();
  }

  /** CCC: the reply inside TLS, and what follows in clear. */
  async stopTls(answer: Reply): Promise<void> {
    const { tls, output } = this.#parts;
    this.#parts.reply(answer);
    await output.flushed();
    if (!this.#parts.isOver()) this.#goOn(await tls.stop());
  }

  /** Commands are read from their beginning, or never again. */
  #goOn(succeeded: boolean): void {
    const { reader, host, connection } = this.#parts;
    if (succeeded) return reader.restart(makeDecoder(host));
    this.#parts.stop();
    connection.close();
  }
}

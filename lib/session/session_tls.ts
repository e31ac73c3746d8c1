import { messageOf } from "../base/errors.ts";
import type { Clock } from "../spi/clock.ts";
import type { Connection, TlsConfig, TlsInfo } from "../spi/transport.ts";
import { limited, type Protection, secure } from "../transfer/protection.ts";
import type { Log } from "./session_log.ts";
import type { TlsSettings } from "./tls_settings.ts";

/** TLS of one session: on its control connection, and for the others. */
export class SessionTls {
  readonly #connection: Connection;
  readonly #settings: TlsSettings | null;
  readonly #clock: Clock;
  readonly #log: Log;
  #config: TlsConfig | null = null;
  #wasSecured = false;

  constructor(
    connection: Connection,
    settings: TlsSettings | null,
    clock: Clock,
    log: Log,
  ) {
    this.#connection = connection;
    this.#settings = settings;
    this.#clock = clock;
    this.#log = log;
  }

  /** Whether data connections may be protected; CCC does not end that. */
  get mayProtect(): boolean {
    return this.#wasSecured;
  }

  /**
   * The handshake on the control connection.
   *
   * @returns false when it failed: the session is over
   */
  async start(): Promise<boolean> {
    const settings = this.#settings;
    if (settings === null) return false;
    try {
      await secure(
        this.#connection,
        this.#configOf(settings),
        { timeoutMs: settings.handshakeTimeoutMs },
        this.#clock,
      );
    } catch (error) {
      this.#log.write("info", "SSL handshake failed.", {
        error: messageOf(error),
      });
      return false;
    }
    this.#wasSecured = true;
    this.#log.write("debug", describe("control", this.#connection.tls));
    return true;
  }

  /**
   * CCC: the control connection goes on in clear (RFC 4217 section 6).
   *
   * @returns false when the client did not go along: the session is over
   */
  async stop(): Promise<boolean> {
    const connection = this.#connection;
    if (connection.stopTls === undefined || this.#settings === null) {
      return false;
    }
    try {
      await limited(
        connection,
        this.#settings.handshakeTimeoutMs,
        this.#clock,
        () => connection.stopTls?.(),
      );
    } catch (error) {
      this.#log.write("info", "Cannot end TLS.", { error: messageOf(error) });
      return false;
    }
    return true;
  }

  /** How a data connection is protected that begins now. */
  protection(): Protection | null {
    const settings = this.#settings;
    if (settings === null || !this.#wasSecured) return null;
    return {
      config: this.#configOf(settings),
      handshakeTimeoutMs: settings.handshakeTimeoutMs,
      closeNotifyRequired: settings.closeNotifyRequired,
      resumptionRequired: settings.resumptionRequired,
      secured: (tls) => this.#log.write("debug", describe("data", tls)),
    };
  }

  /** One for the whole session: data connections resume its TLS session. */
  #configOf(settings: TlsSettings): TlsConfig {
    if (this.#config === null) {
      const config = settings.config((error) =>
        this.#log.write(
          "error",
          `Cannot use the new certificate: ${messageOf(error)}`,
        )
      );
      // Another object is another context, which knows its own sessions only.
      this.#config = settings.resumptionRequired ? { ...config } : config;
    }
    return this.#config;
  }
}

function describe(what: string, tls: TlsInfo | null): string {
  const { protocol, cipher, resumed } = tls ?? {};
  const words = [protocol, cipher, resumed === true ? "resumed" : null];
  return [`TLS on the ${what} connection:`, ...words].filter(Boolean).join(" ");
}

import { formatEndpoint, sameAddress } from "../protocol/address.ts";
import { reply } from "../protocol/reply.ts";
import type { Connection, Endpoint, Listener } from "../spi/transport.ts";
import { type DataHost, replyLogged } from "./data_host.ts";
import { listenPassive } from "./passive_listener.ts";

/** Who is told of the end of the wait: one of the two, once. */
export interface PassiveEvents {
  /** The client is there; the place that it takes is handed on with it. */
  connected(connection: Connection, release: () => void): void;
  timedOut(): void;
}

/** A port that waits for one connection of the client. */
export class PassiveEndpoint {
  readonly kind = "listening";
  readonly #host: DataHost;
  readonly #listener: Listener;
  readonly #release: () => void;
  readonly #events: PassiveEvents;
  readonly #cancelTimer: () => void;
  #waiting = true;
  #strangerSeen = false;

  private constructor(
    host: DataHost,
    listener: Listener,
    release: () => void,
    events: PassiveEvents,
  ) {
    this.#host = host;
    this.#listener = listener;
    this.#release = release;
    this.#events = events;
    const { passiveTimeoutMs } = host.settings;
    this.#cancelTimer = passiveTimeoutMs === 0
      ? () => {}
      : host.clock.after(passiveTimeoutMs, () => this.#timeOut());
    void this.#accept(); // never rejects
  }

  /**
   * @param release gives the place back that the port takes
   * @throws {TransportError} when no port can be had
   */
  static async open(
    host: DataHost,
    release: () => void,
    events: PassiveEvents,
  ): Promise<PassiveEndpoint> {
    const listener = await listenPassive(host);
    const leave = (): void => {
      host.ports.release(listener.local.port);
      release();
    };
    return new PassiveEndpoint(host, listener, leave, events);
  }

  get local(): Endpoint {
    return this.#listener.local;
  }

  drop(): void {
    this.#stop();
    this.#release();
  }

  /**
   * The client's connection, when it is there already and nobody was told;
   * the place that it takes goes with it.
   */
  take(): { readonly connection: Connection; release(): void } | null {
    while (this.#waiting) {
      const connection = this.#listener.acceptNow?.() ?? null;
      if (connection === null) break;
      if (this.#isOurs(connection)) {
        return { connection, release: this.#release };
      }
    }
    return null;
  }

  #stop(): void {
    this.#waiting = false;
    this.#cancelTimer();
    this.#listener.close();
  }

  #timeOut(): void {
    if (!this.#waiting) return;
    this.drop();
    this.#events.timedOut();
  }

  async #accept(): Promise<void> {
    while (this.#waiting) {
      const connection = await this.#listener.accept().catch(() => null);
      if (connection === null) return;
      if (this.#isOurs(connection)) {
        this.#events.connected(connection, this.#release);
      }
    }
  }

  /** Ends the wait when it is the one that we wait for, else closes it. */
  #isOurs(connection: Connection): boolean {
    const isOurs = this.#waiting && this.#isWelcome(connection);
    if (isOurs) this.#stop();
    else connection.close();
    return isOurs;
  }

  /** Only the client itself, unless others may come too (RFC 2577). */
  #isWelcome(connection: Connection): boolean {
    const host = this.#host;
    const peer = formatEndpoint(connection.remote);
    if (sameAddress(connection.remote.hostname, host.remote.hostname)) {
      return true;
    }
    if (host.settings.permitForeignAddresses) {
      host.log("warn", `Established data connection with foreign ${peer}.`);
      return true;
    }
    const text = `Rejected data connection from foreign address ${peer}.`;
    // Once is enough: a stranger must not be able to fill the client's control
    // connection with replies.
    if (this.#strangerSeen) host.log("warn", text);
    else replyLogged(host, "warn", reply(425, text));
    this.#strangerSeen = true;
    return false;
  }
}

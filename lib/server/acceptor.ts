import { ConfigError, messageOf } from "../base/errors.ts";
import { formatEndpoint } from "../protocol/address.ts";
import type { Log } from "../session/session_log.ts";
import type { Clock } from "../spi/clock.ts";
import type { Connection, Endpoint, Listener } from "../spi/transport.ts";
import { abilitiesFor, type ListenerAbilities } from "./listen_address.ts";
import type { ServerSettings } from "./options.ts";

/** How long a server waits after a failed accept: descriptors may be short. */
const ACCEPT_RETRY_MS = 100;

/** How a listener was opened. */
export interface Opened {
  /** `null`: by the host, who knows. */
  readonly abilities: ListenerAbilities | null;
  readonly implicitTls: boolean;
}

/** Who is told of connections. */
export interface AcceptorHost {
  readonly clock: Clock;
  /** The one of now. */
  log(): Log;
  /** Resolves when the connection is over. */
  serve(connection: Connection, implicitTls: boolean): Promise<void>;
}

/** The listeners of a server, and the work that comes from them. */
export class Acceptor {
  readonly #host: AcceptorHost;
  readonly #listeners = new Map<Listener, Opened>();
  readonly #running = new Set<Promise<void>>();
  /** Ends the pauses after failed accepts. */
  readonly #pauses = new Set<() => void>();

  constructor(host: AcceptorHost) {
    this.#host = host;
  }

  /** One for each listener, always the same objects. */
  get addresses(): readonly Endpoint[] {
    return [...this.#listeners.keys()].map((listener) => listener.local);
  }

  /** What is not over: accepting, and serving what was accepted. */
  get running(): ReadonlySet<Promise<void>> {
    return this.#running;
  }

  /** Accepts on one more. */
  add(listener: Listener, opened: Opened): void {
    this.#listeners.set(listener, opened);
    this.#own(this.#acceptAll(listener, opened.implicitTls));
  }

  /**
   * Looks whether the listeners are of use with other settings.
   *
   * @throws {ConfigError} when one is not
   */
  check(settings: ServerSettings): void {
    for (const [listener, opened] of this.#listeners) {
      const problem = misfit(opened, settings);
      if (problem === null) continue;
      const where = formatEndpoint(listener.local);
      throw new ConfigError(`Cannot reconfigure: ${where} ${problem}`);
    }
  }

  /** @param where one of `addresses`, the object itself; left out: all */
  close(where?: Endpoint): void {
    for (const listener of [...this.#listeners.keys()]) {
      if (where !== undefined && listener.local !== where) continue;
      this.#listeners.delete(listener);
      listener.close();
    }
    for (const wake of this.#pauses) wake();
  }

  async #acceptAll(listener: Listener, implicitTls: boolean): Promise<void> {
    for (;;) {
      try {
        const connection = await listener.accept();
        if (connection === null) return;
        this.#own(this.#host.serve(connection, implicitTls));
      } catch (error) {
        if (!this.#listeners.has(listener)) return;
        // One client that could not be accepted must not end the service.
        const where = formatEndpoint(listener.local);
        this.#host.log().write(
          "error",
          `Cannot accept on ${where}: ${messageOf(error)}`,
        );
        await this.#pause(ACCEPT_RETRY_MS);
      }
    }
  }

  #pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        cancel();
        this.#pauses.delete(wake);
        resolve();
      };
      const cancel = this.#host.clock.after(milliseconds, wake);
      this.#pauses.add(wake);
    });
  }

  #own(work: Promise<void>): void {
    const owned: Promise<void> = work.then(
      () => void this.#running.delete(owned),
      (error: unknown) => {
        this.#host.log().error("Cannot serve a connection", error);
        this.#running.delete(owned);
      },
    );
    this.#running.add(owned);
  }
}

/** Why a listener is of no use with other settings; `null`: it is. */
function misfit(
  { abilities, implicitTls }: Opened,
  settings: ServerSettings,
): string | null {
  const { upgradable, stoppable } = abilitiesFor(settings);
  if (implicitTls && !upgradable) return "was opened for implicit TLS";
  if (abilities === null) return null;
  if (upgradable && !abilities.upgradable) return "was opened without TLS";
  return stoppable && !abilities.stoppable ? "was opened without CCC" : null;
}

import { ConfigError } from "../base/errors.ts";
import { formatEndpoint } from "../protocol/address.ts";
import { IdleWatch } from "../session/idle_timer.ts";
import { Session } from "../session/session.ts";
import { Log } from "../session/session_log.ts";
import type { SessionHost } from "../session/session_parts.ts";
import type { SessionView } from "../session/view.ts";
import type { Platform } from "../spi/clock.ts";
import type { Connection, Endpoint, Listener } from "../spi/transport.ts";
import { Lingering } from "../transfer/linger.ts";
import { PortPool } from "../transfer/port_pool.ts";
import { Acceptor } from "./acceptor.ts";
import { Accounts } from "./accounts.ts";
import { ConnectionLimits, type Refusal } from "./limits.ts";
import {
  abilitiesFor,
  type ListenPlace,
  openListener,
} from "./listen_address.ts";
import {
  resolveOptions,
  type ServerOptions,
  type ServerSettings,
} from "./options.ts";
import { refusalText, turnAway } from "./refusal.ts";
import type { TlsOptions } from "./tls_options.ts";

/** What `close` may be told. */
export interface CloseOptions {
  /**
   * Milliseconds that transfers under way may take to end.
   * @default {0}
   */
  readonly graceMs?: number;
}

/**
 * An FTP server over any transport.
 *
 * @example A server in memory, for tests
 * ```ts
 * import { FtpServer } from "anyftpd/core";
 * import { memoryPlatform, MemoryFileSystem } from "anyftpd/memory";
 * import { MemoryAuthorizer } from "anyftpd/core";
 *
 * const authorizer = new MemoryAuthorizer();
 * authorizer.addAnonymous({ fileSystem: new MemoryFileSystem() });
 * const server = new FtpServer(memoryPlatform(), { authorizer });
 * await server.listen({ hostname: "127.0.0.1", port: 21 });
 * await server.close();
 * ```
 */
export class FtpServer implements AsyncDisposable {
  readonly #platform: Platform;
  #settings: ServerSettings;
  #log: Log;
  readonly #limits: ConnectionLimits;
  readonly #lingering: Lingering;
  readonly #accounts: Accounts;
  /** What sessions are given that begin now. */
  #sessionHost: SessionHost;
  readonly #acceptor: Acceptor;
  readonly #sessions = new Map<Session, Promise<void>>();
  #lastId = 0;
  #closing = false;

  /**
   * A server that does not listen yet.
   *
   * @throws {ConfigError} when an option does not hold
   */
  constructor(platform: Platform, options: ServerOptions) {
    const settings = resolveOptions(options, platform.transport);
    this.#platform = platform;
    this.#settings = settings;
    this.#log = new Log(settings.log, settings.logLevel, platform.clock);
    this.#limits = new ConnectionLimits(settings);
    this.#lingering = new Lingering(platform.clock);
    this.#accounts = new Accounts(settings, platform.clock);
    this.#sessionHost = this.#hostFor(settings);
    this.#acceptor = new Acceptor({
      clock: platform.clock,
      log: () => this.#log,
      serve: (connection, implicitTls) =>
        this.handle(connection, { implicitTls }),
    });
  }

  #hostFor(settings: ServerSettings): SessionHost {
    const platform = this.#platform;
    return {
      platform,
      settings,
      ports: new PortPool(settings.passivePorts, platform.random),
      lingering: this.#lingering,
      idle: new IdleWatch(platform.clock, settings.idleTimeoutMs),
      accounts: this.#accounts,
      admitData: () => this.#admitData(),
    };
  }

  /** Where the server listens. */
  get addresses(): readonly Endpoint[] {
    return this.#acceptor.addresses;
  }

  /**
   * Where the server listens, if it does in one place.
   *
   * @throws {ConfigError} when it does not listen
   */
  get address(): Endpoint {
    const [first] = this.addresses;
    if (first === undefined) {
      throw new ConfigError("Cannot tell the address: server does not listen");
    }
    return first;
  }

  /** Everybody who is connected now. */
  get sessions(): readonly SessionView[] {
    return [...this.#sessions.keys()].map((session) => session.view);
  }

  /** How many are connected now. */
  get sessionCount(): number {
    return this.#sessions.size;
  }

  /** Transfers that are under way. */
  get transferCount(): number {
    let count = 0;
    for (const session of this.#sessions.keys()) {
      if (session.isTransferring) count++;
    }
    return count;
  }

  /**
   * Listens on an address, a Unix socket or a descriptor, or takes over a
   * listener that the host opened. May be called several times.
   *
   * @param options `implicitTls`: clients begin with a TLS handshake, as on
   * port 990
   * @returns the address that is really bound; of a Unix socket, 127.0.0.1 and
   * port 0. The same object is among `addresses`
   * @throws {TransportError} `address-in-use`, `address-not-available`,
   * `not-permitted`, `unsupported`
   */
  async listen(
    where: ListenPlace | Listener,
    options: { readonly implicitTls?: boolean } = {},
  ): Promise<Endpoint> {
    if (this.#closing) throw new ConfigError("Cannot listen: server is closed");
    const settings = this.#settings;
    const { implicitTls = false } = options;
    if (implicitTls && settings.tls === null) {
      throw new ConfigError("Cannot listen for TLS: no certificate is given");
    }
    const isOpen = "accept" in where;
    const listener = isOpen
      ? where
      : await openListener(this.#platform.transport, where, settings);
    if (this.#closing) {
      listener.close();
      throw new ConfigError("Cannot listen: server is closed");
    }
    const abilities = isOpen ? null : abilitiesFor(settings);
    this.#acceptor.add(listener, { abilities, implicitTls });
    return listener.local;
  }

  /**
   * Serves one control connection that the host accepted itself; resolves when
   * its session is over. Never rejects.
   *
   * @param options `implicitTls`: the client begins with a TLS handshake;
   * `id`: the session's, in place of a number that this server counts, for a
   * host that counts them over several servers
   */
  handle(
    connection: Connection,
    options: { readonly implicitTls?: boolean; readonly id?: number } = {},
  ): Promise<void> {
    if (this.#closing) {
      connection.close();
      return Promise.resolve();
    }
    const admitted = this.#limits.admitControl(connection.remote.hostname);
    if (typeof admitted === "string") {
      return this.#refuse(connection, admitted);
    }
    const session = new Session(
      options.id ?? ++this.#lastId,
      connection,
      this.#sessionHost,
    );
    // Not awaited: while it lasts, each of those takes half a kibibyte.
    const over = session.run(options.implicitTls).then(() => {
      this.#sessions.delete(session);
      admitted();
    });
    this.#sessions.set(session, over);
    return over;
  }

  /**
   * Takes another certificate for sessions that begin from now on; those that
   * run keep theirs. Without an argument, the function `tls.config` is asked.
   *
   * @throws {ConfigError} when the server has no TLS, or the certificate does
   * not hold; the old one goes on to serve
   */
  reloadTls(config?: TlsOptions["config"]): void {
    const { tls } = this.#settings;
    if (tls === null) throw new ConfigError("Cannot reload TLS: there is none");
    tls.reload(config);
  }

  /**
   * Ends a session, as {@linkcode SessionView.disconnect} does.
   *
   * @returns whether there is such a session
   */
  disconnect(id: number): boolean {
    for (const { view } of this.#sessions.keys()) {
      if (view.id !== id) continue;
      view.disconnect();
      return true;
    }
    return false;
  }

  /**
   * Takes other options, all of them anew: what is left out has its default
   * again. Sessions that begin from now on have them. Those that run keep
   * theirs, but for `maxConnections`, `maxConnectionsPerAddress`,
   * `downloadRate` and `uploadRate`, which hold at once, for transfers under
   * way too. Listeners stay as they are.
   *
   * @example Slower downloads, without dropping anybody
   * ```ts
   * import { FtpServer, MemoryAuthorizer } from "anyftpd/core";
   * import { memoryPlatform } from "anyftpd/memory";
   * const options = { authorizer: new MemoryAuthorizer() };
   * const server = new FtpServer(memoryPlatform(), options);
   * server.reconfigure({ ...options, downloadRate: 1_000_000 });
   * await server.close();
   * ```
   *
   * @throws {ConfigError} when an option does not hold; when TLS or CCC is new
   * and a listener was opened without, or TLS goes and one was opened for it:
   * stop listening there first. Nothing is changed then.
   */
  reconfigure(options: ServerOptions): void {
    if (this.#closing) {
      throw new ConfigError("Cannot reconfigure: server is closed");
    }
    const settings = resolveOptions(options, this.#platform.transport);
    this.#acceptor.check(settings);
    const { clock } = this.#platform;
    this.#settings = settings;
    this.#log = new Log(settings.log, settings.logLevel, clock);
    this.#limits.configure(settings);
    this.#accounts.configure(settings);
    this.#sessionHost = this.#hostFor(settings);
  }

  /**
   * Stops listening; sessions go on.
   *
   * @param where one of `addresses`, the object itself; left out: everywhere
   */
  stopListening(where?: Endpoint): void {
    this.#acceptor.close(where);
  }

  /**
   * Stops listening, ends sessions without a transfer, waits for transfers up
   * to the grace, then ends everything. Resolves when nothing is left. May be
   * called again, with less grace, while it is under way.
   */
  async close(options: CloseOptions = {}): Promise<void> {
    const graceMs = options.graceMs ?? 0;
    this.#closing = true;
    this.stopListening();
    if (graceMs > 0) {
      for (const session of this.#sessions.keys()) {
        session.shutDown("after-transfer");
      }
    }
    const cancel = this.#platform.clock.after(graceMs, () => this.#cut());
    if (graceMs === 0) this.#cut();
    const { running } = this.#acceptor;
    while (running.size > 0 || this.#sessions.size > 0) {
      await Promise.all([...running, ...this.#sessions.values()]);
    }
    cancel();
    this.#lingering.closeAll();
  }

  /** The same as `close()`: everything ends now. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #cut(): void {
    for (const session of this.#sessions.keys()) session.shutDown("now");
    this.#lingering.closeAll();
  }

  /** By our own limits first, then by those that we share with others. */
  #admitData(): (() => void) | null | Promise<(() => void) | null> {
    const own = this.#limits.admitData();
    const { admission } = this.#settings;
    if (own === null || admission === null) return own;
    return admission.data().then((shared) => {
      if (shared === null) own();
      return shared === null ? null : () => {
        own();
        shared();
      };
    });
  }

  async #refuse(connection: Connection, why: Refusal): Promise<void> {
    const where = formatEndpoint(connection.remote);
    this.#log.write("warn", `${where} refused: ${refusalText(why)}`);
    const { codec } = this.#settings;
    const { clock } = this.#platform;
    await turnAway(connection, why, codec, clock, this.#lingering);
  }
}

import { ConfigError, messageOf } from "../base/errors.ts";
import { formatEndpoint } from "../protocol/address.ts";
import { Session } from "../session/session.ts";
import { Log } from "../session/session_log.ts";
import type { SessionHost } from "../session/session_parts.ts";
import type { SessionView } from "../session/view.ts";
import type { Platform } from "../spi/clock.ts";
import type { Connection, Endpoint, Listener } from "../spi/transport.ts";
import { Lingering } from "../transfer/linger.ts";
import { PortPool } from "../transfer/port_pool.ts";
import { Accounts } from "./accounts.ts";
import { ConnectionLimits, type Refusal } from "./limits.ts";
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

/** An IP address or a name of this machine, and a port; 0 is any. */
export interface ListenAddress {
  /** `::` takes IPv4 too where the system can. */
  readonly hostname: string;
  /** 0 to 65535. */
  readonly port: number;
}

/** How long a server waits after a failed accept: descriptors may be short. */
const ACCEPT_RETRY_MS = 100;

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
  readonly #settings: ServerSettings;
  readonly #log: Log;
  readonly #limits: ConnectionLimits;
  readonly #lingering: Lingering;
  readonly #sessionHost: SessionHost;
  readonly #listeners = new Set<Listener>();
  readonly #sessions = new Map<Session, Promise<void>>();
  readonly #running = new Set<Promise<void>>();
  /** Ends the pauses after failed accepts. */
  readonly #pauses = new Set<() => void>();
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
    this.#sessionHost = {
      platform,
      settings,
      ports: new PortPool(settings.passivePorts, platform.random),
      lingering: this.#lingering,
      accounts: new Accounts(settings, platform.clock),
      admitData: () => this.#admitData(),
    };
  }

  /** Where the server listens. */
  get addresses(): readonly Endpoint[] {
    return [...this.#listeners].map((listener) => listener.local);
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
   * Listens on an address, or takes over a listener that the host opened. May
   * be called several times.
   *
   * @param options `implicitTls`: clients begin with a TLS handshake, as on
   * port 990
   * @returns the address that is really bound
   * @throws {TransportError} `address-in-use`, `address-not-available`,
   * `not-permitted`
   */
  async listen(
    where: ListenAddress | Listener,
    options: { readonly implicitTls?: boolean } = {},
  ): Promise<Endpoint> {
    if (this.#closing) throw new ConfigError("Cannot listen: server is closed");
    const { backlog, noDelay } = this.#settings;
    if (!("accept" in where)) checkPort(where.port);
    const { implicitTls = false } = options;
    if (implicitTls && this.#settings.tls === null) {
      throw new ConfigError("Cannot listen for TLS: no certificate is given");
    }
    const listener = "accept" in where
      ? where
      : await this.#platform.transport.listen({
        hostname: where.hostname,
        port: where.port,
        backlog,
        noDelay,
        upgradable: this.#settings.tls !== null,
        stoppable: this.#settings.tls?.clearCommandsAllowed ?? false,
      });
    if (this.#closing) {
      listener.close();
      throw new ConfigError("Cannot listen: server is closed");
    }
    this.#listeners.add(listener);
    this.#own(this.#acceptAll(listener, implicitTls));
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
  async handle(
    connection: Connection,
    options: { readonly implicitTls?: boolean; readonly id?: number } = {},
  ): Promise<void> {
    if (this.#closing) return connection.close();
    const admitted = this.#limits.admitControl(connection.remote.hostname);
    if (typeof admitted === "string") {
      return await this.#refuse(connection, admitted);
    }
    const session = new Session(
      options.id ?? ++this.#lastId,
      connection,
      this.#sessionHost,
    );
    const over = session.run(options.implicitTls);
    this.#sessions.set(session, over);
    await over;
    this.#sessions.delete(session);
    admitted();
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

  /** Stops listening; sessions go on. */
  stopListening(): void {
    for (const listener of this.#listeners) listener.close();
    this.#listeners.clear();
    for (const wake of this.#pauses) wake();
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
    while (this.#running.size > 0 || this.#sessions.size > 0) {
      await Promise.all([...this.#running, ...this.#sessions.values()]);
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

  async #acceptAll(listener: Listener, implicitTls: boolean): Promise<void> {
    for (;;) {
      try {
        const connection = await listener.accept();
        if (connection === null) return;
        this.#own(this.handle(connection, { implicitTls }));
      } catch (error) {
        if (!this.#listeners.has(listener)) return;
        // One client that could not be accepted must not end the service.
        const where = formatEndpoint(listener.local);
        this.#log.write(
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
      const cancel = this.#platform.clock.after(milliseconds, wake);
      this.#pauses.add(wake);
    });
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

  #own(work: Promise<void>): void {
    const owned = work.catch((error: unknown) => {
      this.#log.error("Cannot serve a connection", error);
    }).finally(() => this.#running.delete(owned));
    this.#running.add(owned);
  }
}

function checkPort(port: number): void {
  if (Number.isInteger(port) && port >= 0 && port <= 65535) return;
  throw new ConfigError(
    `Cannot listen on port ${port}: must be from 0 to 65535`,
  );
}

import { createServer, type Server, type Socket } from "node:net";
import { availableParallelism } from "node:os";
import { ConfigError, messageOf } from "../lib/base/errors.ts";
import { formatEndpoint } from "../lib/protocol/address.ts";
import { textCodec } from "../lib/protocol/text_codec.ts";
import { ConnectionLimits, type LimitSettings } from "../lib/server/limits.ts";
import { refusalText, turnAway } from "../lib/server/refusal.ts";
import type { ListenPlace } from "../lib/server/listen_address.ts";
import type { CloseOptions } from "../lib/server/server.ts";
import { Log } from "../lib/session/session_log.ts";
import type { SessionSnapshot } from "../lib/session/snapshot.ts";
import type { LogLevel, LogSink } from "../lib/spi/log.ts";
import type { Endpoint } from "../lib/spi/transport.ts";
import { Lingering } from "../lib/transfer/linger.ts";
import { endpoint } from "./_endpoint.ts";
import { nodeConnection } from "./_node_connection.ts";
import { startServer } from "./_node_listener.ts";
import { resolveHostname } from "./_resolve.ts";
import { systemClock } from "./_system_clock.ts";
import type { FromWorker } from "./_worker_messages.ts";
import { RateBook } from "./_worker_rates.ts";
import { type WorkerHost, WorkerProcess } from "./_worker_process.ts";

/** A server in several processes. */
export interface WorkerPoolOptions {
  /**
   * A module whose default export makes the options of each worker's server:
   * `(data, log) => ServerOptions`, or a promise of them. Its limits of
   * connections are not looked at; those here are. Without a `log` of its own,
   * records go to the one here, as do those that are given to the function's
   * second parameter, a {@linkcode LogSink}.
   */
  readonly module: URL | string;
  /** Given to the module's function; anything that JSON can carry. */
  readonly data?: unknown;
  /**
   * Processes.
   * @default one for each core
   */
  readonly workers?: number;
  /**
   * Control and data connections and passive ports of all workers; 0 is no
   * limit.
   * @default {512}
   */
  readonly maxConnections?: number;
  /**
   * Control connections of one client address; 0 is no limit.
   * @default {0}
   */
  readonly maxConnectionsPerAddress?: number;
  /**
   * Connections that wait to be accepted.
   * @default {100}
   */
  readonly backlog?: number;
  /** Records of the pool and of workers without a sink of their own. */
  readonly log?: LogSink;
  /**
   * Records of the pool below it are not made.
   * @default {"info"}
   */
  readonly logLevel?: LogLevel;
}

/** How long a worker that keeps ending is left alone, and at most. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 30_000;

/** A worker that lived so long has not failed at its start. */
const LONG_LIFE_MS = 10_000;

/** What closing takes besides the grace, before workers are killed. */
const CLOSE_MS = 5_000;

const CODEC = textCodec("utf-8", "preserve");

/**
 * Sessions spread over worker processes. This process accepts and hands each
 * connection to the worker with the fewest; limits count all of them together.
 * A worker that ends unwanted takes its sessions with it and is replaced.
 *
 * @example
 * ```ts ignore
 * // users.ts: export default () => ({ authorizer });
 * const pool = await WorkerPool.start({
 *   module: new URL("./users.ts", import.meta.url),
 *   workers: 4,
 * });
 * await pool.listen({ hostname: "127.0.0.1", port: 2121 });
 * ```
 */
export class WorkerPool implements AsyncDisposable {
  readonly #module: string;
  #options: WorkerPoolOptions;
  #log: Log;
  readonly #limits: ConnectionLimits;
  readonly #users = new Map<string, number>();
  readonly #rates = new RateBook(systemClock());
  readonly #workers = new Set<WorkerProcess>();
  readonly #listeners = new Map<Server, Endpoint>();
  readonly #lingering = new Lingering(systemClock());
  /** Connections that no worker could take yet. */
  readonly #waiting: (() => void)[] = [];
  readonly #pauses = new Set<() => void>();
  #pauseMs = FIRST_PAUSE_MS;
  #lastId = 0;
  #closing = false;
  #changed: Promise<void> = Promise.resolve();

  private constructor(options: WorkerPoolOptions) {
    this.#options = options;
    this.#module = String(options.module);
    this.#log = logOf(options);
    this.#limits = new ConnectionLimits(limitsOf(options));
  }

  /**
   * Starts the workers; resolves when all of them can serve.
   *
   * @throws {ConfigError} when an option does not hold, here or in a worker
   */
  static async start(options: WorkerPoolOptions): Promise<WorkerPool> {
    const count = options.workers ?? availableParallelism();
    if (!Number.isInteger(count) || count < 1) {
      throw new ConfigError(
        `Cannot use workers ${count}: must be a whole number of at least 1`,
      );
    }
    const pool = new WorkerPool(options);
    try {
      const workers = Array.from({ length: count }, () => pool.#add());
      await Promise.all(workers.map(({ ready }) => ready));
    } catch (error) {
      await pool.close();
      throw error;
    }
    return pool;
  }

  /** Where the pool listens. */
  get addresses(): readonly Endpoint[] {
    return [...this.#listeners.values()];
  }

  /** Process numbers of the workers that can serve. */
  get pids(): readonly number[] {
    return [...this.#workers].filter(({ isReady }) => isReady)
      .map(({ pid }) => pid);
  }

  /** How many are connected now. */
  get sessionCount(): number {
    let count = 0;
    for (const { connections } of this.#workers) count += connections.size;
    return count;
  }

  /** Everybody who is connected now, in the order in which they came. */
  async sessions(): Promise<readonly SessionSnapshot[]> {
    const parts = await Promise.all(
      [...this.#workers].map((worker) => worker.sessions()),
    );
    return parts.flat().sort((one, other) => one.id - other.id);
  }

  /**
   * Ends a session once pending replies are out; a transfer is cut off.
   *
   * @param id as in `sessions()` and in log records
   * @returns whether there was such a session
   */
  disconnect(id: number): boolean {
    for (const worker of this.#workers) {
      if (!worker.connections.has(id)) continue;
      worker.tell({ type: "disconnect", id });
      return true;
    }
    return false;
  }

  /** Data connections and passive ports that are open now. */
  get transferCount(): number {
    let count = 0;
    for (const { places } of this.#workers) count += places.size;
    return count;
  }

  /**
   * Listens on an address or a descriptor. May be called several times.
   *
   * @param options `implicitTls`: clients begin with a TLS handshake
   * @returns the address that is really bound; the same object is among
   * `addresses`
   * @throws {ConfigError} for a Unix socket: workers cannot be given its
   * connections
   * @throws {TransportError} `address-in-use`, `address-not-available`,
   * `not-permitted`
   */
  async listen(
    where: ListenPlace,
    options: { readonly implicitTls?: boolean } = {},
  ): Promise<Endpoint> {
    if (this.#closing) throw new ConfigError("Cannot listen: pool is closed");
    const { implicitTls = false } = options;
    if ("path" in where) {
      throw new ConfigError(
        `Cannot listen on ${where.path}: Unix sockets need a server in one ` +
          "process",
      );
    }
    const server = createServer(
      { pauseOnConnect: true, allowHalfOpen: true },
      (socket) => this.#accept(socket, implicitTls),
    );
    const { backlog = 100 } = this.#options;
    const name = "descriptor" in where
      ? `descriptor ${where.descriptor}`
      : formatEndpoint(where);
    await startServer(server as never, name, async (done) => {
      if ("descriptor" in where) {
        server.listen({ fd: where.descriptor, backlog }, done);
      } else {
        const host = await resolveHostname(where.hostname);
        server.listen({ host, port: where.port, backlog }, done);
      }
    });
    // As when no descriptor is left for a client: the next may have more luck.
    server.on("error", () => {});
    const address = server.address();
    if (address === null || typeof address === "string") {
      server.close();
      throw new ConfigError("Cannot listen: the socket has no address");
    }
    const local = endpoint(address.address, address.port);
    this.#listeners.set(server, local);
    return local;
  }

  /**
   * Takes other options, but for `module` and `workers`, which stay: the
   * module's function is called again in each worker, and
   * {@linkcode FtpServer.reconfigure} with what it answers. Resolves when all
   * of them serve so; workers that start later do from the beginning. One that
   * does not answer within 30 seconds is ended and replaced.
   *
   * @throws {ConfigError} when a worker refuses; all serve as before then
   */
  async reconfigure(
    options: Omit<WorkerPoolOptions, "module" | "workers">,
  ): Promise<void> {
    if (this.#closing) {
      throw new ConfigError("Cannot reconfigure: pool is closed");
    }
    // One after the other, or the older options might win.
    const change = this.#changed.then(() => this.#change(options));
    this.#changed = change.catch(() => {});
    await change;
  }

  async #change(
    options: Omit<WorkerPoolOptions, "module" | "workers">,
  ): Promise<void> {
    const before = this.#options;
    // Now: a worker that starts meanwhile is not among those that are told.
    this.#options = { ...options, module: before.module };
    const [reason] = await this.#tellAll(options.data);
    if (reason !== undefined) {
      this.#options = before;
      for (const why of await this.#tellAll(before.data)) {
        this.#log.write(
          "error",
          `a worker does not go back: ${messageOf(why)}`,
        );
      }
      throw reason;
    }
    this.#log = logOf(options);
    this.#limits.configure(limitsOf(options));
  }

  /** Why workers refuse. */
  async #tellAll(data: unknown): Promise<readonly unknown[]> {
    const told = await Promise.allSettled(
      [...this.#workers].map((worker) => worker.reconfigure(data ?? null)),
    );
    return told.filter((result) => result.status === "rejected")
      .map(({ reason }) => reason);
  }

  /**
   * Stops listening; sessions go on.
   *
   * @param where one of `addresses`, the object itself; left out: everywhere
   */
  stopListening(where?: Endpoint): void {
    for (const [server, local] of [...this.#listeners]) {
      if (where !== undefined && local !== where) continue;
      server.close();
      this.#listeners.delete(server);
    }
  }

  /** Workers look at their certificates again, for sessions that begin now. */
  reloadTls(): void {
    for (const worker of this.#workers) worker.tell({ type: "reload" });
  }

  /**
   * Stops listening, lets transfers end within the grace, then ends
   * everything. Resolves when no worker is left. May be called again, with
   * less grace, while it is under way.
   */
  async close(options: CloseOptions = {}): Promise<void> {
    this.#closing = true;
    this.stopListening();
    for (const wake of this.#pauses) wake();
    // Those that no worker has taken are closed.
    for (const serve of this.#waiting.splice(0)) serve();
    for (const worker of this.#workers) {
      worker.isClosing = true;
      if (worker.isReady) worker.tell({ type: "close", options });
      else worker.kill();
    }
    const cancel = systemClock().after(
      (options.graceMs ?? 0) + CLOSE_MS,
      () => this.#killAll(),
    );
    await Promise.all([...this.#workers].map(({ over }) => over));
    cancel();
    this.#lingering.closeAll();
  }

  /** The same as `close()`: everything ends now. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #killAll(): void {
    for (const worker of this.#workers) worker.kill();
  }

  #add(): WorkerProcess {
    const startedAt = performance.now();
    const host: WorkerHost = {
      heard: (from, message) => this.#heard(from, message),
      ended: (from, how) => {
        const isOld = performance.now() - startedAt > LONG_LIFE_MS;
        this.#ended(from, how, isOld);
      },
    };
    const worker = new WorkerProcess({
      module: this.#module,
      data: this.#options.data ?? null,
      host,
      rates: this.#rates,
      clock: systemClock(),
    });
    this.#workers.add(worker);
    worker.ready.then(
      () => {
        this.#pauseMs = FIRST_PAUSE_MS;
        for (const serve of this.#waiting.splice(0)) serve();
      },
      (error: unknown) => this.#log.write("error", messageOf(error)),
    );
    return worker;
  }

  #ended(worker: WorkerProcess, how: string, isOld: boolean): void {
    const wasWanted = worker.isClosing || this.#closing;
    worker.releaseAll();
    this.#workers.delete(worker);
    if (wasWanted) return;
    this.#log.write("warn", `worker (pid ${worker.pid}) ${how}, restarting`);
    // One that always fails must not keep the machine busy.
    if (isOld) this.#pauseMs = FIRST_PAUSE_MS;
    const cancel = systemClock().after(this.#pauseMs, () => {
      this.#pauses.delete(wake);
      if (!this.#closing) this.#add();
    });
    const wake = (): void => {
      cancel();
      this.#pauses.delete(wake);
    };
    this.#pauses.add(wake);
    this.#pauseMs = Math.min(this.#pauseMs * 2, LONGEST_PAUSE_MS);
  }

  #heard(worker: WorkerProcess, message: FromWorker): void {
    // On Deno, what it said last may come behind its end: it holds nothing.
    if (message.type !== "log" && !this.#workers.has(worker)) return;
    switch (message.type) {
      case "over":
        return worker.lost(message.id);
      case "leave":
        worker.places.get(message.id)?.();
        worker.places.delete(message.id);
        return;
      case "place": {
        const { id, username, most } = message;
        const release = username === null
          ? this.#limits.admitData()
          : this.#admitUser(username, most);
        if (release !== null) worker.places.set(id, release);
        const granted = release !== null;
        return worker.tell({ type: "placed", id, granted });
      }
      case "rate":
      case "rate-over":
      case "take":
      case "take-over":
      case "give-back":
        return worker.rates.heard(message);
      case "log":
        try {
          this.#options.log?.(message.record);
        } catch {
          // Logging about a failed log would only fail again.
        }
        return;
    }
  }

  #admitUser(username: string, most: number): (() => void) | null {
    const count = this.#users.get(username) ?? 0;
    if (count >= most) return null;
    this.#users.set(username, count + 1);
    return () => {
      const left = (this.#users.get(username) ?? 1) - 1;
      if (left === 0) this.#users.delete(username);
      else this.#users.set(username, left);
    };
  }

  #accept(socket: Socket, implicitTls: boolean): void {
    // An error without a listener ends the program.
    socket.on("error", () => {});
    const { remoteAddress = "", remotePort = 0 } = socket;
    const remote = endpoint(remoteAddress || "0.0.0.0", remotePort);
    const admitted = this.#limits.admitControl(remote.hostname);
    if (typeof admitted === "string") {
      const where = formatEndpoint(remote);
      this.#log.write("warn", `${where} refused: ${refusalText(admitted)}`);
      return this.#refuse(socket, admitted);
    }
    const id = ++this.#lastId;
    const serve = (): void => {
      const worker = this.#idlest();
      if (this.#closing) {
        admitted();
        socket.destroy();
      } else if (worker === null) {
        this.#waiting.push(serve);
      } else {
        worker.connections.set(id, admitted);
        worker.handOver(id, implicitTls, socket, serve);
      }
    };
    serve();
  }

  #refuse(socket: Socket, why: Parameters<typeof refusalText>[0]): void {
    try {
      const connection = nodeConnection(socket);
      void turnAway(connection, why, CODEC, systemClock(), this.#lingering);
    } catch {
      socket.destroy(); // The client is gone: so much the better.
    }
  }

  #idlest(): WorkerProcess | null {
    let idlest: WorkerProcess | null = null;
    for (const worker of this.#workers) {
      if (!worker.isReady || worker.isClosing) continue;
      const count = idlest?.connections.size ?? Infinity;
      if (worker.connections.size < count) idlest = worker;
    }
    return idlest;
  }
}

type PoolSettings = Omit<WorkerPoolOptions, "module">;

function logOf({ log = () => {}, logLevel = "info" }: PoolSettings): Log {
  return new Log(log, logLevel, systemClock());
}

function limitsOf(options: PoolSettings): LimitSettings {
  const { maxConnections = 512, maxConnectionsPerAddress = 0 } = options;
  return { maxConnections, maxConnectionsPerAddress };
}

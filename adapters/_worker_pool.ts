import { availableParallelism } from "node:os";
import { ConfigError, messageOf } from "../lib/base/errors.ts";
import type { ListenPlace } from "../lib/server/listen_address.ts";
import type { CloseOptions } from "../lib/server/server.ts";
import type { Log } from "../lib/session/session_log.ts";
import type { SessionSnapshot } from "../lib/session/snapshot.ts";
import type { Endpoint } from "../lib/spi/transport.ts";
import { WorkerCrew } from "./_worker_crew.ts";
import { Handover } from "./_worker_handover.ts";
import { WorkerListeners } from "./_worker_listeners.ts";
import type { FromWorker } from "./_worker_messages.ts";
import { PlaceBook } from "./_worker_places.ts";
import {
  poolLimits,
  poolLog,
  type PoolSettings,
  type WorkerPoolOptions,
} from "./_worker_pool_options.ts";
import type { WorkerProcess } from "./_worker_process.ts";

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
  #settings: PoolSettings;
  #log: Log;
  readonly #places: PlaceBook;
  readonly #crew: WorkerCrew;
  readonly #listeners = new WorkerListeners();
  readonly #handover: Handover;
  #isClosing = false;
  #changed: Promise<void> = Promise.resolve();

  private constructor(options: WorkerPoolOptions) {
    this.#settings = options;
    this.#log = poolLog(options);
    this.#places = new PlaceBook(poolLimits(options));
    const { module, useOpenssl = true } = options;
    this.#crew = new WorkerCrew({ module: String(module), useOpenssl }, {
      data: () => this.#settings.data ?? null,
      log: (level, text) => this.#log.write(level, text),
      heard: (worker, message) => this.#heard(worker, message),
      ready: () => this.#handover.serveWaiting(),
    });
    this.#handover = new Handover({
      places: this.#places,
      idlest: () => this.#crew.idlest(),
      log: (level, text) => this.#log.write(level, text),
    });
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
      const workers = Array.from({ length: count }, () => pool.#crew.add());
      await Promise.all(workers.map(({ ready }) => ready));
    } catch (error) {
      await pool.close();
      throw error;
    }
    return pool;
  }

  /** Where the pool listens. */
  get addresses(): readonly Endpoint[] {
    return this.#listeners.addresses;
  }

  /** Process numbers of the workers that can serve. */
  get pids(): readonly number[] {
    return [...this.#crew.workers].filter(({ isReady }) => isReady)
      .map(({ pid }) => pid);
  }

  /** How many are connected now. */
  get sessionCount(): number {
    let count = 0;
    for (const { connections } of this.#crew.workers) count += connections.size;
    return count;
  }

  /** Everybody who is connected now, in the order in which they came. */
  async sessions(): Promise<readonly SessionSnapshot[]> {
    const parts = await Promise.all(
      [...this.#crew.workers].map((worker) => worker.sessions()),
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
    for (const worker of this.#crew.workers) {
      if (!worker.connections.has(id)) continue;
      worker.tell({ type: "disconnect", id });
      return true;
    }
    return false;
  }

  /** Data connections and passive ports that are open now. */
  get transferCount(): number {
    let count = 0;
    for (const { places } of this.#crew.workers) count += places.size;
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
    if (this.#isClosing) throw new ConfigError("Cannot listen: pool is closed");
    const { implicitTls = false } = options;
    const { backlog = 100 } = this.#settings;
    return await this.#listeners.open(
      where,
      backlog,
      (socket) => this.#handover.accept(socket, implicitTls),
    );
  }

  /**
   * Takes other options, but for `module`, `workers` and `useOpenssl`, which
   * stay: the module's function is called again in each worker, and
   * {@linkcode FtpServer.reconfigure} with what it answers. Resolves when all
   * of them serve so; workers that start later do from the beginning. One that
   * does not answer within 30 seconds is ended and replaced.
   *
   * @throws {ConfigError} when a worker refuses; all serve as before then
   */
  async reconfigure(
    options: Omit<WorkerPoolOptions, "module" | "workers" | "useOpenssl">,
  ): Promise<void> {
    if (this.#isClosing) {
      throw new ConfigError("Cannot reconfigure: pool is closed");
    }
    // One after the other, or the older options might win.
    const change = this.#changed.then(() => this.#change(options));
    this.#changed = change.catch(() => {});
    await change;
  }

  async #change(settings: PoolSettings): Promise<void> {
    const before = this.#settings;
    // Now: a worker that starts meanwhile is not among those that are told.
    this.#settings = settings;
    const [reason] = await this.#crew.reconfigure(settings.data);
    if (reason !== undefined) {
      this.#settings = before;
      for (const why of await this.#crew.reconfigure(before.data)) {
        this.#log.write(
          "error",
          `a worker does not go back: ${messageOf(why)}`,
        );
      }
      throw reason;
    }
    this.#log = poolLog(settings);
    this.#places.configure(poolLimits(settings));
  }

  /**
   * Stops listening; sessions go on.
   *
   * @param where one of `addresses`, the object itself; left out: everywhere
   */
  stopListening(where?: Endpoint): void {
    this.#listeners.close(where);
  }

  /** Workers look at their certificates again, for sessions that begin now. */
  reloadTls(): void {
    for (const worker of this.#crew.workers) worker.tell({ type: "reload" });
  }

  /**
   * Stops listening, lets transfers end within the grace, then ends
   * everything. Resolves when no worker is left. May be called again, with
   * less grace, while it is under way.
   */
  async close(options: CloseOptions = {}): Promise<void> {
    this.#isClosing = true;
    this.stopListening();
    this.#handover.close();
    await this.#crew.close(options);
    this.#handover.closeLingering();
  }

  /** The same as `close()`: everything ends now. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #heard(worker: WorkerProcess, message: FromWorker): void {
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
          ? this.#places.admitData()
          : this.#places.admitUser(username, most);
        if (release !== null) worker.places.set(id, release);
        const granted = release !== null;
        return worker.tell({ type: "placed", id, granted });
      }
      case "log":
        try {
          this.#settings.log?.(message.record);
        } catch {
          // Logging about a failed log would only fail again.
        }
        return;
    }
  }
}

import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { type Deferred, deferred } from "../lib/base/deferred.ts";
import { ConfigError } from "../lib/base/errors.ts";
import type { SessionSnapshot } from "../lib/session/snapshot.ts";
import type { FromWorker, ToWorker } from "./_worker_messages.ts";
import type { RateBook, WorkerRates } from "./_worker_rates.ts";

/** What a worker asks of its pool. */
export interface WorkerHost {
  /** Neither `ready` nor `failed`. */
  heard(worker: WorkerProcess, message: FromWorker): void;
  /** The process has ended, wanted or not. */
  ended(worker: WorkerProcess, how: string): void;
}

const MAIN: string = fileURLToPath(
  new URL(
    import.meta.url.endsWith(".ts") ? "./_worker_main.ts" : "./_worker_main.js",
    import.meta.url,
  ),
);

/** One worker process, and the places that it holds. */
export class WorkerProcess {
  /** Resolves when it can serve; rejects when it never will. */
  readonly ready: Promise<void>;
  /** Resolves when the process has ended. */
  readonly over: Promise<void>;
  /** Of its connections, by their numbers. */
  readonly connections: Map<number, () => void> = new Map();
  /** Of what it asked for, by its own numbers. */
  readonly places: Map<number, () => void> = new Map();
  /** That its sessions share with those of others. */
  readonly rates: WorkerRates;
  isReady = false;
  /** It was told to close. */
  isClosing = false;
  readonly #child: ChildProcess;
  /** A question for its sessions that is not answered yet. */
  #asked: Deferred<readonly SessionSnapshot[]> | null = null;
  /** Who waits for an answer to `reconfigure`. */
  readonly #answers = new Map<number, (reason: string | null) => void>();
  #lastId = 0;

  constructor(
    module: string,
    data: unknown,
    host: WorkerHost,
    rates: RateBook,
  ) {
    this.rates = rates.worker((answer) => this.tell(answer));
    const ready: Deferred<void> = deferred();
    this.ready = ready.promise;
    this.ready.catch(() => {});
    this.#child = fork(MAIN, [], {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    this.#child.on("message", (message: FromWorker) => {
      if (message.type === "ready") {
        this.isReady = true;
        ready.resolve();
      } else if (message.type === "failed") {
        ready.reject(new ConfigError(message.reason));
      } else if (message.type === "sessions") {
        this.#answer(message.sessions);
      } else if (message.type === "reconfigured") {
        this.#answers.get(message.id)?.(message.reason);
      } else host.heard(this, message);
    });
    this.over = new Promise((resolve) => {
      const end = (how: string): void => {
        this.isReady = false;
        this.#answer([]);
        ready.reject(new ConfigError(`Cannot start a worker: it ${how}`));
        host.ended(this, how);
        resolve();
      };
      this.#child.once("error", (error) => end(`failed: ${error.message}`));
      this.#child.once("exit", (code, signal) =>
        end(
          signal === null
            ? `exited with status ${code}`
            : `killed by signal ${signal}`,
        ));
    });
    this.tell({ type: "start", module, data });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Says something, if there is still somebody to hear it. */
  tell(message: ToWorker, socket?: unknown): void {
    if (!this.#child.connected) return;
    this.#child.send(message, socket as never, (error) => {
      // The worker has just gone; its end is told in another way.
      if (error && message.type === "connection") this.lost(message.id);
    });
  }

  /** Who is connected to it; nobody, when it ends before it has answered. */
  sessions(): Promise<readonly SessionSnapshot[]> {
    if (!this.isReady || !this.#child.connected) return Promise.resolve([]);
    // One that hangs is asked once, however many want to know.
    if (this.#asked === null) {
      this.#asked = deferred();
      this.tell({ type: "who" });
    }
    return this.#asked.promise;
  }

  #answer(sessions: readonly SessionSnapshot[]): void {
    this.#asked?.resolve(sessions);
    this.#asked = null;
  }

  /**
   * Gives the worker other options; one that ends meanwhile has none.
   *
   * @throws {ConfigError} when it refuses
   */
  async reconfigure(data: unknown): Promise<void> {
    const id = ++this.#lastId;
    const answer = new Promise<string | null>((resolve) => {
      this.#answers.set(id, resolve);
      void this.over.then(() => resolve(null));
    });
    this.tell({ type: "reconfigure", id, data });
    const reason = await answer;
    this.#answers.delete(id);
    if (reason !== null) throw new ConfigError(reason);
  }

  /** A connection that is no more. */
  lost(id: number): void {
    this.connections.get(id)?.();
    this.connections.delete(id);
  }

  /** Gives back all places that the worker held. */
  releaseAll(): void {
    for (const release of this.connections.values()) release();
    for (const release of this.places.values()) release();
    this.connections.clear();
    this.places.clear();
    this.rates.close();
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }
}

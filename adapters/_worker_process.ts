import { type ChildProcess, fork } from "node:child_process";
import type { Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { type Deferred, deferred } from "../lib/base/deferred.ts";
import { ConfigError } from "../lib/base/errors.ts";
import type { SessionSnapshot } from "../lib/session/snapshot.ts";
import type { Clock } from "../lib/spi/clock.ts";
import { servingArguments } from "./_engine_flags.ts";
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

/** What is the same for all workers of a pool, for good. */
export interface WorkerKind {
  readonly module: string;
  /** See `TlsEngineOptions`. */
  readonly useOpenssl: boolean;
}

/** What a worker process is made of. */
export interface WorkerParts extends WorkerKind {
  readonly data: unknown;
  readonly host: WorkerHost;
  readonly rates: RateBook;
  readonly clock: Clock;
  /** Left out: a new one. */
  readonly child?: ChildProcess;
}

/** A connection on its way to a worker. */
interface Handing {
  readonly id: number;
  readonly implicitTls: boolean;
  readonly socket: Socket;
  /** Finds another worker for it. */
  readonly again: () => void;
}

/** One that takes longer to go on with other options hangs. */
const RECONFIGURE_MS = 30_000;

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
  /** The connection that was sent last. */
  #sent = 0;
  readonly #clock: Clock;
  /** The first is under way, the others wait until it is there. */
  readonly #handing: Handing[] = [];

  constructor(parts: WorkerParts) {
    const { module, useOpenssl, data, host, rates, clock, child } = parts;
    this.rates = rates.worker((answer) => this.tell(answer));
    this.#clock = clock;
    const ready: Deferred<void> = deferred();
    this.ready = ready.promise;
    this.ready.catch(() => {});
    this.#child = child ?? fork(MAIN, [], {
      execArgv: servingArguments(),
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
      } else if (message.type === "here") {
        this.#handedOver(message.id);
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
    this.tell({ type: "start", module, useOpenssl, data });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Says something, if there is still somebody to hear it. */
  tell(message: ToWorker): void {
    // A worker that has just gone: its end is told in another way.
    if (this.#child.connected) this.#child.send(message, () => {});
  }

  /**
   * Hands a connection over. One at a time: what a runtime queues is neither
   * ours to give to another worker nor closed by it when this one ends.
   *
   * @param again called when the worker has ended before it was sent
   */
  handOver(
    id: number,
    implicitTls: boolean,
    socket: Socket,
    again: () => void,
  ): void {
    this.#handing.push({ id, implicitTls, socket, again });
    if (this.#handing.length === 1) this.#handOn();
  }

  #handOn(): void {
    const next = this.#handing[0];
    // Without a channel they wait for the end, which is near.
    if (next === undefined || !this.#child.connected) return;
    const { id, implicitTls, socket } = next;
    if (socket.destroyed) {
      // The client broke off while it waited.
      this.lost(id);
      return this.#handedOver(id);
    }
    this.#sent = id;
    const message: ToWorker = { type: "connection", id, implicitTls };
    this.#child.send(message, socket, (error) => {
      if (!error) return;
      this.lost(id);
      this.#handedOver(id);
    });
  }

  #handedOver(id: number): void {
    if (this.#handing[0]?.id !== id) return;
    this.#handing.shift();
    this.#handOn();
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
   * Gives the worker other options; one that ends meanwhile has none. One that
   * hangs is ended, as who takes its place has them from the beginning.
   *
   * @throws {ConfigError} when it refuses
   */
  async reconfigure(data: unknown): Promise<void> {
    const cancel = this.#clock.after(RECONFIGURE_MS, () => this.kill());
    try {
      // One that never gets ready is told of elsewhere.
      const isReady = await this.ready.then(() => true, () => false);
      if (!isReady || this.isClosing) return;
      const reason = await this.#reconfigured(data);
      if (reason !== null) throw new ConfigError(reason);
    } finally {
      cancel();
    }
  }

  async #reconfigured(data: unknown): Promise<string | null> {
    const id = ++this.#lastId;
    const answer = new Promise<string | null>((resolve) => {
      this.#answers.set(id, resolve);
      void this.over.then(() => resolve(null));
    });
    this.tell({ type: "reconfigure", id, data });
    const reason = await answer;
    this.#answers.delete(id);
    return reason;
  }

  /** A connection that is no more. */
  lost(id: number): void {
    this.connections.get(id)?.();
    this.connections.delete(id);
  }

  /**
   * Gives back all places that the worker held, and connections that never
   * were its own.
   */
  releaseAll(): void {
    // One that was sent is gone, as far as the runtime lets us tell.
    const unsent = this.#handing.splice(0).filter(({ id }) =>
      id !== this.#sent
    );
    for (const { id } of unsent) this.connections.delete(id);
    for (const release of this.connections.values()) release();
    for (const release of this.places.values()) release();
    this.connections.clear();
    this.places.clear();
    this.rates.close();
    for (const { again } of unsent) again();
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }
}

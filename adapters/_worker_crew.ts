import { messageOf } from "../lib/base/errors.ts";
import type { CloseOptions } from "../lib/server/server.ts";
import type { LogLevel } from "../lib/spi/log.ts";
import { systemClock } from "./_system_clock.ts";
import type { FromWorker } from "./_worker_messages.ts";
import {
  type WorkerHost,
  type WorkerKind,
  WorkerProcess,
} from "./_worker_process.ts";
import { RateBook } from "./_worker_rates.ts";

/** How long a worker that keeps ending is left alone, and at most. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 30_000;

/** A worker that lived so long has not failed at its start. */
const LONG_LIFE_MS = 10_000;

/** What closing takes besides the grace, before workers are killed. */
const CLOSE_MS = 5_000;

/** Whom the workers serve. */
export interface CrewHost {
  /** What a worker that starts now is given. */
  data(): unknown;
  log(level: LogLevel, text: string): void;
  /** A worker that is there has said something; rates are seen to. */
  heard(worker: WorkerProcess, message: FromWorker): void;
  /** One more can serve. */
  ready(): void;
}

/** The workers that are there: one that ends unwanted is replaced. */
export class WorkerCrew {
  readonly #kind: WorkerKind;
  readonly #host: CrewHost;
  readonly #workers = new Set<WorkerProcess>();
  readonly #rates = new RateBook(systemClock());
  /** Each ends a pause before a worker that would take another's place. */
  readonly #pauses = new Set<() => void>();
  #pauseMs = FIRST_PAUSE_MS;
  #isClosing = false;

  constructor(kind: WorkerKind, host: CrewHost) {
    this.#kind = kind;
    this.#host = host;
  }

  /** All of them, those that cannot serve yet as well. */
  get workers(): ReadonlySet<WorkerProcess> {
    return this.#workers;
  }

  /** The one that can serve and has the fewest connections, if any. */
  idlest(): WorkerProcess | null {
    let idlest: WorkerProcess | null = null;
    for (const worker of this.#workers) {
      if (!worker.isReady || worker.isClosing) continue;
      const count = idlest?.connections.size ?? Infinity;
      if (worker.connections.size < count) idlest = worker;
    }
    return idlest;
  }

  /** Starts one. */
  add(): WorkerProcess {
    const startedAt = performance.now();
    const host: WorkerHost = {
      heard: (from, message) => this.#heard(from, message),
      ended: (from, how) => {
        const isOld = performance.now() - startedAt > LONG_LIFE_MS;
        this.#ended(from, how, isOld);
      },
    };
    const worker = new WorkerProcess({
      ...this.#kind,
      data: this.#host.data(),
      host,
      rates: this.#rates,
      clock: systemClock(),
    });
    this.#workers.add(worker);
    worker.ready.then(
      () => {
        this.#pauseMs = FIRST_PAUSE_MS;
        this.#host.ready();
      },
      (error: unknown) => this.#host.log("error", messageOf(error)),
    );
    return worker;
  }

  #heard(worker: WorkerProcess, message: FromWorker): void {
    // On Deno, what it said last may come behind its end: it holds nothing.
    if (message.type !== "log" && !this.#workers.has(worker)) return;
    switch (message.type) {
      case "rate":
      case "rate-over":
      case "take":
      case "take-over":
      case "give-back":
        return worker.rates.heard(message);
      default:
        return this.#host.heard(worker, message);
    }
  }

  #ended(worker: WorkerProcess, how: string, isOld: boolean): void {
    const wasWanted = worker.isClosing || this.#isClosing;
    worker.releaseAll();
    this.#workers.delete(worker);
    if (wasWanted) return;
    this.#host.log("warn", `worker (pid ${worker.pid}) ${how}, restarting`);
    // One that always fails must not keep the machine busy.
    if (isOld) this.#pauseMs = FIRST_PAUSE_MS;
    const cancel = systemClock().after(this.#pauseMs, () => {
      this.#pauses.delete(wake);
      if (!this.#isClosing) this.add();
    });
    const wake = (): void => {
      cancel();
      this.#pauses.delete(wake);
    };
    this.#pauses.add(wake);
    this.#pauseMs = Math.min(this.#pauseMs * 2, LONGEST_PAUSE_MS);
  }

  /** Gives all of them other options; answers why some refuse. */
  async reconfigure(data: unknown): Promise<readonly unknown[]> {
    const told = await Promise.allSettled(
      [...this.#workers].map((worker) => worker.reconfigure(data ?? null)),
    );
    return told.filter((result) => result.status === "rejected")
      .map(({ reason }) => reason);
  }

  /** See `WorkerPool.close`. */
  async close(options: CloseOptions): Promise<void> {
    this.#isClosing = true;
    for (const wake of this.#pauses) wake();
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
  }

  #killAll(): void {
    for (const worker of this.#workers) worker.kill();
  }
}

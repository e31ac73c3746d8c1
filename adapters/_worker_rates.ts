// Rates that the sessions of a user share across worker processes: the parent
// keeps the buckets, the workers ask it before they move bytes.

import type { SharedRate } from "../lib/server/admission.ts";
import type { Clock } from "../lib/spi/clock.ts";
import { TokenBucket } from "../lib/transfer/throttle.ts";

/** What a worker says about rates. */
export type RateRequest =
  /** Takes part in a rate from now on; numbers are the worker's own. */
  | {
    readonly type: "rate";
    readonly id: number;
    /** The same for all who share it. */
    readonly key: string;
    readonly bytesPerSecond: number;
  }
  /** Takes part no more. */
  | { readonly type: "rate-over"; readonly id: number }
  | {
    readonly type: "take";
    readonly id: number;
    readonly rate: number;
    readonly wanted: number;
  }
  /** Does not want it any more. */
  | { readonly type: "take-over"; readonly id: number }
  | {
    readonly type: "give-back";
    readonly rate: number;
    readonly unused: number;
  };

/** The answer to `take`. */
export interface RateAnswer {
  readonly type: "taken";
  readonly id: number;
  readonly rate: number;
  readonly bytes: number;
}

interface SharedBucket {
  readonly bucket: TokenBucket;
  holders: number;
}

/** The buckets, in the parent. */
export class RateBook {
  readonly #clock: Clock;
  readonly #buckets = new Map<string, SharedBucket>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Those of one worker. */
  worker(tell: (answer: RateAnswer) => void): WorkerRates {
    return new WorkerRates(this, tell);
  }

  /** How many rates somebody takes part in. */
  get size(): number {
    return this.#buckets.size;
  }

  /** A bucket, for as long as one who shares it is there. */
  join(key: string, bytesPerSecond: number): TokenBucket {
    const name = `${bytesPerSecond} ${key}`;
    const shared = this.#buckets.get(name) ??
      { bucket: new TokenBucket(this.#clock, bytesPerSecond), holders: 0 };
    shared.holders++;
    this.#buckets.set(name, shared);
    return shared.bucket;
  }

  /** The opposite of `join`. */
  leave(key: string, bytesPerSecond: number): void {
    const name = `${bytesPerSecond} ${key}`;
    const shared = this.#buckets.get(name);
    if (shared !== undefined && --shared.holders === 0) {
      this.#buckets.delete(name);
    }
  }
}

/** What one worker takes part in, as the parent knows it. */
export class WorkerRates {
  readonly #book: RateBook;
  readonly #tell: (answer: RateAnswer) => void;
  readonly #joined = new Map<
    number,
    { readonly key: string; readonly bucket: TokenBucket }
  >();
  readonly #takes = new Map<number, AbortController>();

  constructor(book: RateBook, tell: (answer: RateAnswer) => void) {
    this.#book = book;
    this.#tell = tell;
  }

  /** Does what the worker asks for. */
  heard(request: RateRequest): void {
    switch (request.type) {
      case "rate": {
        const { id, key, bytesPerSecond } = request;
        const bucket = this.#book.join(key, bytesPerSecond);
        this.#joined.set(id, { key, bucket });
        return;
      }
      case "rate-over":
        return this.#leave(request.id);
      case "take":
        return void this.#take(request.id, request.rate, request.wanted);
      case "take-over":
        return this.#takes.get(request.id)?.abort();
      case "give-back":
        return this.#joined.get(request.rate)?.bucket.giveBack(request.unused);
    }
  }

  /** The worker is no more: what it waited for goes to others. */
  close(): void {
    for (const take of this.#takes.values()) take.abort();
    for (const id of [...this.#joined.keys()]) this.#leave(id);
  }

  /** Never rejects: who is not waited for hears nothing. */
  async #take(id: number, rate: number, wanted: number): Promise<void> {
    const bucket = this.#joined.get(rate)?.bucket;
    if (bucket === undefined) return;
    const stop = new AbortController();
    this.#takes.set(id, stop);
    try {
      const bytes = await bucket.take(wanted, stop.signal);
      this.#tell({ type: "taken", id, rate, bytes });
    } catch {
      // Not wanted any more; nothing was taken.
    } finally {
      this.#takes.delete(id);
    }
  }

  #leave(id: number): void {
    const joined = this.#joined.get(id);
    if (joined === undefined) return;
    this.#joined.delete(id);
    this.#book.leave(joined.key, joined.bucket.bytesPerSecond);
  }
}

/** The rates of a worker, as the worker knows them. */
export class AskedRates {
  readonly #ask: (request: RateRequest) => void;
  readonly #waiting = new Map<number, (bytes: number) => void>();
  #lastId = 0;

  /** @param ask says something to the parent */
  constructor(ask: (request: RateRequest) => void) {
    this.#ask = ask;
  }

  /** See `Admission.rate`. */
  rate(key: string, bytesPerSecond: number): SharedRate {
    const id = ++this.#lastId;
    this.#ask({ type: "rate", id, key, bytesPerSecond });
    return {
      bytesPerSecond,
      take: (wanted, signal) => this.#take(id, wanted, signal),
      giveBack: (unused) => this.#ask({ type: "give-back", rate: id, unused }),
      release: () => this.#ask({ type: "rate-over", id }),
    };
  }

  /** The parent's answer. */
  taken({ id, rate, bytes }: RateAnswer): void {
    const grant = this.#waiting.get(id);
    if (grant !== undefined) grant(bytes);
    // It was given up when this was on its way.
    else this.#ask({ type: "give-back", rate, unused: bytes });
  }

  #take(
    rate: number,
    wanted: number,
    signal?: AbortSignal,
  ): Promise<number> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      const over = (): void => {
        this.#waiting.delete(id);
        signal?.removeEventListener("abort", giveUp);
      };
      const giveUp = (): void => {
        over();
        this.#ask({ type: "take-over", id });
        reject(signal?.reason);
      };
      this.#waiting.set(id, (bytes) => {
        over();
        resolve(bytes);
      });
      signal?.addEventListener("abort", giveUp, { once: true });
      this.#ask({ type: "take", id, rate, wanted });
    });
  }
}

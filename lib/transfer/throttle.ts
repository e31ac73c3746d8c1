import { ConfigError } from "../base/errors.ts";
import type { Clock } from "../spi/clock.ts";

/** Asked before bytes are moved; it makes the asker wait. */
export interface Throttle {
  /**
   * The number of bytes that may be moved now: at least 1, at most `wanted`,
   * which is a whole number from 1 on.
   *
   * Rejects with the reason of `signal` when that is aborted first; nothing is
   * taken then.
   */
  take(wanted: number, signal?: AbortSignal): Promise<number>;
  /** Bytes that were taken and not moved after all. */
  giveBack?(unused: number): void;
  /** The rate, where there is one. */
  readonly bytesPerSecond?: number;
}

/** What an idle bucket holds: a short file goes through at once. */
const BURST_SECONDS = 0.25;

/** Waiting for less would cut a slow transfer into tiny pieces. */
const SLICE_SECONDS = 0.05;

interface Waiter {
  readonly wanted: number;
  grant(bytes: number): void;
}

/**
 * A rate limit as a bucket into which bytes drip. It begins full, holds a
 * quarter of a second's worth (1 byte at least), and hands out slices of a
 * twentieth of a second or more. Whoever asks first is served first, so that
 * several transfers share one bucket evenly.
 */
export class TokenBucket implements Throttle {
  /** The rate, over any longer time. */
  readonly bytesPerSecond: number;
  readonly #clock: Clock;
  readonly #perMs: number;
  readonly #capacity: number;
  readonly #slice: number;
  readonly #waiters: Waiter[] = [];
  #tokens: number;
  #filledAt: number;
  #cancelTimer: (() => void) | null = null;

  /**
   * A full bucket.
   *
   * @throws {ConfigError} the rate is not a positive number
   */
  constructor(clock: Clock, bytesPerSecond: number) {
    if (!(bytesPerSecond > 0 && bytesPerSecond < Infinity)) {
      throw new ConfigError(
        `Cannot limit a rate to ${bytesPerSecond} bytes per second: ` +
          "it must be above 0",
      );
    }
    this.bytesPerSecond = bytesPerSecond;
    this.#clock = clock;
    this.#perMs = bytesPerSecond / 1000;
    this.#capacity = Math.max(1, bytesPerSecond * BURST_SECONDS);
    this.#slice = Math.max(1, Math.floor(bytesPerSecond * SLICE_SECONDS));
    this.#tokens = this.#capacity;
    this.#filledAt = clock.now();
  }

  take(wanted: number, signal?: AbortSignal): Promise<number> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (this.#waiters.length === 0) {
      this.#fill();
      if (this.#tokens >= this.#needed(wanted)) {
        return Promise.resolve(this.#spend(wanted));
      }
    }
    return new Promise((resolve, reject) => {
      const cancel = () => {
        this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
        this.#serve();
        reject(signal?.reason);
      };
      const waiter: Waiter = {
        wanted,
        grant: (bytes) => {
          signal?.removeEventListener("abort", cancel);
          resolve(bytes);
        },
      };
      signal?.addEventListener("abort", cancel, { once: true });
      this.#waiters.push(waiter);
      this.#serve();
    });
  }

  giveBack(unused: number): void {
    this.#fill();
    this.#tokens = Math.min(this.#capacity, this.#tokens + unused);
    this.#serve();
  }

  /** Grants what can be granted and sets the timer for what cannot. */
  #serve(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    this.#fill();
    let head = this.#waiters[0];
    while (head !== undefined && this.#tokens >= this.#needed(head.wanted)) {
      this.#waiters.shift();
      head.grant(this.#spend(head.wanted));
      head = this.#waiters[0];
    }
    if (head === undefined) return;
    const missing = this.#needed(head.wanted) - this.#tokens;
    const delay = Math.max(1, Math.ceil(missing / this.#perMs));
    this.#cancelTimer = this.#clock.after(delay, () => {
      this.#cancelTimer = null;
      this.#serve();
    });
  }

  #needed(wanted: number): number {
    return Math.min(wanted, this.#slice);
  }

  #spend(wanted: number): number {
    const granted = Math.min(wanted, Math.floor(this.#tokens));
    this.#tokens -= granted;
    return granted;
  }

  #fill(): void {
    const now = this.#clock.now();
    const dripped = (now - this.#filledAt) * this.#perMs;
    this.#tokens = Math.min(this.#capacity, this.#tokens + dripped);
    this.#filledAt = now;
  }
}

/**
 * Several limits as one: of the server, the user, the session. `null` when
 * there are none. Each is asked for what the ones before it granted, and gets
 * back what a later one refused; the slowest is asked first, so that little is
 * held of a bucket that others share.
 */
export function combineThrottles(
  throttles: readonly (Throttle | null)[],
): Throttle | null {
  const all = throttles.filter((throttle) => throttle !== null);
  if (all.length <= 1) return all[0] ?? null;
  all.sort((a, b) => rateOf(a) - rateOf(b));
  return {
    async take(wanted, signal) {
      const granted: number[] = [];
      let least = wanted;
      try {
        for (const throttle of all) {
          least = await throttle.take(least, signal);
          granted.push(least);
        }
      } catch (error) {
        least = 0;
        throw error;
      } finally {
        for (const [at, bytes] of granted.entries()) {
          if (bytes > least) all[at]?.giveBack?.(bytes - least);
        }
      }
      return least;
    },
    giveBack(unused) {
      for (const throttle of all) throttle.giveBack?.(unused);
    },
  };
}

/** Not Infinity, of which two have no difference to sort by. */
function rateOf(throttle: Throttle): number {
  return throttle.bytesPerSecond ?? Number.MAX_VALUE;
}

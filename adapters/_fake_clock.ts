import type { Clock } from "../lib/spi/clock.ts";

/** Every runtime has it; browsers do not. */
const { setImmediate } = globalThis as {
  readonly setImmediate?: (run: () => void) => unknown;
};

interface Timer {
  readonly at: number;
  readonly run: () => void;
}

/** What {@linkcode FakeClock} is made with. */
export interface FakeClockOptions {
  /**
   * The wall time at the start, in milliseconds since 1970, UTC.
   * @default {1_767_225_600_000} 2026-01-01T00:00:00Z
   */
  readonly wallTime?: number;
}

/**
 * A clock that stands still until a test moves it. `now()` starts at 0.
 *
 * @example A timer that runs when the test says so
 * ```ts
 * import { FakeClock } from "anyftpd/memory";
 * const clock = new FakeClock();
 * let rung = false;
 * clock.after(1000, () => rung = true);
 * await clock.advance(999);
 * console.assert(!rung && clock.pending === 1);
 * await clock.advance(1);
 * console.assert(rung && clock.pending === 0);
 * ```
 */
export class FakeClock implements Clock {
  readonly #start: number;
  readonly #timers = new Set<Timer>();
  #now = 0;
  #advancing = false;

  /** Stands at 0. */
  constructor(options: FakeClockOptions = {}) {
    this.#start = options.wallTime ?? Date.UTC(2026, 0, 1);
  }

  /** Timers that have neither run nor been cancelled. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Milliseconds that the test has let pass. */
  now(): number {
    return this.#now;
  }

  /** Milliseconds since 1970, UTC. */
  wallTime(): number {
    return this.#start + this.#now;
  }

  /** Runs once when the test has moved time so far; the answer cancels it. */
  after(milliseconds: number, run: () => void): () => void {
    const timer: Timer = { at: this.#now + Math.max(0, milliseconds), run };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  /**
   * Moves time on and runs what falls due, in order of time, then of creation;
   * timers made meanwhile are included. Promise chains settle before the first
   * timer, after each and at the end.
   *
   * @throws {Error} when called while another call is under way
   */
  async advance(milliseconds: number): Promise<void> {
    if (this.#advancing) {
      throw new Error("Cannot advance the clock: it is advancing already");
    }
    this.#advancing = true;
    try {
      const end = this.#now + milliseconds;
      await settle();
      for (;;) {
        const timer = this.#next(end);
        if (timer === null) break;
        this.#timers.delete(timer);
        this.#now = timer.at;
        timer.run();
        await settle();
      }
      this.#now = end;
      await settle();
    } finally {
      this.#advancing = false;
    }
  }

  #next(end: number): Timer | null {
    let next: Timer | null = null;
    for (const timer of this.#timers) {
      if (timer.at <= end && (next === null || timer.at < next.at)) {
        next = timer;
      }
    }
    return next;
  }
}

/**
 * Waits until no promise chain can go further by itself: one turn of the event
 * loop, before which every microtask has run. What waits for the system (a
 * file, a thread) may need more turns.
 */
export function settle(): Promise<void> {
  return new Promise((resolve) => {
    if (setImmediate === undefined) setTimeout(resolve, 0);
    else setImmediate(resolve);
  });
}

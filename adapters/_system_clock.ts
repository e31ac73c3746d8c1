import type { Clock, Random } from "../lib/spi/clock.ts";

/** What a runtime's timer takes at most; more would fire at once. */
const LONGEST_TIMER_MS = 2_147_483_647;

/** The clock of the machine, on every runtime. */
export function systemClock(): Clock {
  return {
    now: () => performance.now(),
    wallTime: () => Date.now(),
    after,
  };
}

// Timers keep the program alive until they run or are cancelled: a socket
// that nobody reads does not, and a session may wait for nothing but a timer.
function after(milliseconds: number, run: () => void): () => void {
  let timer: ReturnType<typeof setTimeout>;
  const wait = (left: number): void => {
    timer = left > LONGEST_TIMER_MS
      ? setTimeout(() => wait(left - LONGEST_TIMER_MS), LONGEST_TIMER_MS)
      : setTimeout(run, left);
  };
  wait(milliseconds);
  return () => clearTimeout(timer);
}

/** Asked of the system at once: a call for each costs 8 microseconds. */
const RANDOM_WORDS = 64;

/** Unpredictable numbers from the system, on every runtime. */
export function systemRandom(): Random {
  const words = new Uint32Array(RANDOM_WORDS);
  let left = 0;
  return {
    below(limit) {
      // What lies over the last whole multiple would favour small numbers.
      const end = 2 ** 32 - (2 ** 32 % limit);
      for (;;) {
        if (left === 0) {
          crypto.getRandomValues(words);
          left = RANDOM_WORDS;
        }
        const value = words[--left] ?? 0;
        // Whoever reads our memory later shall not learn it.
        words[left] = 0;
        if (value < end) return value % limit;
      }
    },
  };
}

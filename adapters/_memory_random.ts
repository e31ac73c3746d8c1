import type { Random } from "../lib/spi/clock.ts";

/**
 * Numbers that look random and are the same in every run: for tests, never for
 * a server that strangers can reach.
 */
export function memoryRandom(seed: number = 1): Random {
  let state = seed >>> 0;
  return {
    below(limit) {
      // Numerical Recipes' linear congruential generator; the upper bits are
      // the good ones.
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return Math.floor(state / 2 ** 32 * limit);
    },
  };
}

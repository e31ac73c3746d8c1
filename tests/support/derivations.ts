import { type MockInstance, vi } from "vitest";

/** How many passwords are being checked by PBKDF2, and were at most. */
export interface Derivations extends Disposable {
  readonly most: number;
  readonly all: number;
}

/** Counts until it is disposed of. */
export function countDerivations(): Derivations {
  const { subtle } = crypto;
  const derive = subtle.deriveBits.bind(subtle);
  let now = 0;
  let most = 0;
  let all = 0;
  const spy: MockInstance = vi.spyOn(subtle, "deriveBits")
    .mockImplementation(async (...args) => {
      most = Math.max(most, ++now);
      all++;
      try {
        return await derive(...args);
      } finally {
        now--;
      }
    });
  return {
    get most() {
      return most;
    },
    get all() {
      return all;
    },
    [Symbol.dispose]: () => spy.mockRestore(),
  };
}

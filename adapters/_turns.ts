import { performance } from "node:perf_hooks";
import { setImmediate, setTimeout } from "node:timers";
import { DENO_IMMEDIATES } from "./_runtime_gaps.ts";

/** How long immediates may follow each other where they starve sockets. */
const STARVED_MS = 8;

/** Lets everybody else have a go, between the parts of a long work. */
export class Turns {
  #since = performance.now();

  /** Resolves when the others had theirs. */
  next(): Promise<void> {
    const starves = DENO_IMMEDIATES.here &&
      performance.now() - this.#since >= STARVED_MS;
    if (!starves) return new Promise((resolve) => setImmediate(resolve));
    // A timer takes a millisecond and more, so not every time.
    return new Promise((resolve) => {
      setTimeout(() => {
        this.#since = performance.now();
        resolve();
      }, 0);
    });
  }
}

import type { Clock } from "../spi/clock.ts";

/** Sleeps that end early when the session does. */
export class Sleepers {
  readonly #clock: Clock;
  /** Made with the first sleep: most sessions never sleep. */
  #wakers: Set<() => void> | null = null;
  #awake = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  sleep(milliseconds: number): Promise<void> {
    if (this.#awake || milliseconds === 0) return Promise.resolve();
    this.#wakers ??= new Set();
    const wakers = this.#wakers;
    return new Promise((resolve) => {
      const wake = (): void => {
        cancel();
        wakers.delete(wake);
        resolve();
      };
      const cancel = this.#clock.after(milliseconds, wake);
      wakers.add(wake);
    });
  }

  /** Ends every sleep, those to come too. */
  wakeAll(): void {
    this.#awake = true;
    for (const wake of this.#wakers ?? []) wake();
  }
}

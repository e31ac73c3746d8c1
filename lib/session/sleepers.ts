import type { Clock } from "../spi/clock.ts";

/** Sleeps that end early when the session does. */
export class Sleepers {
  readonly #clock: Clock;
  readonly #wakers = new Set<() => void>();
  #awake = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  sleep(milliseconds: number): Promise<void> {
    if (this.#awake || milliseconds === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        cancel();
        this.#wakers.delete(wake);
        resolve();
      };
      const cancel = this.#clock.after(milliseconds, wake);
      this.#wakers.add(wake);
    });
  }

  /** Ends every sleep, those to come too. */
  wakeAll(): void {
    this.#awake = true;
    for (const wake of this.#wakers) wake();
  }
}

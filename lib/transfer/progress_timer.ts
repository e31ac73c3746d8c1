import type { Clock } from "../spi/clock.ts";

/**
 * Calls back when a number has not changed for a whole period. It looks once
 * in each period, so it takes one to two periods to notice; no call is made
 * per change.
 */
export class ProgressTimer {
  readonly #clock: Clock;
  readonly #periodMs: number;
  readonly #progress: () => number;
  readonly #stalled: () => void;
  #seen: number;
  #cancel: () => void = () => {};

  /** @param periodMs 0 never calls back */
  constructor(
    clock: Clock,
    periodMs: number,
    progress: () => number,
    stalled: () => void,
  ) {
    this.#clock = clock;
    this.#periodMs = periodMs;
    this.#progress = progress;
    this.#stalled = stalled;
    this.#seen = progress();
    this.#arm();
  }

  stop(): void {
    this.#cancel();
  }

  #arm(): void {
    if (this.#periodMs === 0) return;
    this.#cancel = this.#clock.after(this.#periodMs, () => {
      const now = this.#progress();
      if (now === this.#seen) return this.#stalled();
      this.#seen = now;
      this.#arm();
    });
  }
}

import type { Clock } from "../spi/clock.ts";

/**
 * Calls back when nothing was touched for a time. Touching is a number and no
 * timer: the one timer looks at the number when it fires.
 */
export class IdleTimer {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #expired: () => void;
  #touchedAt: number;
  #paused = false;
  #cancel: () => void = () => {};

  /** @param timeoutMs 0 never calls back */
  constructor(clock: Clock, timeoutMs: number, expired: () => void) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#expired = expired;
    this.#touchedAt = clock.now();
    this.#arm(timeoutMs);
  }

  touch(): void {
    this.#touchedAt = this.#clock.now();
  }

  /** Stands still until `resume`, which starts the full time again. */
  pause(): void {
    this.#paused = true;
    this.#cancel();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.touch();
    this.#arm(this.#timeoutMs);
  }

  stop(): void {
    this.pause();
  }

  #arm(milliseconds: number): void {
    if (this.#timeoutMs === 0) return;
    this.#cancel = this.#clock.after(milliseconds, () => {
      const left = this.#touchedAt + this.#timeoutMs - this.#clock.now();
      if (left <= 0) this.#expired();
      else this.#arm(left);
    });
  }
}

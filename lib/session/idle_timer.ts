import type { Clock } from "../spi/clock.ts";

/**
 * Calls back sessions in which nothing was touched for a time. All of them
 * share one timer of the clock: it looks at the one that has waited longest. A
 * timer for each would be a tenth of what an idle session takes.
 */
export class IdleWatch {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  /** When each was touched; who was touched last is last. */
  readonly #touchedAt = new Map<IdleTimer, number>();
  /** `null`: no timer runs. */
  #cancel: (() => void) | null = null;

  /** @param timeoutMs 0 never calls back */
  constructor(clock: Clock, timeoutMs: number) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
  }

  /** Gives `timer` the full time, whether it is watched already or not. */
  touch(timer: IdleTimer): void {
    if (this.#timeoutMs === 0) return;
    this.#touchedAt.delete(timer);
    this.#touchedAt.set(timer, this.#clock.now());
    if (this.#cancel === null) this.#arm(this.#timeoutMs);
  }

  /** Forgets `timer`. Idempotent. */
  drop(timer: IdleTimer): void {
    this.#touchedAt.delete(timer);
    if (this.#touchedAt.size > 0) return;
    this.#cancel?.();
    this.#cancel = null;
  }

  #arm(milliseconds: number): void {
    this.#cancel = this.#clock.after(milliseconds, () => this.#look());
  }

  #look(): void {
    // Whoever is touched meanwhile shall not arm it for later.
    this.#cancel = nothing;
    const now = this.#clock.now();
    for (const [timer, touchedAt] of this.#touchedAt) {
      const left = touchedAt + this.#timeoutMs - now;
      if (left > 0) return this.#arm(left);
      this.#touchedAt.delete(timer);
      timer.expire();
    }
    this.#cancel = null;
  }
}

/** Calls back when nothing was touched for a time. */
export class IdleTimer {
  readonly #watch: IdleWatch;
  readonly #expired: () => void;
  #paused = false;

  constructor(watch: IdleWatch, expired: () => void) {
    this.#watch = watch;
    this.#expired = expired;
    watch.touch(this);
  }

  touch(): void {
    if (!this.#paused) this.#watch.touch(this);
  }

  /** Stands still until `resume`, which starts the full time again. */
  pause(): void {
    this.#paused = true;
    this.#watch.drop(this);
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.touch();
  }

  stop(): void {
    this.pause();
  }

  /** For the watch alone. */
  expire(): void {
    this.#expired();
  }
}

function nothing(): void {}

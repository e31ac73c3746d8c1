/** Passwords that are checked at the same time. */
export const MAX_CHECKS = 2;

/**
 * Lets a few pieces of work run at the same time; the others wait in line.
 * Checking a password takes a core and much memory for a while: many logins at
 * once must not take all there is from the transfers.
 */
export class Turns {
  readonly #waiting = new Set<() => void>();
  #free: number;

  /** @param limit how many run at the same time */
  constructor(limit: number) {
    this.#free = limit;
  }

  /** What `work` answers; `null` when the signal was aborted before its turn. */
  async run<T>(
    work: () => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T | null> {
    if (this.#free > 0) this.#free--;
    else if (!await this.#wait(signal)) return null;
    try {
      return signal?.aborted ? null : await work();
    } finally {
      const [next] = this.#waiting;
      if (next === undefined) this.#free++;
      else next();
    }
  }

  /** Whether the turn came. */
  #wait(signal?: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const leave = (came: boolean): void => {
        this.#waiting.delete(enter);
        signal?.removeEventListener("abort", giveUp);
        resolve(came);
      };
      const enter = (): void => leave(true);
      const giveUp = (): void => leave(false);
      if (signal?.aborted) return resolve(false);
      this.#waiting.add(enter);
      signal?.addEventListener("abort", giveUp);
    });
  }
}

/** After this time a mark is set; the rate reaches back to the one before. */
const MARK_MS = 2_000;

/**
 * How fast a number grows: per second, over the last two to four seconds, or
 * since the start when that is less. It is told about growth and computes when
 * it is asked; nothing runs in between.
 */
export class RateMeter {
  #beforeAt: number;
  #beforeBytes = 0;
  #markAt: number;
  #markBytes = 0;

  /** @param now milliseconds; only differences count */
  constructor(now: number) {
    this.#beforeAt = now;
    this.#markAt = now;
  }

  /** @param bytes all of them up to now */
  tell(bytes: number, now: number): void {
    if (now - this.#markAt < MARK_MS) return;
    this.#beforeAt = this.#markAt;
    this.#beforeBytes = this.#markBytes;
    this.#markAt = now;
    this.#markBytes = bytes;
  }

  /** Bytes per second, a whole number; of no time at all, 0. */
  perSecond(bytes: number, now: number): number {
    this.tell(bytes, now);
    const took = now - this.#beforeAt;
    const grown = bytes - this.#beforeBytes;
    return took <= 0 ? 0 : Math.round(grown * 1000 / took);
  }
}

/** A write that took longer has waited for a disk, and everybody with it. */
const SLOW_MS = 10;

/** Then this much is left to the thread pool, each time twice as much. */
const SLOW_BYTES = 2 * 1024 * 1024;

/** Whether the bytes of one file are better left to the thread pool. */
export class SlowDisk {
  readonly #slowMs: number;
  #left = 0;
  #next = SLOW_BYTES;

  /** @param slowMs what a call may take that finds no disk in its way */
  constructor(slowMs: number = SLOW_MS) {
    this.#slowMs = slowMs;
  }

  /** Whether a call on the spot would keep everybody waiting again. */
  get isSlow(): boolean {
    return this.#left > 0;
  }

  /** Makes a call on the spot, and watches how long it takes. */
  watch<T>(call: () => T): T {
    const begin = performance.now();
    try {
      return call();
    } finally {
      if (performance.now() - begin > this.#slowMs) {
        this.#left = this.#next;
        this.#next *= 2;
      }
    }
  }

  /** The thread pool has these. */
  passed(bytes: number): void {
    this.#left = Math.max(0, this.#left - bytes);
  }
}

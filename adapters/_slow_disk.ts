/** A write that took longer has waited for a disk, and everybody with it. */
const SLOW_MS = 10;

/** Then this much is left to the thread pool, each time twice as much. */
const SLOW_BYTES = 2 * 1024 * 1024;

/** So many calls without a wait make up for one. */
const QUICK_CALLS = 64;

/** Whether the bytes of one file are better left to the thread pool. */
export class SlowDisk {
  readonly #slowMs: number;
  #left = 0;
  #next = SLOW_BYTES;
  readonly #now: () => number;
  #quick = 0;

  /** @param slowMs what a call may take that finds no disk in its way */
  constructor(
    slowMs: number = SLOW_MS,
    now: () => number = () => performance.now(),
  ) {
    this.#slowMs = slowMs;
    this.#now = now;
  }

  /** Whether a call on the spot would keep everybody waiting again. */
  get isSlow(): boolean {
    return this.#left > 0;
  }

  /** Makes a call on the spot, and watches how long it takes. */
  watch<T>(call: () => T): T {
    const begin = this.#now();
    try {
      return call();
    } finally {
      if (this.#now() - begin > this.#slowMs) this.#turnSlow();
      else this.#stayQuick();
    }
  }

  #turnSlow(): void {
    this.#left = this.#next;
    this.#next *= 2;
    this.#quick = 0;
  }

  /** What was slow once on a busy machine is not slow for good. */
  #stayQuick(): void {
    this.#quick++;
    if (this.#quick < QUICK_CALLS) return;
    this.#quick = 0;
    this.#next = Math.max(SLOW_BYTES, this.#next / 2);
  }

  /** The thread pool has these. */
  passed(bytes: number): void {
    this.#left = Math.max(0, this.#left - bytes);
  }
}

/** How long everybody keeps away from a disk that was slow. */
const SPELL_MS = 10_000;

/**
 * Whether what takes microseconds as a rule, but may wait for a disk, is
 * better left to the thread pool: for a while after it took long once.
 */
export class SlowSpell {
  readonly #now: () => number;
  #until = -Infinity;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  get isOver(): boolean {
    return this.#now() >= this.#until;
  }

  /** Makes a call on the spot, and watches how long it takes. */
  watch(call: () => void): void {
    const begin = this.#now();
    try {
      call();
    } finally {
      const end = this.#now();
      if (end - begin > SLOW_MS) this.#until = end + SPELL_MS;
    }
  }
}

/** Files that are emptied on the spot are no larger than this. */
export const EMPTIED_BYTES: number = 256 * 1024;

/**
 * Files are closed on the spot to which less than this was written. Of more,
 * a part may have been moved by the system.
 */
export const CLOSED_BYTES: number = 16 * 1024;

/** Of all files: the thread is everybody's. */
export const slowSpell: SlowSpell = new SlowSpell();

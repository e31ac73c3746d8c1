import { type Deferred, deferred } from "./deferred.ts";

/**
 * A first-in first-out queue with one consumer, bounded by its owner.
 *
 * `push` answers false when the queue is full or closed; the caller decides
 * what to do with the item. `take` waits for an item; `null` means closed and
 * empty.
 */
export class Queue<T> {
  readonly #capacity: number;
  readonly #items: T[] = [];
  #waiter: Deferred<T | null> | null = null;
  #closed = false;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#items.length;
  }

  push(item: T): boolean {
    if (this.#closed) return false;
    if (this.#waiter !== null) {
      this.#waiter.resolve(item);
      this.#waiter = null;
      return true;
    }
    if (this.#items.length >= this.#capacity) return false;
    this.#items.push(item);
    return true;
  }

  take(): Promise<T | null> {
    const item = this.#items.shift();
    if (item !== undefined) return Promise.resolve(item);
    if (this.#closed) return Promise.resolve(null);
    this.#waiter ??= deferred<T | null>();
    return this.#waiter.promise;
  }

  /** Ends the queue; what was never taken is handed back to be released. */
  close(): readonly T[] {
    this.#closed = true;
    this.#waiter?.resolve(null);
    this.#waiter = null;
    return this.#items.splice(0);
  }
}

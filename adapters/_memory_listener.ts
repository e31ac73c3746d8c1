import { Queue } from "../lib/base/queue.ts";
import type { Connection, Endpoint, Listener } from "../lib/spi/transport.ts";
import type { MemoryConnection } from "./_memory_connection.ts";

/** A listening socket inside the program. */
export class MemoryListener implements Listener {
  readonly local: Endpoint;
  readonly #queue: Queue<MemoryConnection>;
  readonly #released: (listener: MemoryListener) => void;
  #closed = false;

  constructor(
    local: Endpoint,
    backlog: number,
    released: (listener: MemoryListener) => void,
  ) {
    this.local = local;
    this.#queue = new Queue(backlog);
    this.#released = released;
  }

  /** Hands over a new connection; closes it when there is no room. */
  offer(connection: MemoryConnection): void {
    if (!this.#queue.push(connection)) connection.close();
  }

  accept(): Promise<Connection | null> {
    return this.#queue.take();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#released(this);
    for (const connection of this.#queue.close()) connection.close();
  }
}

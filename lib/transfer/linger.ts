import type { Clock } from "../spi/clock.ts";
import type { Connection } from "../spi/transport.ts";

/** How long a peer may take to finish after we did. */
const LINGER_MS = 2_000;

/** What we read and throw away in that time before we lose patience. */
const LINGER_BYTES = 1024 * 1024;

/** Connections that linger at once; the oldest gives way. */
const MAX_LINGERING = 256;

/**
 * Finished connections on their way out.
 *
 * A close with unread input makes the kernel reset the connection and drop
 * what the peer has not received yet. So after our FIN, input is read and
 * thrown away until the peer finishes too, within bounds; nobody waits for it.
 */
export class Lingering {
  readonly #clock: Clock;
  readonly #connections = new Set<Connection>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#connections.size;
  }

  /**
   * Takes over a connection whose writing side is closed.
   *
   * @param pending a read that is already under way
   * @returns when the connection is closed; never rejects
   */
  async add(
    connection: Connection,
    pending?: Promise<Uint8Array | null>,
  ): Promise<void> {
    if (this.#connections.size >= MAX_LINGERING) {
      for (const oldest of this.#connections) {
        oldest.close();
        break;
      }
    }
    this.#connections.add(connection);
    const cancel = this.#clock.after(LINGER_MS, () => connection.close());
    try {
      let budget = LINGER_BYTES;
      let chunk = await (pending ?? connection.read());
      while (chunk !== null && budget > 0) {
        budget -= chunk.length;
        chunk = await connection.read();
      }
    } catch {
      // Reset, or closed by the timer: it is gone either way.
    } finally {
      cancel();
      connection.close();
      this.#connections.delete(connection);
    }
  }

  closeAll(): void {
    for (const connection of this.#connections) connection.close();
  }
}

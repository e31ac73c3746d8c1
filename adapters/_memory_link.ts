import type { Clock } from "../lib/spi/clock.ts";
import type { MemoryConnection } from "./_memory_connection.ts";

/** What a connection needs to know of the network that it is part of. */
export interface MemoryLink {
  /** Bytes that fit between a writer and a reader. */
  readonly window: number;
  /** The most bytes that one `read()` answers. */
  readonly chunkSize: number;
  /** Runs at the other end: at once, or after the latency. */
  deliver(run: () => void): void;
  /** Called once, when the owner has called `close()` or `reset()`. */
  released(connection: MemoryConnection): void;
}

/** What may change while a connection is open. */
export interface MemoryLinkSettings {
  readonly latencyMs: number;
  readonly chunkSize: number;
  readonly window: number;
}

/** What lies between two ends; it looks at the settings each time. */
export function memoryLink(
  settings: MemoryLinkSettings,
  clock: Clock | null,
  released: (connection: MemoryConnection) => void,
): MemoryLink {
  // Nothing overtakes what was sent before, whatever becomes of the latency.
  let due = clock?.now() ?? 0;
  return {
    get window() {
      return settings.window;
    },
    get chunkSize() {
      return settings.chunkSize;
    },
    deliver(run) {
      if (clock === null) return run();
      due = Math.max(due, clock.now() + settings.latencyMs);
      if (due <= clock.now()) return run();
      clock.after(due - clock.now(), run);
    },
    released,
  };
}

import type { Clock } from "../lib/spi/clock.ts";
import type { MemoryConnection, MemoryLink } from "./_memory_connection.ts";

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

import type { SendfileBinding } from "./_sendfile_binding.ts";

/** A peer may be ahead by so much: the server is woken less often. */
const MOST_BYTES = 4 * 1024 * 1024;

/**
 * All peers together, of what is the system's memory. It has a bound of its own
 * as well, for all programs: `net.ipv4.tcp_mem`, a tenth of the memory.
 */
const TOGETHER_BYTES = 2 * 1024 * 1024 * 1024;

/** Less is what the system gives by itself. */
const LEAST_BYTES = 128 * 1024;

/** One of those that are left, so that those who come later get some as well. */
const SHARES = 256;

/** Given by this program, to connections that are open. */
let given = 0;

/**
 * Lets one peer send far ahead. The system begins with windows of 64 KiB and
 * enlarges them for who reads fast, which a server of many uploads does not.
 */
export class ReceiveWindow {
  /** `null` before it is opened; 0 where the system's own is as good. */
  #bytes: number | null = null;

  /** Idempotent. */
  open(binding: SendfileBinding, descriptor: number): void {
    if (this.#bytes !== null) return;
    const share = Math.floor((TOGETHER_BYTES - given) / SHARES);
    this.#bytes = share > LEAST_BYTES ? Math.min(MOST_BYTES, share) : 0;
    if (this.#bytes === 0) return;
    given += this.#bytes;
    binding.widen(descriptor, this.#bytes);
  }

  /** Idempotent; the system's part ends with the connection. */
  close(): void {
    given -= this.#bytes ?? 0;
    this.#bytes = 0;
  }
}

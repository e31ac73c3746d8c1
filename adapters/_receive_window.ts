import type { SendfileBinding } from "./_sendfile_binding.ts";

/** A peer may be ahead by so much: the server is woken less often. */
const MOST_BYTES = 4 * 1024 * 1024;

/** All peers together, of what is the system's memory. */
const TOGETHER_BYTES = 1024 * 1024 * 1024;

/** Less is what the system gives by itself. */
const LEAST_BYTES = 128 * 1024;

/** Of this program, those that are open. */
let windows = 0;

/**
 * Lets one peer send far ahead. The system begins with windows of 64 KiB and
 * enlarges them for who reads fast, which a server of many uploads does not.
 */
export class ReceiveWindow {
  #isOpen = false;

  /** Idempotent. */
  open(binding: SendfileBinding, descriptor: number): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    windows++;
    const bytes = Math.min(MOST_BYTES, Math.floor(TOGETHER_BYTES / windows));
    if (bytes > LEAST_BYTES) binding.widen(descriptor, bytes);
  }

  /** Idempotent; the system's part ends with the connection. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    windows--;
  }
}

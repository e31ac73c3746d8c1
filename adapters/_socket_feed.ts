import { setImmediate } from "node:timers";
import type { ReceivingSocket } from "./_receive_file.ts";
import { ReceiveWindow } from "./_receive_window.ts";
import { type SendfileBinding, sendfileBinding } from "./_sendfile_binding.ts";

/** Read by the runtime, so that it tells when something has come. */
const PIECE_BYTES = 16 * 1024;

/**
 * After this much, others have a turn: half a millisecond, as a GiB takes one
 * second. A reader may take more at once, see `SecureReceiver`.
 */
const ROUND_BYTES = 512 * 1024;

/**
 * The socket of a runtime for a C library that reads from it itself, beside
 * the runtime. Once it is empty, the next few bytes are read in the ordinary
 * way: when the runtime has them, there is more; and what the runtime has
 * read, comes first.
 */
export class SocketFeed {
  readonly #binding: SendfileBinding;
  readonly #socket: ReceivingSocket;
  #descriptor = -1;
  #released = false;
  #sinceTurn = 0;
  readonly #window = new ReceiveWindow();

  constructor(binding: SendfileBinding, socket: ReceivingSocket) {
    this.#binding = binding;
    this.#socket = socket;
  }

  /**
   * Ours until `release()`, and not to be waited for; below 0 while the
   * runtime has to look.
   */
  get descriptor(): number {
    if (this.#released || this.#socket.hasInput()) return -1;
    if (this.#descriptor < 0) {
      this.#descriptor = this.#socket.duplicate(this.#binding);
    }
    return this.#descriptor;
  }

  /** Nobody holds the peer back: it may send far ahead. */
  hurry(): void {
    if (this.descriptor < 0) return;
    this.#window.open(this.#binding, this.#descriptor);
  }

  /** The next bytes, as the runtime reads them; `null` at the end. */
  read(): Promise<Uint8Array | null> {
    return this.#socket.read(PIECE_BYTES);
  }

  /** The promises alone would never let anybody else have a turn. */
  async turn(): Promise<void> {
    if (this.#sinceTurn < ROUND_BYTES) return;
    this.#sinceTurn = 0;
    await new Promise<void>((resolve) => setImmediate(resolve));
  }

  /** So many bytes were read. */
  took(count: number): void {
    this.#sinceTurn += count;
  }

  /** Gives the descriptor back. Idempotent. */
  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#window.close();
    if (this.#descriptor >= 0) this.#binding.close(this.#descriptor);
    this.#descriptor = -1;
  }
}

/** A feed from a clear connection, or `null` where there can be none. */
export function socketFeed(socket: ReceivingSocket | null): SocketFeed | null {
  const binding = sendfileBinding();
  return binding === null || socket === null
    ? null
    : new SocketFeed(binding, socket);
}

import { setImmediate } from "node:timers";
import { TransportError } from "../lib/base/errors.ts";
import { isBroken } from "./_errno.ts";
import type { ReceivingSocket } from "./_receive_file.ts";
import { type SendfileBinding, sendfileBinding } from "./_sendfile_binding.ts";
import { type SocketCalls, socketCalls } from "./_socket_calls.ts";
import { closedError } from "./_socket_errors.ts";

/** Received by one call. */
const READ_BYTES = 256 * 1024;

/** Read by the runtime, so that it tells when something has come. */
const PIECE_BYTES = 16 * 1024;

/** Received while nobody else has a turn: about 1 ms to decrypt. */
const ROUND_BYTES = 512 * 1024;

const ACTION = "Cannot read";

/**
 * Reads much from the socket of a runtime by `recv(2)`, beside the runtime,
 * into one buffer. Once the socket is empty, the next few bytes are read in
 * the ordinary way: when the runtime has them, there is more; and the end of
 * the stream is the runtime's to find.
 */
export class DirectReader {
  readonly #calls: SocketCalls;
  readonly #binding: SendfileBinding;
  readonly #socket: ReceivingSocket;
  readonly #buffer = new Uint8Array(READ_BYTES);
  #descriptor = -1;
  #released = false;
  #sinceTurn = 0;

  constructor(
    calls: SocketCalls,
    binding: SendfileBinding,
    socket: ReceivingSocket,
  ) {
    this.#calls = calls;
    this.#binding = binding;
    this.#socket = socket;
  }

  /**
   * The next bytes, valid until the next call; `null` at the end.
   *
   * @throws {TransportError} as `Connection.read` does
   */
  async read(): Promise<Uint8Array | null> {
    if (this.#sinceTurn >= ROUND_BYTES) {
      this.#sinceTurn = 0;
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    if (this.#released) throw closedError(ACTION);
    const count = this.#socket.hasInput() ? 0 : this.#receive();
    if (count <= 0) return await this.#socket.read(PIECE_BYTES);
    this.#sinceTurn += count;
    return this.#buffer.subarray(0, count);
  }

  /** Gives the descriptor back. Idempotent; nothing is received any more. */
  release(): void {
    if (this.#released) return;
    this.#released = true;
    if (this.#descriptor >= 0) this.#binding.close(this.#descriptor);
    this.#descriptor = -1;
  }

  /** Bytes that came; not more than 0 when the runtime has to look. */
  #receive(): number {
    if (this.#descriptor < 0) {
      const made = this.#socket.duplicate(this.#binding);
      if (made < 0) return 0;
      this.#descriptor = made;
    }
    const count = this.#calls.receive(this.#descriptor, this.#buffer);
    if (!isBroken(count)) return count;
    // The system tells once: to the runtime it would look like an end.
    throw new TransportError("reset", `${ACTION}: connection lost`);
  }
}

/** A reader for a clear connection, or `null` where there can be none. */
export function directReader(
  socket: ReceivingSocket | null,
): DirectReader | null {
  const calls = socketCalls();
  const binding = sendfileBinding();
  return calls === null || binding === null || socket === null
    ? null
    : new DirectReader(calls, binding, socket);
}

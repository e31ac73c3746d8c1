import { readSync } from "node:fs";
import { setImmediate } from "node:timers";
import type { TransportError } from "../lib/base/errors.ts";
import type { FileHandle } from "../lib/spi/file_system.ts";
import type { SendFile } from "../lib/spi/transport.ts";
import { EAGAIN, EINTR, isBroken } from "./_errno.ts";
import { type SendfileBinding, sendfileBinding } from "./_sendfile_binding.ts";
import {
  busyError,
  closedError,
  lostError,
  unsupportedError,
} from "./_socket_errors.ts";

/** Sent by one call. */
const FIRST_BYTES = 256 * 1024;
const MOST_BYTES = 1024 * 1024;
const LEAST_BYTES = 64 * 1024;

/** Sent by all senders while nobody else has a turn: 5 to 10 ms. */
const ROUND_BYTES = 32 * 1024 * 1024;

/** Written by the runtime, so that it tells when there is room again. */
const PIECE_BYTES = 16 * 1024;

/**
 * From so much on, packets wait until they are full: the peer is woken less
 * often, which saves a third of the time and more. The last one goes out with
 * the end of the connection.
 */
const CORKED_BYTES = 256 * 1024;

/** A call that took longer has waited for a disk, and everybody with it. */
const COLD_MS = 4;

/** Then this much is copied: the pool reads, and the system reads ahead. */
const COLD_BYTES = 2 * 1024 * 1024;
const COLD_PIECE_BYTES = 256 * 1024;

/** Senders of this program that wait for their next turn. */
let waiting = 0;

const ACTION = "Cannot send a file";

/** What a {@linkcode FileSender} needs of its connection. */
export interface SendingSocket {
  /** Whether the runtime itself has something to send. */
  isBusy(): boolean;
  /** A descriptor of the socket that is ours to close, or an error below 0. */
  duplicate(binding: SendfileBinding): number;
  /** Sends bytes by the runtime. */
  write(bytes: Uint8Array): Promise<void>;
}

/**
 * Sends files by `sendfile(2)` on the socket of a runtime, beside the runtime.
 *
 * Once the socket is full, the next few bytes of the file are written in the
 * ordinary way: when the runtime has got rid of them, there is room again. So
 * nobody polls, and what breaks is found and named by the runtime. The socket
 * is used by a descriptor of our own: the runtime may close its own at any
 * time, and the number is soon another client's.
 */
export class FileSender {
  readonly #binding: SendfileBinding;
  readonly #socket: SendingSocket;
  #descriptor = -1;
  #piece: Uint8Array | null = null;
  #sending = false;
  #released = false;
  /** The system tells once; the runtime may be left with a bare end. */
  #broken = false;
  /** Up to here in the file, the disk is slow. */
  #coldUntil = 0;
  /** Sent since somebody else had a turn. */
  #sinceTurn = 0;
  /** `null` when the runtime may have changed it. */
  #corked: boolean | null = false;
  /** Grows as long as the file turns out to be in memory. */
  #most = FIRST_BYTES;

  constructor(binding: SendfileBinding, socket: SendingSocket) {
    this.#binding = binding;
    this.#socket = socket;
  }

  /** See {@linkcode SendFile}; it needs no `this`. */
  readonly sendFile: SendFile = (file, offset, length) =>
    this.#send(file, offset, length);

  /** Gives the descriptor back. Idempotent; nothing is sent any more. */
  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#piece = null;
    if (this.#descriptor >= 0) this.#binding.close(this.#descriptor);
    this.#descriptor = -1;
  }

  async #send(
    file: FileHandle,
    offset: number,
    length: number,
  ): Promise<number> {
    if (this.#released) throw closedError(ACTION);
    if (this.#sending) throw busyError(ACTION);
    if (length === 0) return 0;
    this.#sending = true;
    try {
      const sent = offset < this.#coldUntil || this.#socket.isBusy()
        ? -1
        : this.#sendSlice(file, offset, length);
      if (sent < 0) return await this.#sendPiece(file, offset, length);
      this.#sinceTurn += sent;
      if (this.#sinceTurn < LEAST_BYTES) return sent;
      this.#sinceTurn = 0;
      await nextTurn();
      if (this.#released) throw closedError(ACTION);
      return sent;
    } finally {
      this.#sending = false;
    }
  }

  /** Bytes sent, 0 at the end of the file, -1 when the socket is full. */
  #sendSlice(file: FileHandle, offset: number, length: number): number {
    const { fd } = file;
    if (fd === undefined) throw unsupported("the file has no descriptor");
    if (this.#descriptor < 0) {
      const made = this.#socket.duplicate(this.#binding);
      if (isBroken(made)) return -1;
      if (made < 0) throw unsupported(`error ${-made} of the socket`);
      this.#descriptor = made;
    }
    this.#cork(length, file.size - offset);
    const fair = Math.max(LEAST_BYTES, ROUND_BYTES / (waiting + 1));
    const slice = Math.floor(Math.min(length, this.#most, fair));
    const begin = performance.now();
    let sent: number;
    do {
      sent = this.#binding.sendfile(this.#descriptor, fd, offset, slice);
    } while (sent === EINTR);
    if (performance.now() - begin > COLD_MS) {
      this.#coldUntil = offset + COLD_BYTES;
      this.#most = LEAST_BYTES;
    } else if (sent === this.#most && sent < MOST_BYTES) this.#most *= 2;
    if (sent >= 0) return sent;
    this.#broken = isBroken(sent);
    if (sent === EAGAIN || this.#broken) return -1;
    throw unsupported(`error ${-sent} of sendfile`);
  }

  /**
   * @param length what may be sent now: little of it is for a slow client
   * @param rest what is left of the file
   */
  #cork(length: number, rest: number): void {
    const on = length >= CORKED_BYTES &&
      (this.#corked !== false || rest >= CORKED_BYTES);
    if (on === this.#corked) return;
    this.#corked = on;
    this.#binding.cork(this.#descriptor, on);
  }

  async #sendPiece(
    file: FileHandle,
    offset: number,
    length: number,
  ): Promise<number> {
    const size = offset < this.#coldUntil ? COLD_PIECE_BYTES : PIECE_BYTES;
    let piece = this.#piece;
    if (piece === null || piece.length < size) {
      piece = new Uint8Array(size);
      this.#piece = piece;
    }
    const wanted = Math.min(size, length);
    const part = piece.subarray(0, wanted);
    const isCold = offset < this.#coldUntil;
    const count = (isCold ? null : readNow(file.fd, part, offset)) ??
      await file.read(part, offset);
    if (this.#released) throw closedError(ACTION);
    if (count === 0) return 0;
    try {
      await this.#socket.write(piece.subarray(0, count));
      // Bun sends what waits, whenever there is room again.
      if (this.#corked === true) this.#corked = null;
    } catch (cause) {
      if (!this.#broken || this.#released) throw cause;
      throw lostError(ACTION, cause);
    }
    return count;
  }
}

/** A sender for a clear connection, or `null` where there can be none. */
export function fileSender(socket: SendingSocket): FileSender | null {
  const binding = sendfileBinding();
  return binding === null ? null : new FileSender(binding, socket);
}

/** Without a thread, which takes longer than to read a little from memory. */
function readNow(
  fd: number | undefined,
  into: Uint8Array,
  offset: number,
): number | null {
  if (fd === undefined) return null;
  try {
    return readSync(fd, into, 0, into.length, offset);
  } catch {
    // The file itself tries again, and says what is wrong.
    return null;
  }
}

/** The promises alone would never let anybody else have a turn. */
async function nextTurn(): Promise<void> {
  waiting++;
  await new Promise<void>((resolve) => setImmediate(resolve));
  waiting--;
}

function unsupported(state: string): TransportError {
  return unsupportedError(ACTION, state);
}

import { setImmediate } from "node:timers";
import { TransportError } from "../lib/base/errors.ts";
import type { FileHandle } from "../lib/spi/file_system.ts";
import type { ReceiveFile } from "../lib/spi/transport.ts";
import { EAGAIN, EINTR, isBroken } from "./_errno.ts";
import { ReceiveWindow } from "./_receive_window.ts";
import { type SendfileBinding, sendfileBinding } from "./_sendfile_binding.ts";
import { SlowDisk } from "./_slow_disk.ts";
import {
  busyError,
  closedError,
  lostError,
  unsupportedError,
} from "./_socket_errors.ts";

/** Moved by one call. More does not stay in the processor's cache. */
const SLICE_BYTES = 256 * 1024;

/** Less than this is not worth to let others have a turn for. */
const LEAST_BYTES = 64 * 1024;

/** Received by all while nobody else has a turn: about 5 ms. */
const ROUND_BYTES = 8 * 1024 * 1024;

/** Read by the runtime, so that it tells when something has come. */
const PIECE_BYTES = 16 * 1024;

/** The same while the disk is slow, and the thread pool writes. */
const SLOW_PIECE_BYTES = 256 * 1024;

/** Of `splice`. */
const SPLICE_F_MOVE = 1;
const SPLICE_F_NONBLOCK = 2;

/** Receivers of this program that wait for their next turn. */
let waiting = 0;

const ACTION = "Cannot receive a file";

/** What a {@linkcode FileReceiver} needs of its connection. */
export interface ReceivingSocket {
  /** Whether the runtime has something for `read` already. */
  hasInput(): boolean;
  /** A descriptor of the socket that is ours to close, or an error below 0. */
  duplicate(binding: SendfileBinding): number;
  /** Reads by the runtime: `most` bytes where it lets us choose. */
  read(most: number): Promise<Uint8Array | null>;
}

/**
 * Receives files by `splice(2)` from the socket of a runtime, beside the
 * runtime.
 *
 * Once the socket is empty, the next few bytes are read in the ordinary way:
 * when the runtime has them, there is more. So nobody polls, and the end of
 * the stream is found by the runtime. In between it holds nothing, as it reads
 * only when it is asked. What is written goes to the page cache in the time of
 * a copy; when it does not, the thread pool writes, for a while.
 */
export class FileReceiver {
  readonly #binding: SendfileBinding;
  readonly #socket: ReceivingSocket;
  #descriptor = -1;
  #receiving = false;
  #released = false;
  /** The file turned out not to be for it. */
  #unfit = false;
  readonly #disk = new SlowDisk();
  readonly #window = new ReceiveWindow();
  /** Received since somebody else had a turn. */
  #sinceTurn = 0;

  constructor(binding: SendfileBinding, socket: ReceivingSocket) {
    this.#binding = binding;
    this.#socket = socket;
  }

  /** See {@linkcode ReceiveFile}; it needs no `this`. */
  readonly receiveFile: ReceiveFile = (file, offset) =>
    this.#receive(file, offset);

  /** Gives the descriptor back. Idempotent; nothing is received any more. */
  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#window.close();
    if (this.#descriptor >= 0) this.#binding.close(this.#descriptor);
    this.#descriptor = -1;
  }

  async #receive(file: FileHandle, offset: number): Promise<number> {
    if (this.#released) throw closedError(ACTION);
    if (this.#receiving) throw busyError(ACTION);
    this.#receiving = true;
    try {
      const { fd } = file;
      if (fd === undefined) throw unsupported("the file has no descriptor");
      if (this.#unfit) throw unsupported("the file takes no splice");
      if (this.#disk.isSlow || this.#socket.hasInput()) {
        return await this.#receivePiece(file, offset);
      }
      const pipe = thePipe(this.#binding);
      const came = this.#fill(pipe.to);
      if (came <= 0) return await this.#receivePiece(file, offset);
      const moved = this.#disk.watch(() =>
        this.#drain(pipe.from, fd, offset, came)
      );
      if (moved < came) {
        // The file says itself what is wrong, or does better.
        const rest = emptied(this.#binding, pipe.from, came - moved);
        await file.write(rest, offset + moved);
        this.#unfit = true;
      }
      await this.#letOthers(came);
      return came;
    } finally {
      this.#receiving = false;
    }
  }

  /** Bytes that came into the pipe; 0 when none are there, or never will. */
  #fill(to: number): number {
    if (this.#descriptor < 0) {
      const made = this.#socket.duplicate(this.#binding);
      if (isBroken(made)) return 0;
      if (made < 0) throw unsupported(`error ${-made} of the socket`);
      this.#descriptor = made;
      this.#window.open(this.#binding, made);
    }
    const fair = Math.max(LEAST_BYTES, ROUND_BYTES / (waiting + 1));
    const slice = Math.floor(Math.min(SLICE_BYTES, fair));
    const flags = SPLICE_F_MOVE | SPLICE_F_NONBLOCK;
    let came: number;
    do {
      came = this.#binding.splice(this.#descriptor, to, null, slice, flags);
    } while (came === EINTR);
    if (came >= 0 || came === EAGAIN) return Math.max(came, 0);
    if (!isBroken(came)) throw unsupported(`error ${-came} of splice`);
    // The system tells once: to the runtime it would look like an end.
    throw lostError(ACTION);
  }

  /** How much of `length` bytes could be moved from the pipe to the file. */
  #drain(from: number, fd: number, offset: number, length: number): number {
    let moved = 0;
    while (moved < length) {
      const at = offset + moved;
      const rest = length - moved;
      const some = this.#binding.splice(from, fd, at, rest, SPLICE_F_MOVE);
      if (some > 0) moved += some;
      else if (some !== EINTR) break;
    }
    return moved;
  }

  async #receivePiece(file: FileHandle, offset: number): Promise<number> {
    const { isSlow } = this.#disk;
    const most = isSlow ? SLOW_PIECE_BYTES : PIECE_BYTES;
    const piece = await this.#socket.read(most);
    if (piece === null) return 0;
    if (isSlow || file.writeNow?.(piece, offset) !== true) {
      await file.write(piece, offset);
      this.#disk.passed(piece.length);
    }
    if (this.#released) throw closedError(ACTION);
    return piece.length;
  }

  /** The promises alone would never let anybody else have a turn. */
  async #letOthers(came: number): Promise<void> {
    this.#sinceTurn += came;
    if (this.#sinceTurn < LEAST_BYTES) return;
    this.#sinceTurn = 0;
    waiting++;
    await new Promise<void>((resolve) => setImmediate(resolve));
    waiting--;
    if (this.#released) throw closedError(ACTION);
  }
}

/** A receiver for a clear connection, or `null` where there can be none. */
export function fileReceiver(socket: ReceivingSocket): FileReceiver | null {
  const binding = sendfileBinding();
  return binding === null ? null : new FileReceiver(binding, socket);
}

let pipe: { readonly from: number; readonly to: number } | null = null;

/** One for all: it is empty again before anybody else has a turn. */
function thePipe(
  binding: SendfileBinding,
): { readonly from: number; readonly to: number } {
  if (pipe !== null) return pipe;
  const made = binding.pipe();
  if (typeof made === "number") throw unsupported(`error ${-made} of pipe`);
  pipe = made;
  return made;
}

/** What is still in the pipe. */
function emptied(
  binding: SendfileBinding,
  from: number,
  length: number,
): Uint8Array {
  const all = new Uint8Array(length);
  for (let at = 0; at < length;) {
    const piece = at === 0 ? all : new Uint8Array(length - at);
    const count = binding.read(from, piece);
    if (count === EINTR) continue;
    if (count <= 0) throw lostPipe(binding, count);
    if (at > 0) all.set(piece.subarray(0, count), at);
    at += count;
  }
  return all;
}

/** Bytes of one client must never become another's. */
function lostPipe(binding: SendfileBinding, answer: number): TransportError {
  if (pipe !== null) {
    binding.close(pipe.from);
    binding.close(pipe.to);
    pipe = null;
  }
  return new TransportError("other", `${ACTION}: error ${-answer} of read`);
}

function unsupported(state: string): TransportError {
  return unsupportedError(ACTION, state);
}

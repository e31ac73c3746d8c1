import { Socket } from "node:net";
import type { NodeSocket } from "./_node_types.ts";
import { BUN_NODE_ONREAD, DENO_TLS_OVER_ONREAD } from "./_runtime_gaps.ts";

/** Where a {@linkcode NodeConnection} gets its bytes from, by pull. */
export interface NodeSource {
  /** Told who wants to know that bytes have come. */
  start(socket: NodeSocket, arrived: () => void): void;
  /** Another socket of the same connection to read from, before any read. */
  replace?(socket: NodeSocket): NodeSocket | null;
  /** Gives back what came and was not taken: the socket gets another reader. */
  stop?(): void;
  /** What is here already, or `null`; the chunk lent before is given back. */
  take(): Uint8Array | null;
  /** Nothing is here: `arrived` shall be called when there is. */
  request(): void;
  /**
   * What comes next is lent in chunks of `bytes` at most. Only sources that
   * take nothing from the system but what they lend have it.
   */
  limit?(bytes: number): void;
}

/** An idle session holds this much; a transfer soon has the largest. */
const FIRST_BUFFER_BYTES = 4096;
const BUFFER_GROWTH = 8;
const LARGEST_BUFFER_BYTES = 262_144;

/**
 * Reads into one buffer of ours that grows with the traffic (`onread` of
 * `node:net`): half the processor time of the other way, but only for sockets
 * that we make ourselves.
 */
export class BufferSource implements NodeSource {
  /** The option for `net.connect` or `new net.Socket`. */
  readonly onread: {
    readonly buffer: () => Uint8Array;
    readonly callback: (length: number) => boolean;
  };
  #buffer = new Uint8Array(FIRST_BUFFER_BYTES);
  #largest = LARGEST_BUFFER_BYTES;
  #chunk: Uint8Array | null = null;
  #socket: NodeSocket | null = null;
  #arrived: () => void = () => {};

  constructor() {
    this.onread = {
      // Asked again after each read, so that the buffer may grow.
      buffer: () => this.#nextBuffer(),
      callback: (length) => this.#received(length),
    };
  }

  start(socket: NodeSocket, arrived: () => void): void {
    this.#socket = socket;
    this.#arrived = arrived;
  }

  take(): Uint8Array | null {
    const chunk = this.#chunk;
    this.#chunk = null;
    return chunk;
  }

  request(): void {
    this.#socket?.resume();
  }

  limit(bytes: number): void {
    this.#largest = bytes;
  }

  #nextBuffer(): Uint8Array {
    if (this.#buffer.length > this.#largest) {
      this.#buffer = new Uint8Array(this.#largest);
    }
    return this.#buffer;
  }

  #received(length: number): boolean {
    const buffer = this.#buffer;
    this.#chunk = buffer.subarray(0, length);
    if (length === buffer.length && length < this.#largest) {
      this.#buffer = new Uint8Array(
        Math.min(length * BUFFER_GROWTH, this.#largest),
      );
    }
    this.#arrived();
    // No further read into the buffer before the next request.
    return false;
  }
}

/** Whether sockets of ours can read into a {@linkcode BufferSource}. */
export function canBuffer(upgradable: boolean): boolean {
  return !BUN_NODE_ONREAD.here && !(upgradable && DENO_TLS_OVER_ONREAD.here);
}

/**
 * A {@linkcode BufferSource} for a socket that somebody else has made. Another
 * takes its place when the first byte is wanted: what only sends has no use
 * for it.
 */
export class AdoptingSource implements NodeSource {
  #inner: BufferSource | null = null;

  start(socket: NodeSocket, arrived: () => void): void {
    this.#inner?.start(socket, arrived);
  }

  replace(socket: NodeSocket): NodeSocket | null {
    if (this.#inner !== null) return null;
    const inner = new BufferSource();
    const own = adopted(socket, inner);
    if (own === null) return null;
    this.#inner = inner;
    return own;
  }

  take(): Uint8Array | null {
    return this.#inner?.take() ?? null;
  }

  request(): void {
    this.#inner?.request();
  }

  limit(bytes: number): void {
    this.#inner?.limit(bytes);
  }
}

/**
 * Takes what comes as it comes: the cheapest way for small pieces that are
 * waited for, as commands are.
 */
export class FlowSource implements NodeSource {
  #socket: NodeSocket | null = null;
  #arrived: () => void = () => {};
  #chunk: Uint8Array | null = null;
  #isWanted = false;
  #isListening = false;
  #isFlowing = false;
  readonly #onData = (chunk: Uint8Array): void => {
    // A Buffer is not quite a Uint8Array: its slice() is no copy.
    this.#chunk = new Uint8Array(
      chunk.buffer,
      chunk.byteOffset,
      chunk.byteLength,
    );
    if (this.#isWanted) {
      this.#isWanted = false;
      this.#arrived();
    } else {
      this.#isFlowing = false;
      this.#socket?.pause();
    }
  };

  start(socket: NodeSocket, arrived: () => void): void {
    this.#socket = socket;
    this.#arrived = arrived;
  }

  stop(): void {
    const socket = this.#socket;
    socket?.off("data", this.#onData);
    socket?.pause();
    const chunk = this.take();
    if (chunk !== null) socket?.unshift(chunk);
  }

  take(): Uint8Array | null {
    const chunk = this.#chunk;
    this.#chunk = null;
    return chunk;
  }

  request(): void {
    this.#isWanted = true;
    if (this.#isFlowing) return;
    this.#isFlowing = true;
    if (!this.#isListening) {
      this.#isListening = true;
      this.#socket?.on("data", this.#onData);
    }
    this.#socket?.resume();
  }
}

/** Pulls from the stream: for sockets of the host, TLS, and Bun. */
export class StreamSource implements NodeSource {
  #socket: NodeSocket | null = null;
  #arrived: () => void = () => {};
  #listening = false;

  start(socket: NodeSocket, arrived: () => void): void {
    this.#socket = socket;
    this.#arrived = arrived;
  }

  take(): Uint8Array | null {
    const chunk: unknown = this.#socket?.read();
    // A Buffer is not quite a Uint8Array: its slice() is no copy.
    return chunk instanceof Uint8Array
      ? new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength)
      : null;
  }

  request(): void {
    if (this.#listening) return;
    this.#listening = true;
    this.#socket?.on("readable", this.#arrived);
  }
}

/** What an accepted socket holds, which the types of `node:net` keep quiet. */
interface Handled {
  _handle: unknown;
}

/**
 * The same connection as a socket that reads into `source`, or `null` where
 * that cannot be.
 */
function adopted(
  socket: NodeSocket,
  source: BufferSource,
): NodeSocket | null {
  const holder = socket as unknown as Handled;
  const handle = holder._handle;
  if (typeof handle !== "object" || handle === null) return null;
  holder._handle = null;
  const options = {
    handle,
    allowHalfOpen: true,
    manualStart: true,
    onread: source.onread,
  };
  return new Socket(options);
}

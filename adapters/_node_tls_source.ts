import type { NodeSource } from "./_node_source.ts";
import type { NodeSocket } from "./_node_types.ts";

/** An idle session holds this much; a transfer soon has the largest. */
const FIRST_BUFFER_BYTES = 4096;
const BUFFER_GROWTH = 8;
const LARGEST_BUFFER_BYTES = 262_144;

/** Handed over before the turn ends, while the processor's cache has it. */
const HAND_OVER_BYTES = 131_072;

/** The largest when many transfers have the largest already. */
const MODEST_BUFFER_BYTES = 131_072;
const MAX_LARGE = 4;

let largeSources = 0;

const onDeno = "Deno" in globalThis;

/** The handle of a socket. */
interface Handle {
  reading?: boolean;
  readStart?(): number;
  readStop?(): number;
}

/** The handle of a `TLSSocket`. */
interface TlsHandle extends Handle {
  /** All bytes that came out until now; on Node. */
  readonly bytesRead?: number;
  /** The same on Deno. */
  getBytesRead?(): number;
  /**
   * Called with what came, or with nothing at the end. With a buffer of ours,
   * always with nothing; what it returns is the next buffer, on Node.
   */
  onread: (this: TlsHandle, bytes?: unknown) => unknown;
  useUserBuffer(buffer: Uint8Array): void;
}

/**
 * Has the records of a TLS stream of `node:tls` decrypted into a buffer of
 * ours, one behind the other, and hands over at once what has come in one turn
 * of the event loop, or 128 KiB of it. The stream itself makes a buffer for
 * each record of 16 KiB (Deno for four), and wakes its reader for it.
 *
 * The option `onread` would do the first, but not for a stream over a socket.
 */
export class NodeTlsSource implements NodeSource {
  readonly #brake: Handle | null;
  #handle: TlsHandle | null = null;
  #arrived: () => void = () => {};
  /** Being filled; what lies between the two waits for the reader. */
  #buffer: Uint8Array = new Uint8Array(
    onDeno ? MODEST_BUFFER_BYTES : FIRST_BUFFER_BYTES,
  );
  #taken = 0;
  #filled = 0;
  /** Waits as well, in buffers that are full. */
  readonly #older: Uint8Array[] = [];
  #waiting = 0;
  /** What the reader has. */
  #lent: Uint8Array | null = null;
  #spare: Uint8Array | null = null;
  #isWanted = false;
  #isAnnounced = false;
  /** Whether it is one of `MAX_LARGE`. */
  #isLarge = false;
  #isStopped = false;

  /** @param raw the socket below, which Deno forgets to stop */
  constructor(raw: object) {
    const { _handle, brake } = raw as {
      readonly _handle?: Handle | null;
      /** What a stream of ours has in its place. */
      readonly brake?: Handle;
    };
    this.#brake = onDeno ? _handle ?? brake ?? null : null;
  }

  start(socket: NodeSocket, arrived: () => void): void {
    const handle = handleOf(socket);
    if (handle === null) return;
    this.#handle = handle;
    this.#arrived = arrived;
    const { onread } = handle;
    const received = (count: number) => this.#received(count);
    const room = () => this.#buffer.length - this.#filled;
    let seen = totalOf(handle);
    handle.useUserBuffer(this.#buffer);
    handle.onread = function (bytes) {
      // Deno counts what it gives in several calls with the first of them.
      const count = Math.min(totalOf(this) - seen, room());
      if (count <= 0) return onread.call(this, bytes);
      seen += count;
      const next = received(count);
      if (onDeno) this.useUserBuffer(next);
      return next;
    };
    socket.on("close", () => this.#close());
  }

  take(): Uint8Array | null {
    const chunk = this.#older.shift() ?? this.#newest();
    this.#giveBack(chunk);
    if (chunk === null) return null;
    this.#waiting -= chunk.length;
    if (this.#isStopped && this.#waiting < this.#mostBytes) this.#restart();
    return chunk;
  }

  request(): void {
    this.#isWanted = true;
  }

  #newest(): Uint8Array | null {
    if (this.#taken === this.#filled) return null;
    const chunk = this.#buffer.subarray(this.#taken, this.#filled);
    this.#taken = this.#filled;
    return chunk;
  }

  /** @param next what the reader has now */
  #giveBack(next: Uint8Array | null): void {
    const memory = this.#lent?.buffer;
    this.#lent = next;
    if (memory === undefined || memory === next?.buffer) return;
    if (memory !== this.#buffer.buffer) this.#spare = new Uint8Array(memory);
  }

  /** @returns where the next bytes are to go */
  #received(count: number): Uint8Array {
    this.#filled += count;
    this.#waiting += count;
    // It goes on for a while with what was read before.
    if (this.#waiting >= this.#mostBytes && !this.#isStopped) this.#stop();
    if (this.#filled === this.#buffer.length) this.#change();
    if (this.#waiting >= HAND_OVER_BYTES) this.#announce();
    else if (this.#isWanted && !this.#isAnnounced) {
      this.#isAnnounced = true;
      setImmediate(() => {
        this.#isAnnounced = false;
        this.#announce();
      });
    }
    return this.#buffer.subarray(this.#filled);
  }

  #stop(): void {
    this.#isStopped = true;
    if (this.#brake !== null) return void this.#brake.readStop?.();
    if (this.#handle === null) return;
    this.#handle.reading = false;
    this.#handle.readStop?.();
  }

  #restart(): void {
    this.#isStopped = false;
    if (this.#handle === null) return;
    if (this.#brake !== null) return void this.#brake.readStart?.();
    this.#handle.reading = true;
    this.#handle.readStart?.();
  }

  #announce(): void {
    if (!this.#isWanted || this.#waiting === 0) return;
    this.#isWanted = false;
    this.#arrived();
  }

  /** Of a buffer, and of what waits: the reader falls behind. */
  get #mostBytes(): number {
    return this.#isLarge ? LARGEST_BUFFER_BYTES : MODEST_BUFFER_BYTES;
  }

  #enlarge(): void {
    if (this.#isLarge || largeSources >= MAX_LARGE) return;
    if (this.#handle === null) return;
    this.#isLarge = true;
    largeSources++;
  }

  #close(): void {
    this.#handle = null;
    if (this.#isLarge) largeSources--;
    this.#isLarge = false;
  }

  /** Goes on with another buffer. */
  #change(): void {
    const { length } = this.#buffer;
    // Commands that fill it one by one are not in a hurry.
    const isBusy = this.#waiting > length / 2;
    const chunk = this.#newest();
    if (chunk !== null) this.#older.push(chunk);
    if (isBusy && length === MODEST_BUFFER_BYTES) this.#enlarge();
    const wanted = isBusy
      ? Math.min(length * BUFFER_GROWTH, this.#mostBytes)
      : length;
    const spare = this.#spare;
    this.#spare = null;
    this.#buffer = spare?.length === wanted ? spare : new Uint8Array(wanted);
    this.#taken = this.#filled = 0;
  }
}

/** Whether a TLS stream has what `NodeTlsSource` needs. */
export function canDecryptInto(socket: NodeSocket): boolean {
  return handleOf(socket) !== null;
}

/** What has no promise of stability is asked for before it is used. */
function handleOf(socket: NodeSocket): TlsHandle | null {
  const { _handle } = socket as {
    readonly _handle?: Partial<TlsHandle> | null;
  };
  const { useUserBuffer, onread } = _handle ?? {};
  if (typeof useUserBuffer !== "function") return null;
  if (typeof onread !== "function") return null;
  const handle = _handle as TlsHandle;
  return Number.isInteger(totalOf(handle)) ? handle : null;
}

function totalOf(handle: TlsHandle): number {
  return handle.bytesRead ?? handle.getBytesRead?.() ?? NaN;
}

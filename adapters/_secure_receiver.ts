import type { FileHandle } from "../lib/spi/file_system.ts";

/** Decrypted at once: what stays in the processor's cache. */
const SLICE_BYTES = 256 * 1024;

/** Received by all while nobody else has a turn: about 4 ms, with the file. */
const ROUND_BYTES = 4 * 1024 * 1024;

/** One for all: what is in it is written before anybody else has a turn. */
let shared: Uint8Array<ArrayBuffer> | null = null;

/** Receivers of this program that are under way. */
let receivers = 0;

/** What a {@linkcode SecureReceiver} needs of its connection. */
export interface DecryptingSocket {
  /** Nobody holds the peer back: it may send far ahead. */
  hurry(): void;
  /** Bytes that were there already, and are in `into` now. */
  readNow(into: Uint8Array<ArrayBuffer>, much: boolean): number;
  /** Waits until more has come, once all is read; `false` at the end. */
  more(): Promise<boolean>;
  /** Lets others have their turn, when it is time for that. */
  turn(): Promise<void>;
}

/**
 * Receives files under TLS. They have to be copied, but without a promise for
 * each piece, and into a buffer that is everybody's.
 */
export class SecureReceiver {
  readonly #socket: DecryptingSocket;
  /** For what the file does not write on the spot: others have their turns. */
  #own: Uint8Array<ArrayBuffer> | null = null;

  constructor(socket: DecryptingSocket) {
    this.#socket = socket;
  }

  /** See `Connection.receiveFile`. */
  async receive(file: FileHandle, offset: number): Promise<number> {
    receivers++;
    try {
      this.#socket.hurry();
      do {
        await this.#socket.turn();
        const count = await this.#receiveRound(file, offset);
        if (count > 0) return count;
      } while (await this.#socket.more());
      return 0;
    } finally {
      receivers--;
    }
  }

  /** As much as is there, within reason. */
  async #receiveRound(file: FileHandle, offset: number): Promise<number> {
    const buffer = shared ??= new Uint8Array(SLICE_BYTES);
    const most = Math.max(SLICE_BYTES, ROUND_BYTES / receivers);
    let received = 0;
    while (received < most) {
      const count = this.#readBehind(received, buffer);
      if (count === 0) break;
      const at = offset + received;
      received += count;
      const bytes = buffer.subarray(0, count);
      if (file.writeNow?.(bytes, at) !== true) {
        await file.write(this.#copyOf(bytes), at);
        break;
      }
    }
    return received;
  }

  /** What ends the stream comes once what was before it has been told. */
  #readBehind(received: number, into: Uint8Array<ArrayBuffer>): number {
    try {
      return this.#socket.readNow(into, true);
    } catch (error) {
      if (received === 0) throw error;
      return 0;
    }
  }

  #copyOf(bytes: Uint8Array): Uint8Array {
    const own = this.#own ??= new Uint8Array(SLICE_BYTES);
    own.set(bytes);
    return own.subarray(0, bytes.length);
  }
}

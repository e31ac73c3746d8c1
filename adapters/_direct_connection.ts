import { TransportError } from "../lib/base/errors.ts";
import type {
  Connection,
  Endpoint,
  ReceiveFile,
  SendFile,
} from "../lib/spi/transport.ts";
import type { FileHandle } from "../lib/spi/file_system.ts";
import { EAGAIN, isBroken } from "./_errno.ts";
import type { SocketCalls } from "./_socket_calls.ts";
import {
  busyError,
  closedError,
  transportError,
  unsupportedError,
} from "./_socket_errors.ts";

/**
 * Sent without the runtime, in all: what is longer is not worth it, and would
 * keep others waiting.
 */
const DIRECT_BYTES = 64 * 1024;

/** How often a peer that has our FIN is looked at for its own. */
const END_LOOKS_MS: readonly number[] = [5, 20];

/** For what peers send then, which they have no business to. */
const afterEnd = new Uint8Array(512);

/**
 * A connection that sends little and is done, by calls of C: a socket of the
 * runtime costs more than the rest of a small download. For whatever takes
 * longer or has to wait, such a socket is made of it, for good.
 */
export class DirectConnection implements Connection {
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly tls = null;
  readonly #calls: SocketCalls;
  readonly #adopt: (descriptor: number) => Connection;
  /** Ours, until it is the runtime's or closed. */
  #descriptor: number;
  #adopted: Connection | null = null;
  #left = DIRECT_BYTES;
  #finished = false;
  #cancelLook: (() => void) | null = null;
  /** The system tells once. */
  #failure: TransportError | null = null;

  /** @param adopt makes a connection of the runtime, which owns it then */
  constructor(
    calls: SocketCalls,
    descriptor: number,
    local: Endpoint,
    remote: Endpoint,
    adopt: (descriptor: number) => Connection,
  ) {
    this.#calls = calls;
    this.#descriptor = descriptor;
    this.local = local;
    this.remote = remote;
    this.#adopt = adopt;
  }

  async read(): Promise<Uint8Array | null> {
    if (this.#adopted === null && this.#finished) {
      if (this.#cancelLook !== null) throw busyError("Cannot read");
      for (const milliseconds of END_LOOKS_MS) {
        const came = this.#look();
        if (came !== undefined) return came;
        await this.#pause(milliseconds);
      }
    }
    return await this.#whole("Cannot read").read();
  }

  async write(bytes: Uint8Array): Promise<void> {
    const action = "Cannot write";
    if (this.#adopted !== null) return await this.#adopted.write(bytes);
    this.#checkSending(action);
    const { length, byteOffset, buffer } = bytes;
    let sent = 0;
    // The calls take whole buffers only.
    if (
      length <= this.#left && byteOffset === 0 && buffer instanceof ArrayBuffer
    ) {
      const all = bytes as Uint8Array<ArrayBuffer>;
      sent = this.#told(action, this.#calls.send(this.#descriptor, all));
      this.#left -= sent;
    }
    if (sent === length) return;
    const rest = sent === 0 ? bytes : bytes.subarray(sent);
    await this.#whole(action).write(rest);
  }

  get sendFile(): SendFile | undefined {
    if (this.#adopted !== null) return this.#adopted.sendFile;
    return (file, offset, length) => this.#sendFile(file, offset, length);
  }

  get receiveFile(): ReceiveFile | undefined {
    return this.#descriptor < 0 && this.#adopted === null
      ? undefined
      : this.#whole("Cannot receive a file").receiveFile;
  }

  async closeWrite(): Promise<void> {
    const action = "Cannot finish";
    if (this.#finished) return;
    if (this.#adopted !== null) return await this.#adopted.closeWrite();
    this.#checkSending(action);
    this.#finished = true;
    this.#told(action, this.#calls.finish(this.#descriptor));
  }

  close(): void {
    this.#adopted?.close();
    if (this.#descriptor >= 0) this.#calls.close(this.#descriptor);
    // The number is soon another client's.
    this.#descriptor = -1;
    this.#cancelLook?.();
  }

  async #sendFile(
    file: FileHandle,
    offset: number,
    length: number,
  ): Promise<number> {
    const action = "Cannot send a file";
    const { fd } = file;
    const isSmall = file.size - offset <= this.#left;
    if (this.#adopted === null && isSmall && fd !== undefined) {
      this.#checkSending(action);
      const most = Math.min(length, this.#left);
      const sent = this.#calls.sendfile(this.#descriptor, fd, offset, most);
      // What the file cannot be used for, the runtime's own way tells.
      if (sent >= 0 || isBroken(sent)) {
        this.#left -= this.#told(action, sent);
        return sent;
      }
    }
    const { sendFile } = this.#whole(action);
    if (sendFile === undefined) throw unsupportedError(action, "no sendfile");
    return await sendFile(file, offset, length);
  }

  #checkSending(action: string): void {
    if (this.#failure !== null) throw this.#failure;
    if (this.#descriptor < 0 || this.#finished) throw closedError(action);
  }

  /** An answer of the system; 0 for "not now". */
  #told(action: string, answer: number): number {
    if (answer >= 0) return answer;
    if (answer === EAGAIN) return 0;
    this.#failure = new TransportError(
      isBroken(answer) ? "reset" : "other",
      isBroken(answer)
        ? `${action}: connection reset by peer`
        : `${action}: error ${-answer}`,
    );
    throw this.#failure;
  }

  /** What came after our FIN; `undefined` when nothing did. */
  #look(): Uint8Array | null | undefined {
    const action = "Cannot read";
    if (this.#failure !== null) throw this.#failure;
    if (this.#descriptor < 0) throw closedError(action);
    const count = this.#calls.receive(this.#descriptor, afterEnd);
    if (count === EAGAIN) return undefined;
    return this.#told(action, count) === 0 ? null : afterEnd.slice(0, count);
  }

  #pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const over = (): void => {
        this.#cancelLook = null;
        resolve();
      };
      const timer = setTimeout(over, milliseconds);
      this.#cancelLook = () => {
        clearTimeout(timer);
        over();
      };
    });
  }

  /** The same as a connection of the runtime, which can wait. */
  #whole(action: string): Connection {
    if (this.#failure !== null) throw this.#failure;
    if (this.#adopted !== null) return this.#adopted;
    if (this.#descriptor < 0) throw closedError(action);
    const descriptor = this.#descriptor;
    try {
      this.#adopted = this.#adopt(descriptor);
    } catch (error) {
      this.close();
      throw transportError(action, error);
    }
    this.#descriptor = -1;
    // Otherwise a peer that is done looks as if it had broken off. What is
    // wrong, the call tells that it is made for.
    if (this.#finished) this.#adopted.closeWrite().catch(() => {});
    return this.#adopted;
  }
}

import net from "node:net";

/** Bytes that one `recv` may bring; they are overwritten, never looked at. */
export const RECEIVE_BYTES: number = 256 * 1024;

/** Bytes handed to the kernel at a time. */
export const SEND_BYTES: number = 1024 * 1024;

// One buffer each for all connections: the client throws away what it gets,
// and sends the same bytes over and over, so it copies nothing by itself.
const discarded = new Uint8Array(RECEIVE_BYTES);
const payload = new Uint8Array(SEND_BYTES).fill(0x78);

/** A data connection that discards what comes and sends a constant. */
export class DataConnection {
  readonly #socket: net.Socket;
  readonly #ended: Promise<void>;
  readonly #counter: { bytes: number };

  constructor(socket: net.Socket, counter: { bytes: number }) {
    this.#socket = socket;
    this.#counter = counter;
    this.#ended = new Promise((resolve, reject) => {
      socket.once("end", resolve);
      socket.once("error", reject);
      socket.once("close", resolve);
    });
    // Whoever never waits for the end is not to be stopped by its failure.
    this.#ended.catch(() => {});
  }

  static connect(hostname: string, port: number): Promise<DataConnection> {
    return new Promise((resolve, reject) => {
      const counter = { bytes: 0 };
      const socket = net.connect({
        host: hostname,
        port,
        onread: {
          buffer: discarded,
          callback: (length) => {
            counter.bytes += length;
            return true;
          },
        },
      });
      socket.once("error", reject);
      socket.once("connect", () => {
        socket.off("error", reject);
        resolve(new DataConnection(socket, counter));
      });
    });
  }

  /** Bytes received until now. */
  get receivedBytes(): number {
    return this.#counter.bytes;
  }

  /** Resolves when the server has finished its side. */
  async receiveAll(): Promise<number> {
    await this.#ended;
    this.#socket.destroy();
    return this.#counter.bytes;
  }

  /**
   * Sends `bytes` bytes, or until the clock (`performance.now()`) reaches
   * `until`, in blocks of `block` bytes, and finishes the connection.
   *
   * @returns the number of bytes that the kernel took
   */
  send(bytes: number, until: number = Infinity): Promise<number> {
    return new Promise((resolve, reject) => {
      const socket = this.#socket;
      let sent = 0;
      let left = bytes;
      socket.once("error", reject);
      socket.once("close", () => reject(new Error("Data connection closed")));
      const next = (): void => {
        if (left === 0 || performance.now() >= until) {
          socket.end();
          resolve(sent);
          return;
        }
        const length = Math.min(left, SEND_BYTES);
        left -= length;
        const part = length === SEND_BYTES
          ? payload
          : payload.subarray(0, length);
        socket.write(part, (error) => {
          if (error) return; // The error event says the same.
          sent += length;
          next();
        });
      };
      next();
    });
  }

  close(): void {
    this.#socket.destroy();
  }
}

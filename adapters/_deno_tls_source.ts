import { StreamSource } from "./_node_source.ts";
import type { NodeSocket } from "./_node_types.ts";

/** A handle below a socket of `node:net`. */
interface Handle {
  /** Called with bytes, or with nothing at the end. */
  onread?: (this: Handle, bytes?: unknown) => unknown;
  readStart?(): number;
  readStop?(): number;
}

/** What sockets hold, of which the types of `node:net` say less. */
interface Inside {
  readonly _handle?: Handle | null;
  /** What a stream of ours has in its place. */
  readonly brake?: Handle;
  readonly readableLength?: number;
}

/**
 * Pulls from a TLS stream of Deno that never has enough: it is the socket
 * below that is stopped and started, which Deno forgets to do.
 */
export class DenoTlsSource extends StreamSource {
  readonly #below: Handle | null;
  readonly #limit: number;
  #inner: Inside | null = null;
  #isStopped = false;

  /**
   * @param raw the socket below
   * @param limit bytes to read ahead
   */
  constructor(raw: object, limit: number) {
    super();
    const { _handle, brake } = raw as Inside;
    this.#below = _handle ?? brake ?? null;
    this.#limit = limit;
  }

  override start(socket: NodeSocket, arrived: () => void): void {
    super.start(socket, arrived);
    this.#inner = socket as Inside;
    const above = this.#inner._handle;
    const onread = above?.onread;
    if (!above || onread === undefined) return;
    const stopWhenFull = () => this.#stopWhenFull();
    above.onread = function (bytes) {
      const result = onread.call(this, bytes);
      stopWhenFull();
      return result;
    };
  }

  override take(): Uint8Array | null {
    const chunk = super.take();
    if (this.#isStopped && !this.#isFull()) {
      this.#isStopped = false;
      this.#below?.readStart?.();
    }
    return chunk;
  }

  #stopWhenFull(): void {
    if (this.#isStopped || !this.#isFull()) return;
    this.#isStopped = true;
    this.#below?.readStop?.();
  }

  #isFull(): boolean {
    return (this.#inner?.readableLength ?? 0) >= this.#limit;
  }
}

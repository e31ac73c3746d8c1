/**
 * A connection over a pair of web streams, for hosts whose connections are not
 * sockets: a tunnel, a WebSocket stream, a worker. Loads anywhere.
 *
 * Web streams cannot tell a peer that broke off from one that failed: any error
 * of the readable side counts as a reset.
 *
 * @example Serve a control connection that the host accepted
 * ```ts
 * import { streamConnection } from "anyftpd/streams";
 *
 * const there = new TransformStream<Uint8Array, Uint8Array>();
 * const back = new TransformStream<Uint8Array, Uint8Array>();
 * const connection = streamConnection({
 *   readable: there.readable,
 *   writable: back.writable,
 *   local: { hostname: "192.0.2.1", port: 21 },
 *   remote: { hostname: "192.0.2.7", port: 49152 },
 * });
 * // server.handle(connection) runs a session on it.
 * connection.close();
 * ```
 *
 * @module
 */

import { TransportError } from "../lib/base/errors.ts";
import type { Connection, Endpoint } from "../lib/spi/transport.ts";

/** The part of a `ReadableStream` that is used. */
export interface ByteSource {
  /** Locks the stream. */
  getReader(): {
    read(): Promise<{ readonly done: boolean; readonly value?: unknown }>;
    cancel(reason?: unknown): Promise<void>;
  };
}

/** The part of a `WritableStream` that is used. */
export interface ByteSink {
  /** Locks the stream. */
  getWriter(): {
    write(chunk: Uint8Array): Promise<void>;
    close(): Promise<void>;
    abort(reason?: unknown): Promise<void>;
  };
}

/** What a connection is made of. */
export interface StreamPair {
  /** What the client sends. */
  readonly readable: ByteSource;
  /** What the client is sent. */
  readonly writable: ByteSink;
  /** The address that the client reached; PASV shows it. */
  readonly local: Endpoint;
  /** The client's address; data connections must come from the same. */
  readonly remote: Endpoint;
}

/** Wraps a pair of streams; it locks both. */
export function streamConnection(pair: StreamPair): Connection {
  return new StreamConnection(pair);
}

class StreamConnection implements Connection {
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly tls: null = null;
  readonly #reader: ReturnType<ByteSource["getReader"]>;
  readonly #writer: ReturnType<ByteSink["getWriter"]>;
  #ended = false;
  #writeClosed = false;
  #closed = false;

  constructor(pair: StreamPair) {
    this.local = pair.local;
    this.remote = pair.remote;
    this.#reader = pair.readable.getReader();
    this.#writer = pair.writable.getWriter();
  }

  async read(): Promise<Uint8Array | null> {
    for (;;) {
      if (this.#closed) throw closed("read");
      if (this.#ended) return null;
      const step = await this.#try("read", () => this.#reader.read());
      if (step.done) this.#ended = true;
      else if (!(step.value instanceof Uint8Array)) {
        throw new TransportError(
          "other",
          "Cannot read from a stream: it holds something else than bytes",
        );
      } else if (step.value.length > 0) return step.value;
    }
  }

  async write(bytes: Uint8Array): Promise<void> {
    // A stream keeps what it is given, and the caller may reuse its bytes.
    const kept = new Uint8Array(bytes);
    await this.#try("write", () => this.#writer.write(kept));
  }

  // deno-lint-ignore require-await -- the interface promises a rejection
  async closeWrite(): Promise<void> {
    if (this.#closed) throw closed("close");
    if (this.#writeClosed) return;
    this.#writeClosed = true;
    // Not awaited: a stream over a socket is closed only when both of its
    // directions are, and the other one is the peer's.
    this.#writer.close().catch(() => {});
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    const reason = closed("use");
    // Both settle later or never; nobody can be told of a failure.
    this.#reader.cancel(reason).catch(() => {});
    if (!this.#writeClosed) this.#writer.abort(reason).catch(() => {});
  }

  async #try<T>(action: string, run: () => Promise<T>): Promise<T> {
    if (this.#closed) throw closed(action);
    let result: T;
    try {
      result = await run();
    } catch (cause) {
      if (this.#closed) throw closed(action);
      throw new TransportError(
        "reset",
        `Cannot ${action} a stream: the other end broke off`,
        { cause },
      );
    }
    // Cancelling a reader ends its pending read as if the peer had finished.
    if (this.#closed) throw closed(action);
    return result;
  }
}

function closed(action: string): TransportError {
  return new TransportError("closed", `Cannot ${action} a stream: closed`);
}

import { TransportError } from "../lib/base/errors.ts";
import type {
  Connection,
  Endpoint,
  Listener,
  StartTlsOptions,
  TlsConfig,
  TlsInfo,
} from "../lib/spi/transport.ts";
import { NodeConnection } from "./_node_connection.ts";
import { StreamSource } from "./_node_source.ts";
import { RecordTap } from "./_record_tap.ts";
import { closedError } from "./_socket_errors.ts";

/** TLS over a connection, and the stream between them. */
interface Layer {
  readonly tap: RecordTap;
  readonly inner: NodeConnection;
}

/**
 * A connection whose TLS can be ended again: `node:tls` runs over a stream of
 * ours instead of the socket, which it would take with it into its end.
 */
export class StoppableConnection implements Connection {
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly #raw: Connection;
  #layer: Layer | null = null;
  /** Clear text that came behind close_notify. */
  #rest: Uint8Array | null = null;

  /** @param raw clear, and of nobody else from now on */
  constructor(raw: Connection) {
    this.#raw = raw;
    this.local = raw.local;
    this.remote = raw.remote;
  }

  get tls(): TlsInfo | null {
    return this.#layer?.inner.tls ?? null;
  }

  read(): Promise<Uint8Array | null> {
    const rest = this.#rest;
    if (rest === null) return this.#top.read();
    this.#rest = null;
    return Promise.resolve(rest);
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#top.write(bytes);
  }

  closeWrite(): Promise<void> {
    return this.#top.closeWrite();
  }

  close(): void {
    this.#layer?.inner.close();
    this.#raw.close();
  }

  async startTls(
    config: TlsConfig,
    options: StartTlsOptions = {},
  ): Promise<void> {
    if (this.#layer !== null || this.#rest !== null) {
      throw new TransportError(
        "other",
        "Cannot start TLS: it is too late for that",
      );
    }
    const tap = new RecordTap(this.#raw);
    const inner = new NodeConnection(
      tap,
      new StreamSource(),
      this.local,
      this.remote,
    );
    this.#layer = { tap, inner };
    await inner.startTls(config, options);
  }

  async stopTls(): Promise<void> {
    const layer = this.#layer;
    const { protocol } = this.tls ?? {};
    if (layer === null || protocol === undefined) {
      throw closedError("Cannot stop TLS");
    }
    const parted = layer.tap.part(protocol !== "TLSv1.2");
    await layer.inner.closeWrite();
    const rest = await parted;
    layer.inner.close();
    this.#layer = null;
    this.#rest = rest.length === 0 ? null : rest;
  }

  get #top(): Connection {
    return this.#layer?.inner ?? this.#raw;
  }
}

/** A listener whose connections can end TLS. */
export function stoppableListener(inner: Listener): Listener {
  return {
    local: inner.local,
    async accept() {
      const raw = await inner.accept();
      return raw === null ? null : new StoppableConnection(raw);
    },
    close: () => inner.close(),
  };
}

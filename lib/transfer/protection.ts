import { TransportError } from "../base/errors.ts";
import type { Clock } from "../spi/clock.ts";
import type { Connection, TlsConfig } from "../spi/transport.ts";

/** How a data connection is encrypted. */
export interface Protection {
  readonly config: TlsConfig;
  readonly handshakeTimeoutMs: number;
  /** An upload that ends without close_notify has not ended well. */
  readonly closeNotifyRequired: boolean;
}

/**
 * Becomes the server of a TLS session, within a time.
 *
 * @param handshakeTimeoutMs 0 leaves it to whoever closes the connection
 * @throws {TransportError} when the handshake fails
 */
export async function secure(
  connection: Connection,
  config: TlsConfig,
  handshakeTimeoutMs: number,
  clock: Clock,
): Promise<void> {
  if (connection.startTls === undefined) {
    throw new TransportError(
      "unsupported",
      "Cannot start TLS: the connection has none",
    );
  }
  const controller = new AbortController();
  const cancel = handshakeTimeoutMs === 0
    ? () => {}
    : clock.after(handshakeTimeoutMs, () => controller.abort());
  try {
    await connection.startTls(config, { signal: controller.signal });
  } finally {
    cancel();
  }
}

/** A connection whose end counts as clean without close_notify too. */
export class LenientConnection implements Connection {
  readonly #inner: Connection;

  constructor(inner: Connection) {
    this.#inner = inner;
  }

  get local(): Connection["local"] {
    return this.#inner.local;
  }

  get remote(): Connection["remote"] {
    return this.#inner.remote;
  }

  get tls(): Connection["tls"] {
    return this.#inner.tls;
  }

  async read(): Promise<Uint8Array | null> {
    try {
      return await this.#inner.read();
    } catch (error) {
      if (error instanceof TransportError && error.code === "truncated") {
        return null;
      }
      throw error;
    }
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#inner.write(bytes);
  }

  closeWrite(): Promise<void> {
    return this.#inner.closeWrite();
  }

  close(): void {
    this.#inner.close();
  }
}

import { TransportError } from "../base/errors.ts";
import type { Clock } from "../spi/clock.ts";
import type { Connection, TlsConfig, TlsInfo } from "../spi/transport.ts";

/** How a data connection is encrypted. */
export interface Protection {
  readonly config: TlsConfig;
  readonly handshakeTimeoutMs: number;
  /** An upload that ends without close_notify has not ended well. */
  readonly closeNotifyRequired: boolean;
  /** Only who resumes the session of the control connection will do. */
  readonly resumptionRequired: boolean;
  /** Told of every handshake that went well. */
  secured(tls: TlsInfo | null): void;
}

/** What a handshake must come to, and when. */
export interface SecureOptions {
  /** 0 leaves it to whoever closes the connection. */
  readonly timeoutMs: number;
  readonly resumedOnly?: boolean;
}

/**
 * Becomes the server of a TLS session, within a time.
 *
 * @throws {TransportError} when the handshake fails
 */
export async function secure(
  connection: Connection,
  config: TlsConfig,
  options: SecureOptions,
  clock: Clock,
): Promise<void> {
  if (connection.startTls === undefined) {
    throw new TransportError(
      "unsupported",
      "Cannot start TLS: the connection has none",
    );
  }
  const { timeoutMs, resumedOnly = false } = options;
  await limited(
    connection,
    timeoutMs,
    clock,
    () => connection.startTls?.(config, { resumedOnly }),
  );
}

/**
 * Closes the connection when something takes too long on it.
 *
 * @param timeoutMs 0 leaves it to whoever closes the connection
 */
export async function limited(
  connection: Connection,
  timeoutMs: number,
  clock: Clock,
  run: () => Promise<void> | undefined,
): Promise<void> {
  const cancel = timeoutMs === 0
    ? () => {}
    : clock.after(timeoutMs, () => connection.close());
  try {
    await run();
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

import type { Connection } from "../spi/transport.ts";
import type { DataHost } from "./data_host.ts";
import { ProgressTimer } from "./progress_timer.ts";
import type { OpenedConnection } from "./transfer.ts";

/** Who is told what becomes of a connection that nobody uses yet. */
export interface IdleEvents {
  /** It was reset. */
  lost(): void;
  /** Nobody used it for too long. */
  stalled(): void;
}

/**
 * A data connection before its transfer. One read is under way on it from the
 * start: it brings the first bytes of an upload, or the news that the client
 * is gone. Not so where TLS may still come: the handshake must find everything
 * that the client sends.
 */
export class IdleConnection implements OpenedConnection {
  readonly kind = "open";
  readonly connection: Connection;
  readonly openedAt: number;
  readonly first: Promise<Uint8Array | null> | null;
  readonly release: () => void;
  readonly #host: DataHost;
  readonly #timer: ProgressTimer;
  #idle = true;
  #peerEnded = false;

  constructor(
    host: DataHost,
    connection: Connection,
    release: () => void,
    events: IdleEvents,
  ) {
    this.#host = host;
    this.connection = connection;
    this.release = release;
    this.openedAt = host.clock.now();
    host.connected(true);
    this.#timer = new ProgressTimer(
      host.clock,
      host.settings.dataTimeoutMs,
      () => 0,
      () => {
        if (this.#idle) events.stalled();
      },
    );
    this.first = host.mayProtect() ? null : connection.read();
    this.first?.then(
      (chunk) => {
        if (chunk === null && this.#idle) this.#endByPeer();
      },
      () => {
        if (this.#idle) events.lost();
      },
    );
  }

  /** The client has finished sending: only an upload can use what is left. */
  get peerEnded(): boolean {
    return this.#peerEnded;
  }

  /** Hands the connection over to a transfer. */
  take(): OpenedConnection {
    this.#idle = false;
    this.#timer.stop();
    return this;
  }

  drop(): void {
    this.take();
    this.connection.close();
    this.release();
    if (!this.#peerEnded) this.#host.connected(false);
  }

  #endByPeer(): void {
    this.#peerEnded = true;
    this.#timer.stop();
    this.#host.connected(false);
  }
}

import type { TlsConfig } from "../spi/transport.ts";

/** How the server uses TLS, checked. */
export interface TlsSettings {
  /** The certificate for a session that begins now. */
  config(): TlsConfig;
  /** USER and PASS only over TLS. */
  readonly controlRequired: boolean;
  /** Data connections only over TLS. */
  readonly dataRequired: boolean;
  /** Until a handshake is through; 0 leaves it to the other time-outs. */
  readonly handshakeTimeoutMs: number;
  /** An upload that ends without close_notify has not ended well. */
  readonly closeNotifyRequired: boolean;
}

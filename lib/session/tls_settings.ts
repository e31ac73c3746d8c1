import type { TlsPolicy } from "../spi/authorizer.ts";
import type { TlsConfig } from "../spi/transport.ts";

/** How the server uses TLS, checked. */
export interface TlsSettings {
  /**
   * The certificate for a session that begins now: the last one that held.
   *
   * @param failed told once why a newer one does not hold
   */
  config(failed: (reason: unknown) => void): TlsConfig;
  /** `off` leaves it to listeners with implicit TLS. */
  readonly control: TlsPolicy;
  /** Of data connections. */
  readonly data: TlsPolicy;
  /** Data connections resume the TLS session of the control connection. */
  readonly resumptionRequired: boolean;
  /** CCC may end the TLS of the control connection. */
  readonly clearCommandsAllowed: boolean;
  /** Until a handshake is through; 0 leaves it to the other time-outs. */
  readonly handshakeTimeoutMs: number;
  /** An upload that ends without close_notify has not ended well. */
  readonly closeNotifyRequired: boolean;
}

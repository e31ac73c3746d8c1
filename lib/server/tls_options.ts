import { ConfigError } from "../base/errors.ts";
import type { TlsSettings } from "../session/tls_settings.ts";
import type { TlsConfig, Transport } from "../spi/transport.ts";
import { milliseconds, oneOf } from "./option_checks.ts";

/** How a server uses TLS (RFC 4217). */
export interface TlsOptions {
  /**
   * Certificate and key. A function is asked for each session, so that a
   * renewed certificate serves the next one; it should answer the same object
   * as long as nothing has changed.
   */
  readonly config: TlsConfig | (() => TlsConfig);
  /**
   * Whether users may log in without TLS.
   * @default {"allowed"}
   */
  readonly control?: "allowed" | "required";
  /**
   * Whether data connections may do without TLS.
   * @default {"allowed"}
   */
  readonly data?: "allowed" | "required";
  /**
   * Milliseconds that a handshake may take; 0 leaves it to the other time-outs.
   * @default {30_000}
   */
  readonly handshakeTimeoutMs?: number;
  /**
   * Whether an upload over TLS must end with close_notify to count as
   * complete. Without it, whoever can cut a connection can shorten a file
   * unseen; but some clients never send it.
   * @default {"required"}
   */
  readonly closeNotify?: "required" | "optional";
}

/** The protocols (RFC 7301) that FTP clients offer. */
const FTP_PROTOCOLS: readonly string[] = [
  "ftp",
  "ftp-data",
  "x-filezilla-ftp",
];

/** @throws {ConfigError} when an option, or the certificate, does not hold */
export function resolveTls(
  options: TlsOptions,
  transport: Transport | null,
): TlsSettings {
  if (transport?.checkTls === undefined) {
    throw new ConfigError("Cannot use TLS: the transport has none");
  }
  const { config } = options;
  const ask = typeof config === "function" ? config : () => config;
  const known = new WeakMap<TlsConfig, TlsConfig>();
  const current = (): TlsConfig => {
    const given = ask();
    let complete = known.get(given);
    if (complete === undefined) {
      complete = given.alpn === undefined
        ? { ...given, alpn: FTP_PROTOCOLS }
        : given;
      known.set(given, complete);
    }
    return complete;
  };
  transport.checkTls(current());
  const words = ["allowed", "required"] as const;
  return {
    config: current,
    controlRequired:
      oneOf("tls.control", options.control ?? "allowed", words) === "required",
    dataRequired:
      oneOf("tls.data", options.data ?? "allowed", words) === "required",
    handshakeTimeoutMs: milliseconds(
      "tls.handshakeTimeoutMs",
      options.handshakeTimeoutMs ?? 30_000,
    ),
    closeNotifyRequired: oneOf(
      "tls.closeNotify",
      options.closeNotify ?? "required",
      ["required", "optional"],
    ) === "required",
  };
}

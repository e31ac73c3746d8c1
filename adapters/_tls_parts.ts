import type { X509Certificate } from "node:crypto";
import type { TlsConfig } from "../lib/spi/transport.ts";
import { certificatesIn, privateKeyIn, refuse } from "./_tls_pem.ts";

/**
 * How long a session can be resumed. Node alone has a limit of its own, of
 * five minutes, which a long transfer exceeds.
 */
export const SESSION_SECONDS: number = 24 * 60 * 60;

/**
 * OpenSSL wants a name for the sessions of clients with certificates, or it
 * refuses to resume them. Which sessions are ours is told by the ticket keys,
 * which every context has of its own.
 */
export const SESSION_NAME = "anyftpd";

/** RFC 7301, 3.1: the length is one byte. */
const LONGEST_PROTOCOL_BYTES = 255;

/** A {@linkcode TlsConfig} that was found to hold, whatever the engine. */
export interface TlsParts {
  /** Ours, and those that lead from it to a root. */
  readonly certificates: readonly X509Certificate[];
  /** The private key in PEM, opened. */
  readonly key: string;
  /** Those that vouch for clients. */
  readonly authorities: readonly X509Certificate[];
  readonly minVersion: "1.2" | "1.3";
  readonly maxVersion: "1.2" | "1.3";
  readonly ciphers: string | null;
  /** Whether clients are asked for a certificate. */
  readonly asks: boolean;
  /** Whether clients without a trusted certificate are refused. */
  readonly requires: boolean;
  /** Application protocols; `null` to negotiate nothing. */
  readonly protocols: readonly string[] | null;
}

/**
 * What is in a configuration, whether it comes from a program or a file.
 *
 * @throws {ConfigError} when it does not hold; ciphers are the engine's to
 * judge
 */
export function tlsParts(config: TlsConfig): TlsParts {
  const { alpn, ca, ciphers, clientCert = "off" } = config;
  const { minVersion = "1.2", maxVersion = "1.3" } = config;
  checkProtocols(alpn);
  if (clientCert !== "off" && ca === undefined) {
    refuse("clientCert needs ca, the certificates to trust");
  }
  if (minVersion > maxVersion) {
    refuse(`minVersion ${minVersion} is above maxVersion ${maxVersion}`);
  }
  const certificates = certificatesIn("cert", config.cert);
  const key = privateKeyIn(config.key, config.passphrase);
  if (certificates[0]?.checkPrivateKey(key) !== true) {
    refuse("the key does not fit the certificate");
  }
  return {
    certificates,
    // Opened already: not all engines know all ways to encrypt it.
    key: String(key.export({ type: "pkcs8", format: "pem" })),
    authorities: ca === undefined ? [] : certificatesIn("ca", ca),
    minVersion,
    maxVersion,
    ciphers: ciphers ?? null,
    asks: clientCert !== "off",
    requires: clientCert === "require",
    protocols: alpn ?? null,
  };
}

/**
 * What chooses a context by the name that a client asks for: that of `config`
 * with another certificate, and no further choice. `null` for its own.
 */
export function chooser<Context>(
  config: TlsConfig,
  make: (config: TlsConfig) => Context,
): ((name: string) => Promise<Context | null>) | undefined {
  const { passphrase: _passphrase, serverName, ...rest } = config;
  if (serverName === undefined) return undefined;
  const made = new WeakMap<TlsConfig, { readonly context: Context }>();
  return async (name) => {
    const other = await serverName(name);
    if (other === null || other === config) return null;
    let chosen = made.get(other);
    if (chosen === undefined) {
      const { cert, key, passphrase } = other;
      const own = passphrase === undefined ? {} : { passphrase };
      chosen = { context: make({ ...rest, cert, key, ...own }) };
      made.set(other, chosen);
    }
    return chosen.context;
  };
}

function checkProtocols(alpn: readonly string[] | undefined): void {
  if (alpn === undefined) return;
  if (alpn.length === 0) refuse("alpn names no protocol");
  for (const name of alpn) {
    const { length } = new TextEncoder().encode(name);
    if (length === 0 || length > LONGEST_PROTOCOL_BYTES) {
      refuse("a protocol of alpn is empty or too long");
    }
  }
}

/** Each name after its length: RFC 7301, 3.1. */
export function protocolsOnWire(
  protocols: readonly string[],
): Uint8Array<ArrayBuffer> {
  return new Uint8Array(protocols.flatMap((name) => {
    const encoded = new TextEncoder().encode(name);
    return [encoded.length, ...encoded];
  }));
}

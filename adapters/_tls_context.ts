import { constants } from "node:crypto";
import { createSecureContext, type SecureContextOptions } from "node:tls";
import { ConfigError } from "../lib/base/errors.ts";
import type { TlsConfig } from "../lib/spi/transport.ts";
import { certificatesIn, privateKeyIn, refuse } from "./_tls_pem.ts";
import { DENO_TLS_CIPHERS } from "./_runtime_gaps.ts";
import { renewTickets } from "./_tls_tickets.ts";

/**
 * How long a session can be resumed. Node alone has a limit of its own, of
 * five minutes, which a long transfer exceeds.
 */
const SESSION_SECONDS = 24 * 60 * 60;

/**
 * OpenSSL wants a name for the sessions of clients with certificates, or it
 * refuses to resume them. Which sessions are ours is told by the ticket keys,
 * which every context has of its own.
 */
const SESSION_NAME = "anyftpd";

/** RFC 7301, 3.1: the length is one byte. */
const LONGEST_PROTOCOL_BYTES = 255;

/** A {@linkcode TlsConfig} that holds, as the engines of the runtimes want it. */
export interface TlsContext {
  /** What `createSecureContext` of `node:tls` answered. */
  readonly secure: object;
  /** Whether clients are asked for a certificate. */
  readonly asks: boolean;
  /** Whether clients without a trusted certificate are refused. */
  readonly requires: boolean;
  /** Application protocols; `null` to negotiate nothing. */
  readonly protocols: readonly string[] | null;
  /** The context for a host name; `null` for this one. Absent without names. */
  readonly choose?: (name: string) => Promise<TlsContext | null>;
  /**
   * Fingerprints of client certificates that were found trusted in full
   * handshakes, for engines that do not look again when a session is resumed.
   */
  readonly trusted: Set<string>;
}

const contexts = new WeakMap<TlsConfig, TlsContext>();

/**
 * The one context of a configuration, made when it is asked for first.
 *
 * @throws {ConfigError} when the configuration does not hold
 */
export function tlsContext(config: TlsConfig): TlsContext {
  let context = contexts.get(config);
  if (context === undefined) {
    context = makeContext(config);
    contexts.set(config, context);
  }
  return context;
}

/**
 * Refuses a configuration that could not be used.
 *
 * @throws {ConfigError} with the cause
 */
export function checkTls(config: TlsConfig): void {
  tlsContext(config);
}

function makeContext(config: TlsConfig): TlsContext {
  const { clientCert = "off", alpn, serverName } = config;
  checkProtocols(alpn);
  if (clientCert !== "off" && config.ca === undefined) {
    refuse("clientCert needs ca, the certificates to trust");
  }
  const context = {
    secure: makeSecureContext(config),
    asks: clientCert !== "off",
    requires: clientCert === "require",
    protocols: alpn ?? null,
    trusted: new Set<string>(),
  };
  if (serverName === undefined) return context;
  const others = new WeakMap<TlsConfig, TlsContext>();
  return {
    ...context,
    async choose(name) {
      const other = await serverName(name);
      if (other === null || other === config) return null;
      let chosen = others.get(other);
      if (chosen === undefined) {
        chosen = makeContext(certifiedBy(config, other));
        others.set(other, chosen);
      }
      return chosen;
    },
  };
}

/** `config` with the certificate of `other`, and no further choice. */
function certifiedBy(config: TlsConfig, other: TlsConfig): TlsConfig {
  const { passphrase: _passphrase, serverName: _serverName, ...rest } = config;
  const { cert, key, passphrase } = other;
  return {
    ...rest,
    cert,
    key,
    ...(passphrase === undefined ? {} : { passphrase }),
  };
}

function makeSecureContext(config: TlsConfig): object {
  const { ca, minVersion = "1.2", maxVersion = "1.3", ciphers } = config;
  if (minVersion > maxVersion) {
    refuse(`minVersion ${minVersion} is above maxVersion ${maxVersion}`);
  }
  const certificates = certificatesIn("cert", config.cert);
  const key = privateKeyIn(config.key, config.passphrase);
  if (certificates[0]?.checkPrivateKey(key) !== true) {
    refuse("the key does not fit the certificate");
  }
  if (ca !== undefined) certificatesIn("ca", ca);
  if (ciphers !== undefined && DENO_TLS_CIPHERS.here) {
    refuse(`ciphers cannot be chosen here: ${DENO_TLS_CIPHERS.reason}`);
  }
  const options: SecureContextOptions = {
    // Alone: Deno takes a key before it for one of them.
    cert: certificates.map(String).join("\n"),
    // Opened already: not all runtimes know all ways to encrypt it.
    key: key.export({ type: "pkcs8", format: "pem" }),
    minVersion: `TLSv${minVersion}`,
    maxVersion: `TLSv${maxVersion}`,
    sessionTimeout: SESSION_SECONDS,
    sessionIdContext: SESSION_NAME,
    // Ours is the order of preference; nobody renegotiates.
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION |
      constants.SSL_OP_CIPHER_SERVER_PREFERENCE,
    ...(ca === undefined ? {} : { ca }),
    ...(ciphers === undefined ? {} : { ciphers }),
  };
  try {
    const secure = createSecureContext(options);
    renewTickets(secure);
    return secure;
  } catch (cause) {
    if (ciphers !== undefined && isAboutCiphers(cause)) {
      refuse("ciphers names no cipher suite that is known here", cause);
    }
    throw new ConfigError(
      `Cannot use the TLS configuration: ${String(cause)}`,
      { cause },
    );
  }
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

function isAboutCiphers(error: unknown): boolean {
  return typeof error === "object" && error !== null && "code" in error &&
    error.code === "ERR_SSL_NO_CIPHER_MATCH";
}

import { constants } from "node:crypto";
import { createSecureContext, type SecureContextOptions } from "node:tls";
import { ConfigError } from "../lib/base/errors.ts";
import type { TlsConfig } from "../lib/spi/transport.ts";
import { DENO_TLS_CIPHERS } from "./_runtime_gaps.ts";
import {
  chooser,
  SESSION_NAME,
  SESSION_SECONDS,
  type TlsParts,
  tlsParts,
} from "./_tls_parts.ts";
import { refuse } from "./_tls_pem.ts";
import { renewTickets } from "./_tls_tickets.ts";

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
  const parts = tlsParts(config);
  const { asks, requires, protocols } = parts;
  const choose = chooser(config, makeContext);
  return {
    secure: makeSecureContext(parts),
    asks,
    requires,
    protocols,
    trusted: new Set<string>(),
    ...(choose === undefined ? {} : { choose }),
  };
}

function makeSecureContext(parts: TlsParts): object {
  const { authorities, ciphers, minVersion, maxVersion } = parts;
  if (ciphers !== null && DENO_TLS_CIPHERS.here) {
    refuse(`ciphers cannot be chosen here: ${DENO_TLS_CIPHERS.reason}`);
  }
  const options: SecureContextOptions = {
    // Alone: Deno takes a key before it for one of them.
    cert: parts.certificates.map(String).join("\n"),
    key: parts.key,
    minVersion: `TLSv${minVersion}`,
    maxVersion: `TLSv${maxVersion}`,
    sessionTimeout: SESSION_SECONDS,
    sessionIdContext: SESSION_NAME,
    // Ours is the order of preference; nobody renegotiates.
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION |
      constants.SSL_OP_CIPHER_SERVER_PREFERENCE,
    ...(authorities.length === 0 ? {} : { ca: authorities.map(String) }),
    ...(ciphers === null ? {} : { ciphers }),
  };
  try {
    const secure = createSecureContext(options);
    renewTickets(secure);
    return secure;
  } catch (cause) {
    if (ciphers !== null && isAboutCiphers(cause)) {
      refuse("ciphers names no cipher suite that is known here", cause);
    }
    throw new ConfigError(
      `Cannot use the TLS configuration: ${String(cause)}`,
      { cause },
    );
  }
}

function isAboutCiphers(error: unknown): boolean {
  return typeof error === "object" && error !== null && "code" in error &&
    error.code === "ERR_SSL_NO_CIPHER_MATCH";
}

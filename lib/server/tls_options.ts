import { ConfigError } from "../base/errors.ts";
import type { TlsSettings } from "../session/tls_settings.ts";
import type { TlsPolicy } from "../spi/authorizer.ts";
import type { TlsConfig, Transport } from "../spi/transport.ts";
import { CertificateSource } from "./certificate_source.ts";
import { milliseconds, oneOf } from "./option_checks.ts";

/** How a server uses TLS (RFC 4217). */
export interface TlsOptions {
  /**
   * Certificate and key. A function is asked for each session, so that a
   * renewed certificate serves the next one; it should answer the same object
   * as long as nothing has changed. When a later one does not hold, or the
   * function throws, that is logged and the last one goes on to serve. It is
   * told whether to look now (at the start, and by `reloadTls()`) or may answer
   * what it knows.
   */
  readonly config: TlsConfig | ((fresh: boolean) => TlsConfig);
  /**
   * Whether users may, or must, log in by TLS. `off` refuses AUTH with 534
   * and leaves TLS to listeners with `implicitTls`. A user's own demand is
   * `Account.tls`; the stricter one holds.
   * @default {"allowed"}
   */
  readonly control?: TlsPolicy;
  /**
   * Whether data connections may, or must, be protected (PROT P).
   * @default {"allowed"}
   */
  readonly data?: TlsPolicy;
  /**
   * `required`: a protected data connection has to resume the TLS session of
   * its control connection, else 522. Who comes first to a passive port is
   * then known to be the client. Every session gets a TLS context of its own.
   * @default {"optional"}
   */
  readonly resumption?: "optional" | "required";
  /**
   * Whether CCC may end the TLS of the control connection (RFC 4217, 6), for
   * firewalls that have to read PASV and PORT. Control connections are slower
   * with it.
   * @default {"refused"}
   */
  readonly clearCommands?: "refused" | "allowed";
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

/** Settings whose certificate can be exchanged. */
export interface ReloadableTls extends TlsSettings {
  /** @throws {ConfigError} when it does not hold; the old one stays */
  reload(config?: TlsOptions["config"]): void;
}

/** @throws {ConfigError} when an option, or the certificate, does not hold */
export function resolveTls(
  options: TlsOptions,
  transport: Transport | null,
): ReloadableTls {
  if (transport?.checkTls === undefined) {
    throw new ConfigError("Cannot use TLS: the transport has none");
  }
  const { name } = transport;
  const resumptionRequired = oneOf(
    "tls.resumption",
    options.resumption ?? "optional",
    ["optional", "required"],
  ) === "required";
  if (resumptionRequired && transport.bindsTlsSessions !== true) {
    throw new ConfigError(
      "Cannot require tls.resumption: on " +
        `${name} it does not tell whose session is resumed`,
    );
  }
  const clearCommandsAllowed = oneOf(
    "tls.clearCommands",
    options.clearCommands ?? "refused",
    ["refused", "allowed"],
  ) === "allowed";
  if (clearCommandsAllowed && transport.stopsTls !== true) {
    throw new ConfigError(
      `Cannot allow tls.clearCommands: ${name} cannot end TLS`,
    );
  }
  const policies = ["off", "allowed", "required"] as const;
  const source = new CertificateSource(
    options.config,
    (config) => transport.checkTls?.(config),
  );
  return {
    config: (failed) => source.current(failed),
    reload: (config) => source.reload(config),
    control: oneOf("tls.control", options.control ?? "allowed", policies),
    data: oneOf("tls.data", options.data ?? "allowed", policies),
    resumptionRequired,
    clearCommandsAllowed,
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

import type { TlsOptions } from "../server/tls_options.ts";
import type { ConfigTls } from "./config.ts";
import type { CertificateRequest, CliCertificate, CliHost } from "./host.ts";
import type { Logger } from "./logger.ts";
import type { CliOptions } from "./options.ts";
import { firstLine } from "./password.ts";

/** TLS as the command line wants it. */
export interface CliTls {
  readonly options: TlsOptions;
  readonly certificate: CliCertificate;
}

/**
 * Finds the certificate; `null` without TLS.
 *
 * @throws {ConfigError} when there is none that holds
 */
export async function openTls(
  { tls, config }: CliOptions,
  host: CliHost,
): Promise<CliTls | null> {
  if (tls === null) return null;
  const { certfile, keyfile, minVersion } = tls;
  const settings = await settingsOf(config?.tls ?? {}, host);
  const certificate = await host.certificate({
    certfile,
    keyfile,
    minVersion,
    addresses: host.networkAddresses(),
    ...(settings === null ? {} : { settings }),
  });
  const policy = (isRequired: boolean) => isRequired ? "required" : "allowed";
  return {
    certificate,
    options: {
      config: certificate.config,
      control: policy(tls.controlRequired),
      data: policy(tls.dataRequired),
      ...optionsOf(config?.tls ?? {}),
    },
  };
}

/** What the files are used with; `null` when nothing is said. */
async function settingsOf(
  tls: ConfigTls,
  host: CliHost,
): Promise<NonNullable<CertificateRequest["settings"]> | null> {
  const { passphraseFile, ca, clientCert, maxVersion, ciphers, alpn } = tls;
  const passphrase = passphraseFile === undefined
    ? undefined
    : firstLine(await host.readTextFile(passphraseFile));
  const said = Object.entries({
    passphrase,
    ca,
    clientCert,
    maxVersion,
    ciphers,
    alpn,
  }).filter(([, value]) => value !== undefined);
  return said.length === 0 ? null : Object.fromEntries(said);
}

/** What a file says under the server's own names. */
function optionsOf(tls: ConfigTls): Omit<TlsOptions, "config"> {
  const {
    cert: _cert,
    key: _key,
    passphraseFile: _passphrase,
    ca: _ca,
    clientCert: _clientCert,
    minVersion: _minVersion,
    maxVersion: _maxVersion,
    ciphers: _ciphers,
    alpn: _alpn,
    ...options
  } = tls;
  return options;
}

/** The files that TLS needs, as `CliNeeds.certificateFiles` says it. */
export function certificateFilesOf(
  { tls, config }: CliOptions,
): readonly string[] | null {
  if (tls === null) return null;
  const { passphraseFile = null, ca = null } = config?.tls ?? {};
  return [tls.certfile, tls.keyfile, passphraseFile, ca]
    .filter((file) => file !== null);
}

/** Logs which certificate clients will see. */
export function announceTls(tls: CliTls | null, logger: Logger): void {
  if (tls === null) return;
  const { file, fingerprint, isSelfSigned } = tls.certificate;
  const kind = isSelfSigned ? "self-signed certificate" : "certificate";
  logger.log(
    "info",
    `TLS: ${kind} ${file}\nSHA-256 fingerprint: ${fingerprint}`,
    { certificate: file, fingerprint },
  );
}

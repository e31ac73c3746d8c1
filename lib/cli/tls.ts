import type { TlsOptions } from "../server/tls_options.ts";
import type { CliCertificate, CliHost } from "./host.ts";
import type { Logger } from "./logger.ts";
import type { CliOptions } from "./options.ts";
import type { CliTlsOptions } from "./tls_choice.ts";

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
  { tls }: CliOptions,
  host: CliHost,
): Promise<CliTls | null> {
  if (tls === null) return null;
  const { certfile, keyfile, minVersion } = tls;
  const certificate = await host.certificate({
    certfile,
    keyfile,
    minVersion,
    addresses: host.networkAddresses(),
  });
  const policy = (isRequired: boolean) => isRequired ? "required" : "allowed";
  return {
    certificate,
    options: {
      config: certificate.config,
      control: policy(tls.controlRequired),
      data: policy(tls.dataRequired),
    },
  };
}

/** The files that TLS needs, as `CliNeeds.certificateFiles` says it. */
export function certificateFilesOf(
  tls: CliTlsOptions | null,
): readonly string[] | null {
  if (tls === null) return null;
  return [tls.certfile, tls.keyfile].filter((file) => file !== null);
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

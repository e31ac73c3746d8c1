import type { TlsVersion } from "../spi/transport.ts";
import { UsageError } from "./usage_error.ts";
import { parseTlsVersion, parseWhole } from "./values.ts";

/** How the command uses TLS. */
export interface CliTlsOptions {
  /** `null`: a certificate that is made and kept. */
  readonly certfile: string | null;
  /** `null`: in the file of the certificate. */
  readonly keyfile: string | null;
  readonly controlRequired: boolean;
  readonly dataRequired: boolean;
  /** A port for clients that begin with a handshake; `null`: none. */
  readonly implicitPort: number | null;
  readonly minVersion: TlsVersion;
}

/** The options about TLS. */
export type TlsOptionName =
  | "tls"
  | "certfile"
  | "keyfile"
  | "tls-control-required"
  | "tls-data-required"
  | "implicit-tls"
  | "tls-min";

/** What the command line has, as far as it is looked at here. */
export interface GivenOptions {
  readonly values: Pick<ReadonlyMap<TlsOptionName, string>, "get" | "has">;
  readonly switches: Pick<ReadonlySet<TlsOptionName>, "has">;
}

/** Reads the value of an option, or takes what it is without one. */
export type ReadOption<Name extends string> = <T>(
  name: Name,
  fallback: T,
  parse: (value: string) => T,
) => T;

/**
 * What is asked for; each option about TLS switches it on. `null`: no TLS.
 *
 * @throws {UsageError} when a value cannot be understood
 */
export function chooseTls(
  { values, switches }: GivenOptions,
  read: ReadOption<TlsOptionName>,
): CliTlsOptions | null {
  const certfile = values.get("certfile") ?? null;
  const keyfile = values.get("keyfile") ?? null;
  if (keyfile !== null && certfile === null) {
    throw new UsageError("argument --keyfile: --certfile is required too");
  }
  const tls: CliTlsOptions = {
    certfile,
    keyfile,
    controlRequired: switches.has("tls-control-required"),
    dataRequired: switches.has("tls-data-required"),
    implicitPort: read(
      "implicit-tls",
      null,
      (value) => parseWhole(value, 0, 65535),
    ),
    minVersion: read("tls-min", "1.2", parseTlsVersion),
  };
  const isOn = switches.has("tls") || certfile !== null ||
    tls.controlRequired || tls.dataRequired || tls.implicitPort !== null ||
    values.has("tls-min");
  return isOn ? tls : null;
}

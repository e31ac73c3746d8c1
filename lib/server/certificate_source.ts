import type { TlsConfig } from "../spi/transport.ts";

/** The protocols (RFC 7301) that FTP clients offer. */
const FTP_PROTOCOLS: readonly string[] = [
  "ftp",
  "ftp-data",
  "x-filezilla-ftp",
];

type Ask = (fresh: boolean) => TlsConfig;

/**
 * The certificate that serves now. It may be renewed while the server runs,
 * and one that does not hold never takes the place of one that does.
 */
export class CertificateSource {
  readonly #check: (config: TlsConfig) => void;
  readonly #known = new WeakMap<TlsConfig, TlsConfig>();
  #ask: Ask;
  #given: TlsConfig;
  #complete: TlsConfig;
  /** Does not hold, as was told. */
  #refused: TlsConfig | null = null;
  /** What was told last. */
  #reason = "";

  /**
   * @param check throws when a configuration does not hold
   * @throws what `check` throws
   */
  constructor(
    config: TlsConfig | Ask,
    check: (config: TlsConfig) => void,
  ) {
    this.#check = check;
    this.#ask = asking(config);
    this.#given = this.#ask(true);
    this.#complete = this.#checked(this.#given);
  }

  /** @param failed told once why a newer one does not hold */
  current(failed: (reason: unknown) => void): TlsConfig {
    let given: TlsConfig | null = null;
    try {
      given = this.#ask(false);
      if (given !== this.#given && given !== this.#refused) this.#use(given);
    } catch (error) {
      this.#refused = given;
      const reason = String(error);
      if (reason !== this.#reason) failed(error);
      this.#reason = reason;
    }
    return this.#complete;
  }

  /**
   * Takes another one, or asks again.
   *
   * @throws what `check` throws; the old one stays
   */
  reload(config?: TlsConfig | Ask): void {
    const ask = config === undefined ? this.#ask : asking(config);
    this.#use(ask(true));
    this.#ask = ask;
  }

  #use(given: TlsConfig): void {
    this.#complete = this.#checked(given);
    this.#given = given;
    this.#refused = null;
    this.#reason = "";
  }

  /** The same object for the same one: it is a TLS context. */
  #checked(given: TlsConfig): TlsConfig {
    const known = this.#known.get(given);
    if (known !== undefined) return known;
    const complete = given.alpn === undefined
      ? { ...given, alpn: FTP_PROTOCOLS }
      : given;
    this.#check(complete);
    this.#known.set(given, complete);
    return complete;
  }
}

function asking(config: TlsConfig | Ask): Ask {
  return typeof config === "function" ? config : () => config;
}

import { AuthenticationError } from "../base/errors.ts";
import type { Account, Authorizer, LoginRequest } from "../spi/authorizer.ts";

/** What a client's certificate says; `ca` of the server vouches for it. */
export interface ClientCertificate {
  /** As RFC 4514 writes it, the last part first: `CN=alice,O=Example`. */
  readonly subject: string;
  /** The CN of the subject; `null` without one. */
  readonly commonName: string | null;
  /** Of who signed it, as `subject`. */
  readonly issuer: string;
  /** Subject alternative names, as `DNS:host`, `email:a@b`, `URI:…`. */
  readonly alternativeNames: readonly string[];
  /** SHA-256 of the certificate, in lower-case hexadecimal. */
  readonly fingerprint: string;
  /** In upper-case hexadecimal. */
  readonly serialNumber: string;
  /** The certificate itself. */
  readonly der: Uint8Array;
}

/** Options of {@linkcode CertificateAuthorizer}. */
export interface CertificateAuthorizerOptions {
  /**
   * The user that a certificate belongs to; `null` for nobody. It has to be
   * the name that the client gives with USER.
   */
  readonly user: (
    certificate: ClientCertificate,
  ) => string | null | Promise<string | null>;
  /** The account of such a user; `null` when there is none. */
  readonly account: (
    username: string,
    request: Omit<LoginRequest, "password">,
  ) => Account | null | Promise<Account | null>;
  /** Checks passwords; without it nobody gets in by a password. */
  readonly passwords?: Authorizer;
  /**
   * What a certificate is good for: `enough` answers USER with 232, no
   * password is asked for; `needed` asks for the password too. Without a
   * certificate of their own, users get in by password with `enough` only.
   * @default {"enough"}
   */
  readonly certificate?: "enough" | "needed";
}

/**
 * Lets users in by their certificates (RFC 4217 section 8, RFC 2228), with
 * `tls.config.clientCert` set to `request` or `require`.
 *
 * @example
 * ```ts ignore
 * const users = new MemoryAuthorizer();
 * users.addUser({ username: "alice", password: "secret", fileSystem });
 * const authorizer = new CertificateAuthorizer({
 *   user: ({ commonName }) => commonName,
 *   account: (name) => users.account(name),
 *   passwords: users,
 * }, readCertificate);
 * ```
 */
export class CertificateAuthorizer implements Authorizer {
  readonly #options: CertificateAuthorizerOptions;
  readonly #read: (der: Uint8Array) => ClientCertificate;

  /**
   * An authorizer for clients with certificates.
   *
   * @param read of the adapter: `readCertificate`
   */
  constructor(
    options: CertificateAuthorizerOptions,
    read: (der: Uint8Array) => ClientCertificate,
  ) {
    this.#options = options;
    this.#read = read;
  }

  /** The account of who needs no password. */
  async recognize(
    request: Omit<LoginRequest, "password">,
  ): Promise<Account | null> {
    if (this.#options.certificate === "needed") return null;
    return await this.#isOwner(request)
      ? await this.#options.account(request.username, request)
      : null;
  }

  /** The account of who needs a password. */
  async authenticate(
    request: LoginRequest,
    signal: AbortSignal,
  ): Promise<Account | null> {
    const { passwords, certificate = "enough" } = this.#options;
    if (certificate === "needed" && !await this.#isOwner(request)) {
      throw new AuthenticationError("A client certificate is required.");
    }
    return await passwords?.authenticate(request, signal) ?? null;
  }

  async #isOwner(request: Omit<LoginRequest, "password">): Promise<boolean> {
    const { username, peerCertificate } = request;
    if (peerCertificate === null) return false;
    return await this.#options.user(this.#read(peerCertificate)) === username;
  }
}

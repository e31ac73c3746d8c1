import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { ConfigError } from "../lib/base/errors.ts";

/** RFC 7468, 5. */
const CERTIFICATE =
  /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/** RFC 7468, 11; the second is how OpenSSL used to do it. */
const ENCRYPTED =
  /-----BEGIN ENCRYPTED PRIVATE KEY-----|Proc-Type: 4,ENCRYPTED/;

/** Any private key, in whatever form. */
const PRIVATE_KEY = /-----BEGIN ([A-Z ]*PRIVATE KEY)-----[^]*?-----END \1-----/;

/** @throws {ConfigError} always */
export function refuse(state: string, cause?: unknown): never {
  throw new ConfigError(`Cannot use the TLS configuration: ${state}`, {
    cause,
  });
}

/**
 * The certificates in a PEM text, at least one.
 *
 * @param member the name of the option, for the message
 * @throws {ConfigError} when there is none, or one that cannot be read
 */
export function certificatesIn(
  member: "cert" | "ca",
  text: string,
): readonly X509Certificate[] {
  const blocks = text.match(CERTIFICATE) ?? [];
  if (blocks.length === 0) refuse(`${member} holds no certificate in PEM`);
  try {
    return blocks.map((block) => new X509Certificate(block));
  } catch (cause) {
    refuse(`${member} holds a certificate that cannot be read`, cause);
  }
}

/**
 * The private key in a PEM text.
 *
 * @throws {ConfigError} when there is none, or the passphrase does not open it
 */
export function privateKeyIn(
  text: string,
  passphrase: string | undefined,
): KeyObject {
  // Alone: with a certificate before it, Deno finds no key.
  const [key] = PRIVATE_KEY.exec(text) ?? [];
  if (key === undefined) refuse("key holds no private key in PEM");
  const isEncrypted = ENCRYPTED.test(key);
  if (isEncrypted && passphrase === undefined) {
    refuse("the key is encrypted, and there is no passphrase");
  }
  try {
    return createPrivateKey({
      key,
      format: "pem",
      ...(passphrase === undefined ? {} : { passphrase }),
    });
  } catch (cause) {
    refuse(
      isEncrypted
        ? "the passphrase does not open the key"
        : "key holds a private key that cannot be read",
      cause,
    );
  }
}

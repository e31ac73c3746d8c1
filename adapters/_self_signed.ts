import { generateKeyPair } from "node:crypto";
import { isIP } from "node:net";
import { promisify } from "node:util";

/** What clients that are told to trust such certificates still accept. */
const VALID_DAYS = 825;

const DAY_MS = 86_400_000;

/** Clocks differ. */
const BEFORE_DAYS = 1;

const RSA_BITS = 2048;

/** RFC 5280, 4.2.1.6. */
const DNS_NAME = 2;
const IP_ADDRESS = 7;

/**
 * A new key and a certificate that it signs itself, as one PEM text.
 *
 * @param names DNS names and IP addresses that the certificate is for, the
 * first one as its subject
 * @param now milliseconds since 1970
 */
export async function selfSigned(
  names: readonly string[],
  now: number,
): Promise<string> {
  // Not before it is needed: most servers never do.
  const { default: forge } = await import("node-forge");
  const { privateKey } = await promisify(generateKeyPair)("rsa", {
    modulusLength: RSA_BITS,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  const key = forge.pki.privateKeyFromPem(privateKey);
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = forge.pki.setRsaPublicKey(key.n, key.e);
  // Positive, and never the same: RFC 5280, 4.1.2.2.
  certificate.serialNumber = `01${
    forge.util.bytesToHex(forge.random.getBytesSync(15))
  }`;
  certificate.validity.notBefore = new Date(now - BEFORE_DAYS * DAY_MS);
  certificate.validity.notAfter = new Date(now + VALID_DAYS * DAY_MS);
  const subject = [{ name: "commonName", value: names[0] ?? "localhost" }];
  certificate.setSubject(subject);
  certificate.setIssuer(subject);
  certificate.setExtensions([
    { name: "basicConstraints", cA: false, critical: true },
    { name: "keyUsage", digitalSignature: true, keyEncipherment: true },
    { name: "extKeyUsage", serverAuth: true },
    {
      name: "subjectAltName",
      altNames: names.map((name) =>
        isIP(name) === 0
          ? { type: DNS_NAME, value: name }
          : { type: IP_ADDRESS, ip: name }
      ),
    },
    { name: "subjectKeyIdentifier" },
  ]);
  certificate.sign(key, forge.md.sha256.create());
  return forge.pki.certificateToPem(certificate).replaceAll("\r", "") +
    privateKey;
}

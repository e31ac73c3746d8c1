import { X509Certificate } from "node:crypto";
import type { ClientCertificate } from "../lib/auth/certificate_authorizer.ts";

/**
 * What a certificate says.
 *
 * @param der as `LoginRequest.peerCertificate`
 * @throws {Error} when it is no certificate
 */
export function readCertificate(der: Uint8Array): ClientCertificate {
  const certificate = new X509Certificate(der);
  const { subject, issuer, subjectAltName, serialNumber } = certificate;
  const parts = partsOf(subject);
  const commonName = parts.find((part) => part.startsWith("CN="))?.slice(3);
  return {
    subject: nameOf(subject),
    commonName: commonName ?? null,
    issuer: nameOf(issuer),
    alternativeNames: subjectAltName === undefined
      ? []
      : subjectAltName.split(", "),
    fingerprint: certificate.fingerprint256.replaceAll(":", "").toLowerCase(),
    serialNumber,
    der,
  };
}

/** One attribute a line, the most general first; nothing at all for no name. */
function partsOf(name: string | undefined): readonly string[] {
  return name === undefined || name === "" ? [] : name.split("\n");
}

/** RFC 4514, 2.1: in reverse. */
function nameOf(name: string | undefined): string {
  return [...partsOf(name)].reverse().join(",");
}

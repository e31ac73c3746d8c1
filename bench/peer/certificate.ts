import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The files of a certificate: what one server wants apart, another wants whole. */
export interface CertificateFiles {
  readonly certificate: string;
  readonly key: string;
  /** Key and certificate in one file. */
  readonly both: string;
}

/**
 * Makes the certificate of all servers, RSA of 2048 bits, with the program
 * `openssl`.
 */
export function makeCertificate(folder: string): CertificateFiles {
  const certificate = join(folder, "certificate.pem");
  const key = join(folder, "key.pem");
  const both = join(folder, "both.pem");
  execFileSync("openssl", [
    ...["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30"],
    ...["-subj", "/CN=localhost", "-keyout", key, "-out", certificate],
  ], { stdio: "ignore" });
  const text = readFileSync(key, "utf8") + readFileSync(certificate, "utf8");
  writeFileSync(both, text, { mode: 0o600 });
  return { certificate, key, both };
}

import { X509Certificate } from "node:crypto";
import { expect, test } from "vitest";
import { readCertificate } from "../../adapters/_client_certificate.ts";
import {
  CertificateAuthorizer,
  type CertificateAuthorizerOptions,
} from "../../lib/auth/certificate_authorizer.ts";
import { MemoryAuthorizer } from "../../lib/auth/memory_authorizer.ts";
import { MemoryFileSystem } from "../../lib/fs/memory_file_system.ts";
import type { LoginRequest } from "../../lib/spi/authorizer.ts";
import { CLIENT } from "../support/tls_certificates.ts";

const ALICE = new Uint8Array(new X509Certificate(CLIENT.cert).raw);
const endpoint = { hostname: "127.0.0.1", port: 21 };
const { signal } = new AbortController();

function made(
  options: Partial<CertificateAuthorizerOptions> = {},
): CertificateAuthorizer {
  const users = new MemoryAuthorizer();
  for (const username of ["alice", "bob"]) {
    users.addUser({
      username,
      password: "secret",
      fileSystem: new MemoryFileSystem(),
    });
  }
  return new CertificateAuthorizer({
    user: ({ commonName }) => commonName,
    account: (username) => users.account(username),
    passwords: users,
    ...options,
  }, readCertificate);
}

function request(
  username: string,
  peerCertificate: Uint8Array | null,
  password = "secret",
): LoginRequest {
  return {
    username,
    password,
    peerCertificate,
    remote: endpoint,
    local: endpoint,
    secure: true,
  };
}

test("a certificate is read", () => {
  const read = readCertificate(ALICE);
  expect(read).toMatchObject({
    subject: "CN=alice",
    commonName: "alice",
    issuer: "CN=anyftpd test authority",
    alternativeNames: [],
    der: ALICE,
  });
  expect(read.fingerprint).toMatch(/^[0-9a-f]{64}$/);
  expect(read.serialNumber).toMatch(/^[0-9A-F]+$/);
});

test("the owner of a certificate needs no password, nobody else", async () => {
  const authorizer = made();
  expect((await authorizer.recognize(request("alice", ALICE)))?.name)
    .toBe("alice");
  expect(await authorizer.recognize(request("bob", ALICE))).toBeNull();
  expect(await authorizer.recognize(request("alice", null))).toBeNull();
});

test("others get in by password, if there are any", async () => {
  const bob = request("bob", null);
  expect((await made().authenticate(bob, signal))?.name).toBe("bob");
  const { passwords: _passwords, ...rest } = {
    user: () => null,
    account: () => null,
    passwords: undefined,
  };
  const alone = new CertificateAuthorizer(rest, readCertificate);
  expect(await alone.authenticate(bob, signal)).toBeNull();
});

test("with both needed, neither is enough", async () => {
  const authorizer = made({ certificate: "needed" });
  expect(await authorizer.recognize(request("alice", ALICE))).toBeNull();
  expect((await authorizer.authenticate(request("alice", ALICE), signal))?.name)
    .toBe("alice");
  expect(await authorizer.authenticate(request("alice", ALICE, "no"), signal))
    .toBeNull();
  for (const wrong of [request("bob", ALICE), request("alice", null)]) {
    await expect(authorizer.authenticate(wrong, signal))
      .rejects.toThrow("A client certificate is required.");
  }
});

test("users are found by fingerprint too", async () => {
  const { fingerprint } = readCertificate(ALICE);
  const authorizer = made({
    user: (certificate) =>
      certificate.fingerprint === fingerprint ? "bob" : null,
  });
  expect((await authorizer.recognize(request("bob", ALICE)))?.name)
    .toBe("bob");
});

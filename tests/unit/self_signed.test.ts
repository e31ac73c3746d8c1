import { X509Certificate } from "node:crypto";
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { certificate } from "../../adapters/_cli_certificate.ts";
import { selfSigned } from "../../adapters/_self_signed.ts";
import { stateFolder } from "../../adapters/_state_folder.ts";
import { privateKeyIn } from "../../adapters/_tls_pem.ts";
import { SERVER } from "../support/tls_certificates.ts";

const DAY_MS = 86_400_000;

test("a certificate for names and addresses, valid from now on", async () => {
  const now = Date.UTC(2026, 10, 21);
  const pem = await selfSigned(["box", "localhost", "10.1.2.3", "::1"], now);
  const made = new X509Certificate(pem);
  expect(made.checkPrivateKey(privateKeyIn(pem, undefined))).toBe(true);
  expect(made.verify(made.publicKey)).toBe(true);
  expect(made.subject).toBe("CN=box");
  expect(made.subjectAltName).toMatch(
    /^DNS:box, DNS:localhost, IP Address:10.1.2.3, IP Address:(0:0:0:0:0:0:0|:):1$/,
  );
  expect(Date.parse(made.validFrom)).toBe(now - DAY_MS);
  expect(Date.parse(made.validTo)).toBe(now + 825 * DAY_MS);
  const other = new X509Certificate(await selfSigned(["box"], now));
  expect(other.serialNumber).not.toBe(made.serialNumber);
}, 30_000);

describe("the certificate of the command", () => {
  let home: string;
  const request = {
    certfile: null,
    keyfile: null,
    minVersion: "1.2",
    addresses: ["192.168.1.5"],
  } as const;

  beforeEach(() => home = mkdtempSync(join(tmpdir(), "anyftpd-state-")));
  afterEach(() => rmSync(home, { recursive: true }));

  test("is made once, kept, and nobody else's to read", async () => {
    const env = { XDG_STATE_HOME: home };
    const first = await certificate(request, env);
    expect(first.file).toBe(join(home, "anyftpd", "self-signed.pem"));
    expect(first.isSelfSigned).toBe(true);
    expect(first.fingerprint).toMatch(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
    expect(statSync(first.file).mode & 0o777).toBe(0o600);
    expect(new X509Certificate(readFileSync(first.file)).subjectAltName)
      .toContain("192.168.1.5");
    const second = await certificate(request, env);
    expect(second.fingerprint).toBe(first.fingerprint);
  }, 30_000);

  test("is made anew when it cannot be used, or ends soon", async () => {
    const env = { XDG_STATE_HOME: home };
    const { file } = await certificate(request, env);
    writeFileSync(file, "spoilt");
    const second = await certificate(request, env);
    const old = await selfSigned(["box"], Date.now() - 800 * DAY_MS);
    writeFileSync(file, old);
    const third = await certificate(request, env);
    expect(third.fingerprint).not.toBe(second.fingerprint);
    expect(third.fingerprint)
      .not.toBe(new X509Certificate(old).fingerprint256);
  }, 30_000);

  test("is the one that is named, if one is", async () => {
    const certfile = join(home, "cert.pem");
    const keyfile = join(home, "key.pem");
    writeFileSync(certfile, SERVER.cert);
    writeFileSync(keyfile, SERVER.key);
    const given = await certificate({ ...request, certfile, keyfile }, {});
    expect(given.isSelfSigned).toBe(false);
    // In one file, in any order.
    for (const text of [SERVER.key + SERVER.cert, SERVER.cert + SERVER.key]) {
      writeFileSync(certfile, text);
      const both = await certificate({ ...request, certfile }, {});
      expect(both.fingerprint).toBe(given.fingerprint);
    }
    writeFileSync(certfile, SERVER.cert);
    expect(given.config(true).cert).toBe(SERVER.cert);
    expect(existsSync(join(home, "anyftpd"))).toBe(false);
  });

  test("is told by its fingerprint, with its key before it too", async () => {
    const certfile = join(home, "both.pem");
    writeFileSync(certfile, SERVER.key + SERVER.cert);
    const given = await certificate({ ...request, certfile }, {});
    expect(given.fingerprint)
      .toBe(new X509Certificate(SERVER.cert).fingerprint256);
  });

  test("cannot be kept without a place for it", async () => {
    await expect(certificate(request, {})).rejects.toThrow(
      "Cannot keep a certificate: the variable HOME is not set; " +
        "use --certfile",
    );
    writeFileSync(join(home, "file"), "");
    await expect(
      certificate(request, { XDG_STATE_HOME: join(home, "file") }),
    ).rejects.toThrow(/^Cannot keep a certificate in ".*": not a directory$/);
  }, 30_000);
});

test.runIf(process.platform === "linux")("the folder for such files", () => {
  expect(stateFolder({ HOME: "/home/ann" }))
    .toBe("/home/ann/.local/state/anyftpd");
  expect(stateFolder({ HOME: "/home/ann", XDG_STATE_HOME: "/state" }))
    .toBe("/state/anyftpd");
  expect(stateFolder({ HOME: "/home/ann", XDG_STATE_HOME: "" }))
    .toBe("/home/ann/.local/state/anyftpd");
  expect(stateFolder({})).toBeNull();
});

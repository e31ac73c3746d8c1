import { expect, test } from "vitest";
import { DENO_TLS_CIPHERS } from "../../adapters/_runtime_gaps.ts";
import { ConfigError } from "../../lib/base/errors.ts";
import type { TlsConfig } from "../../lib/spi/transport.ts";
import {
  AUTHORITY,
  ENCRYPTED_KEY,
  OTHER,
  SERVER,
} from "../support/tls_certificates.ts";
import { config, connected, secured, startTls } from "./_tls_fixture.ts";
import { testBut, type TransportFixture } from "./_transport_fixture.ts";

const BROKEN = SERVER.cert.replace(/[A-Z]{2}/g, "AA");

/** What does not hold, and what is said of it. */
const REFUSED: readonly [string, Partial<TlsConfig>][] = [
  ["cert holds no certificate in PEM", { cert: "" }],
  ["cert holds no certificate in PEM", { cert: SERVER.key }],
  ["cert holds a certificate that cannot be read", {
    cert: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
  }],
  ["key holds no private key in PEM", { key: "server.key" }],
  ["key holds a private key that cannot be read", {
    key: "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
  }],
  ["the key does not fit the certificate", { key: OTHER.key }],
  ["the key is encrypted, and there is no passphrase", { key: ENCRYPTED_KEY }],
  ["the passphrase does not open the key", {
    key: ENCRYPTED_KEY,
    passphrase: "wrong",
  }],
  ["ca holds no certificate in PEM", { ca: "authority" }],
  ["clientCert needs ca, the certificates to trust", {
    clientCert: "require",
  }],
  ["minVersion 1.3 is above maxVersion 1.2", {
    minVersion: "1.3",
    maxVersion: "1.2",
  }],
  ["alpn names no protocol", { alpn: [] }],
  ["a protocol of alpn is empty or too long", { alpn: ["ftp", ""] }],
];

/** What cannot be used is refused at once, in words. */
export function testTlsConfigs(fixture: TransportFixture): void {
  const check = (options: Partial<TlsConfig>) => {
    const { transport } = fixture;
    if (transport.checkTls === undefined) throw new Error("no checkTls");
    transport.checkTls(config(options));
  };

  test.each(REFUSED)("%s", (state, options) => {
    expect(() => check(options)).toThrow(ConfigError);
    expect(() => check(options))
      .toThrow(`Cannot use the TLS configuration: ${state}`);
  });

  test("a certificate that was damaged", () => {
    expect(() => check({ cert: BROKEN })).toThrow(ConfigError);
  });

  test("what holds is not refused", () => {
    check({});
    check({ cert: SERVER.cert + AUTHORITY, ca: AUTHORITY + OTHER.cert });
    check({ ca: AUTHORITY, clientCert: "require", alpn: ["ftp"] });
    check({ minVersion: "1.3", maxVersion: "1.3" });
  });

  test("key and certificate in one text, in any order", async () => {
    for (
      const both of [SERVER.key + SERVER.cert, SERVER.cert + SERVER.key]
    ) {
      using secure = await secured(fixture, config({ cert: both, key: both }));
      expect(secure.session.resumed).toBe(false);
    }
  });

  test("startTls() refuses it too, and touches nothing", async () => {
    using upgrade = await connected(fixture);
    const tls = config({ key: OTHER.key });
    await expect(startTls(upgrade.server, tls)).rejects.toThrow(ConfigError);
    await upgrade.peer.do("raw", "x");
    expect((await upgrade.server.read())?.length).toBe(1);
  });

  test("an encrypted key is opened", async () => {
    const tls = config({ key: ENCRYPTED_KEY, passphrase: "secret" });
    using secure = await secured(fixture, tls);
    expect(secure.session.resumed).toBe(false);
  });

  testBut(fixture, DENO_TLS_CIPHERS)("ciphers can be chosen", async () => {
    const ciphers = "ECDHE-ECDSA-CHACHA20-POLY1305";
    check({ ciphers });
    const tls = config({ ciphers, maxVersion: "1.2" });
    using secure = await secured(fixture, tls);
    expect(secure.session.cipher).toBe(ciphers);
    expect(() => check({ ciphers: "NO-SUCH-CIPHER" }))
      .toThrow("ciphers names no cipher suite that is known here");
  });

  const refused = DENO_TLS_CIPHERS.here &&
    fixture.gaps?.includes(DENO_TLS_CIPHERS) === true;
  test.runIf(refused)("ciphers are refused here", () => {
    expect(() => check({ ciphers: "ECDHE-ECDSA-CHACHA20-POLY1305" }))
      .toThrow("ciphers cannot be chosen here");
  });
}

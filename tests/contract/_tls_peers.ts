import { createHash, X509Certificate } from "node:crypto";
import { expect, test } from "vitest";
import type { TlsConfig } from "../../lib/spi/transport.ts";
import {
  AUTHORITY,
  CLIENT,
  OTHER,
  SERVER,
  STRANGER,
} from "../support/tls_certificates.ts";
import type { PeerOptions, PeerSession } from "../support/tls_peer.ts";
import { config, connected, shake, VERSIONS } from "./_tls_fixture.ts";
import { codeOf, type TransportFixture, turn } from "./_transport_fixture.ts";

/** Who the client is, whom it asks for and what it wants to speak. */
export function testTlsPeers(fixture: TransportFixture): void {
  /** Our outcome, what we know, and what the peer knows. */
  const meet = async (
    tls: TlsConfig,
    options: PeerOptions,
    serverName = "localhost",
  ) => {
    using upgrade = await connected(fixture, options);
    const [code, session] = await shake(upgrade, tls, { serverName });
    if (code !== null) {
      expect(await codeOf(upgrade.server.read())).toBe(code);
    }
    return { code, tls: upgrade.server.tls, session };
  };

  for (const version of VERSIONS) {
    const asking = (clientCert: "request" | "require") =>
      config({ ca: AUTHORITY, clientCert });

    test(`${version}: nobody is asked for a certificate`, async () => {
      const { tls } = await meet(config(), { version, ...CLIENT });
      expect(tls?.peerCertificate).toBeNull();
    });

    test.each(["request", "require"] as const)(
      `${version}: a client's certificate is shown after %s`,
      async (clientCert) => {
        const { code, tls } = await meet(asking(clientCert), {
          version,
          ...CLIENT,
        });
        expect(code).toBeNull();
        const expected = new X509Certificate(CLIENT.cert).raw;
        expect(tls?.peerCertificate).toEqual(new Uint8Array(expected));
      },
    );

    test(`${version}: who has no certificate passes a request`, async () => {
      const { code, tls } = await meet(asking("request"), { version });
      expect([code, tls?.peerCertificate]).toEqual([null, null]);
    });

    test(`${version}: a stranger passes a request as nobody`, async () => {
      const { code, tls } = await meet(asking("request"), {
        version,
        ...STRANGER,
      });
      expect([code, tls?.peerCertificate]).toEqual([null, null]);
    });

    test(`${version}: who has no certificate is refused`, async () => {
      const { code, tls } = await meet(asking("require"), { version });
      expect([code, tls]).toEqual(["tls", null]);
    });

    test(`${version}: a stranger is refused`, async () => {
      const { code, tls } = await meet(asking("require"), {
        version,
        ...STRANGER,
      });
      expect([code, tls]).toEqual(["tls", null]);
    });

    test(`${version}: a protocol that both speak is agreed on`, async () => {
      const { code, tls, session } = await meet(
        config({ alpn: ["x-filezilla-ftp", "ftp"] }),
        { version, alpn: ["http/1.1", "ftp"] },
      );
      expect([code, tls?.alpn]).toEqual([null, "ftp"]);
      expect(session).toMatchObject({ alpn: "ftp" });
    });

    test(`${version}: a client of other protocols is refused`, async () => {
      const { code, session } = await meet(config({ alpn: ["ftp"] }), {
        version,
        alpn: ["h2", "http/1.1"],
      });
      expect(code).toBe("tls");
      expect(session).toMatch(/no application protocol/i);
    });

    test(`${version}: a client of no protocol is not refused`, async () => {
      const { code, tls } = await meet(config({ alpn: ["ftp"] }), { version });
      expect([code, tls?.alpn]).toEqual([null, null]);
    });

    test(`${version}: without protocols nothing is agreed on`, async () => {
      const { code, tls } = await meet(config(), { version, alpn: ["ftp"] });
      expect([code, tls?.alpn]).toEqual([null, null]);
    });

    test(`${version}: the name that was asked for is served`, async () => {
      const asked: string[] = [];
      const tls = config({
        serverName: async (name) => {
          asked.push(name);
          await turn(5);
          return name === "other.test" ? OTHER : null;
        },
      });
      const other = await meet(tls, { version }, "other.test");
      expect(other.tls?.serverName).toBe("other.test");
      expect(printOf(other.session)).toBe(printOfPem(OTHER.cert));
      const local = await meet(tls, { version });
      expect(printOf(local.session)).toBe(printOfPem(SERVER.cert));
      expect(asked).toEqual(["other.test", "localhost"]);
    });

    test(`${version}: a name does not loosen what is asked`, async () => {
      const tls = config({
        ca: AUTHORITY,
        clientCert: "require",
        alpn: ["ftp"],
        serverName: () => ({ ...OTHER, clientCert: "off" }),
      });
      const name = "other.test";
      const stranger = await meet(tls, { version, ...STRANGER }, name);
      expect(stranger.code).toBe("tls");
      const web = await meet(tls, { version, ...CLIENT, alpn: ["h2"] }, name);
      expect(web.code).toBe("tls");
      const good = await meet(tls, { version, ...CLIENT }, name);
      expect(good.code).toBeNull();
      expect(good.tls?.peerCertificate).not.toBeNull();
    });

    test(`${version}: an exception refuses the client`, async () => {
      const serverName = () => {
        throw new Error("nobody of that name");
      };
      const { code, session } = await meet(config({ serverName }), { version });
      expect(code).toBe("tls");
      expect(session).toMatch(/^error: /);
    });

    test(`${version}: a name whose certificate does not hold`, async () => {
      const serverName = () => ({ cert: OTHER.cert, key: SERVER.key });
      const { code } = await meet(config({ serverName }), { version });
      expect(code).toBe("tls");
    });
  }

  test("a client of too low a version is refused", async () => {
    const { code, session } = await meet(config({ minVersion: "1.3" }), {
      version: "1.2",
    });
    expect(code).toBe("tls");
    expect(session).toMatch(/PROTOCOL_VERSION/);
  });

  test("a client of too high a version is refused", async () => {
    const { code, session } = await meet(config({ maxVersion: "1.2" }), {
      version: "1.3",
    });
    expect(code).toBe("tls");
    expect(session).toMatch(/PROTOCOL_VERSION/);
  });
}

function printOf(session: PeerSession | string): string {
  return typeof session === "string" ? session : session.cert;
}

function printOfPem(cert: string): string {
  const { raw } = new X509Certificate(cert);
  return createHash("sha256").update(raw).digest("hex");
}

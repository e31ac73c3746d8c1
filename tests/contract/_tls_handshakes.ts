import { expect, test } from "vitest";
import {
  config,
  connected,
  outcome,
  secured,
  shake,
  startTls,
  VERSIONS,
  WAYS,
} from "./_tls_fixture.ts";
import {
  codeOf,
  readBytes,
  text,
  type TransportFixture,
  turn,
} from "./_transport_fixture.ts";

/** What no server of TLS takes for a ClientHello. */
const GARBAGE = ["USER root\r\n", "GET / HTTP/1.1\r\n\r\n", "\0".repeat(50)];

/** A fatal handshake_failure: RFC 8446, 6. */
const ALERT = "\x15\x03\x03\x00\x02\x02\x28";

/** Handshakes come about, or fail in a way that can be told. */
export function testTlsHandshakes(fixture: TransportFixture): void {
  for (const version of VERSIONS) {
    for (const way of WAYS) {
      test(`TLS ${version} on a connection that we ${way}`, async () => {
        using upgrade = await connected(fixture, { version }, way);
        const { server, peer } = upgrade;
        expect(server.tls).toBeNull();
        const [code, session] = await shake(upgrade, config());
        expect(code).toBeNull();
        expect(session).toMatchObject({ version: `TLSv${version}` });
        expect(server.tls).toMatchObject({
          protocol: `TLSv${version}`,
          cipher: expect.stringMatching(/^TLS_/),
          resumed: false,
          peerCertificate: null,
          alpn: null,
          serverName: "localhost",
        });
        await peer.do("send", "NOOP");
        expect(await readBytes(server, 4)).toEqual(text("NOOP"));
        await server.write(text("200"));
        expect(await peer.do("receive", 3)).toBe("200");
      });
    }
  }

  for (const way of WAYS) {
    test(`clear text goes before TLS on what we ${way}`, async () => {
      using upgrade = await connected(fixture, {}, way);
      const { server, peer } = upgrade;
      await peer.do("raw", "AUTH TLS\r\n");
      expect(await readBytes(server, 10)).toEqual(text("AUTH TLS\r\n"));
      await server.write(text("234\r\n"));
      await peer.do("hello");
      // It is here before we begin, and begins with our reply at the peer.
      await turn(20);
      const starting = startTls(server, config());
      expect(await peer.do("quiet", 0.05)).toBe(false);
      server.close();
      expect(await codeOf(starting)).toBe("closed");
    });
  }

  test("a ClientHello that came long before is not lost", async () => {
    using upgrade = await connected(fixture);
    await upgrade.peer.do("hello");
    await turn(50);
    const [code, session] = await shake(upgrade, config());
    expect([code, session]).toMatchObject([null, { resumed: false }]);
  });

  test.each(GARBAGE)("%j is refused", async (garbage) => {
    using upgrade = await connected(fixture);
    const { server, peer } = upgrade;
    await peer.do("raw", garbage);
    expect(await outcome(server, config())).toBe("tls");
    expect(server.tls).toBeNull();
    expect(await codeOf(server.read())).toBe("tls");
    expect(await codeOf(server.write(text("x")))).toBe("tls");
  });

  test("clear text before the ClientHello is refused", async () => {
    using upgrade = await connected(fixture);
    const { server, peer } = upgrade;
    await peer.do("raw", "USER injected\r\n");
    await peer.do("hello");
    await turn(20);
    expect(await outcome(server, config())).toBe("tls");
  });

  test("an alert in place of a ClientHello is refused", async () => {
    using upgrade = await connected(fixture);
    await upgrade.peer.do("raw", ALERT);
    expect(await outcome(upgrade.server, config())).toBe("tls");
  });

  test("an alert within the handshake is refused", async () => {
    using upgrade = await connected(fixture, { version: "1.2" });
    await upgrade.peer.do("hello");
    const starting = outcome(upgrade.server, config());
    await upgrade.peer.do("quiet", 0.05);
    await upgrade.peer.do("raw", ALERT);
    expect(await starting).toBe("tls");
  });

  const pieces = [0, 3, 100, undefined];
  test.each(pieces)("FIN after %s bytes of ClientHello", async (length) => {
    using upgrade = await connected(fixture);
    const starting = outcome(upgrade.server, config());
    if (length !== 0) await upgrade.peer.do("hello", length);
    await upgrade.peer.do("fin");
    expect(await starting).toBe("truncated");
  });

  test.each(pieces)("a reset after %s bytes of ClientHello", async (length) => {
    using upgrade = await connected(fixture);
    const starting = outcome(upgrade.server, config());
    if (length !== 0) await upgrade.peer.do("hello", length);
    await turn(10);
    await upgrade.peer.do("reset");
    expect(await starting).toBe("reset");
  });

  test("FIN that came before is told by the handshake", async () => {
    using upgrade = await connected(fixture);
    await upgrade.peer.do("fin");
    await turn(20);
    expect(await outcome(upgrade.server, config())).toBe("truncated");
  });

  test("close() ends a handshake with a silent client", async () => {
    using upgrade = await connected(fixture);
    const starting = outcome(upgrade.server, config());
    await turn(20);
    upgrade.server.close();
    expect(await starting).toBe("closed");
    expect(await upgrade.peer.do("rawEnd")).toBeLessThan(100);
  });

  test("close() ends a handshake that has begun", async () => {
    using upgrade = await connected(fixture);
    const starting = outcome(upgrade.server, config());
    await upgrade.peer.do("hello");
    await turn(20);
    upgrade.server.close();
    expect(await starting).toBe("closed");
  });

  test("a signal ends a handshake, and closes the connection", async () => {
    using upgrade = await connected(fixture);
    const controller = new AbortController();
    const { server } = upgrade;
    const starting = outcome(server, config(), {
      signal: controller.signal,
    });
    await turn(20);
    controller.abort();
    expect(await starting).toBe("closed");
    expect(await codeOf(server.read())).toBe("closed");
    expect(await upgrade.peer.do("rawEnd")).toBeLessThan(100);
  });

  test("a signal that was given before lets no handshake begin", async () => {
    using upgrade = await connected(fixture);
    const { signal } = abortedController();
    expect(await outcome(upgrade.server, config(), { signal })).toBe("closed");
  });

  test("a signal means nothing after the handshake", async () => {
    using upgrade = await connected(fixture);
    const controller = new AbortController();
    const { server, peer } = upgrade;
    const starting = outcome(server, config(), {
      signal: controller.signal,
    });
    await peer.do("handshake");
    expect(await starting).toBeNull();
    controller.abort();
    await peer.do("send", "still here");
    expect(await readBytes(server, 10)).toEqual(text("still here"));
  });

  test("no handshake begins while a read is under way", async () => {
    using upgrade = await connected(fixture);
    const { server, peer } = upgrade;
    const reading = server.read();
    expect(await outcome(server, config())).toBe("other");
    await peer.do("raw", "x");
    expect(await reading).toEqual(text("x"));
    expect((await shake(upgrade, config()))[0]).toBeNull();
  });

  test("no handshake begins within TLS, or after closeWrite()", async () => {
    using secure = await secured(fixture);
    expect(await outcome(secure.server, config())).toBe("other");
    using upgrade = await connected(fixture);
    await upgrade.server.closeWrite();
    expect(await outcome(upgrade.server, config())).toBe("other");
    upgrade.server.close();
    expect(await outcome(upgrade.server, config())).not.toBeNull();
  });
}

function abortedController(): AbortController {
  const controller = new AbortController();
  controller.abort();
  return controller;
}

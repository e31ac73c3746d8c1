import { expect, test } from "vitest";
import { DENO_TLS_SESSIONS } from "../../adapters/_runtime_gaps.ts";
import type { TlsConfig } from "../../lib/spi/transport.ts";
import { AUTHORITY, CLIENT, STRANGER } from "../support/tls_certificates.ts";
import { type PeerSession, TlsPeer } from "../support/tls_peer.ts";
import {
  acceptFrom,
  config,
  outcome,
  secured,
  VERSIONS,
} from "./_tls_fixture.ts";
import { testBut, text, type TransportFixture } from "./_transport_fixture.ts";

/** What was agreed on once can be taken up again, by whom it concerns. */
export function testTlsSessions(fixture: TransportFixture): void {
  test("1.3: nobody has to use a ticket twice", async () => {
    using peer = new TlsPeer();
    await peer.do("context", { version: "1.3" });
    const tls = config();
    const tickets = new Set<string>();
    for (let count = 0; count < 5; count++) {
      await resume(fixture, peer, tls);
      tickets.add(await peer.do<string>("ticket"));
    }
    expect(tickets.size).toBe(5);
  });

  for (const version of VERSIONS) {
    test(`${version}: 50 connections resume one after the other`, async () => {
      using peer = new TlsPeer();
      await peer.do("context", { version });
      const tls = config();
      const resumed: boolean[] = [];
      for (let count = 0; count <= 50; count++) {
        const both = await resume(fixture, peer, tls);
        expect(both.ours).toBe(both.theirs);
        resumed.push(both.ours);
      }
      expect(resumed).toEqual([false, ...Array(50).fill(true)]);
    });

    test(`${version}: all resume the first while it is open`, async () => {
      const tls = config();
      using control = await secured(fixture, tls, { version });
      await control.server.write(text("230"));
      await control.peer.do("receive", 3);
      for (let count = 0; count < 3; count++) {
        expect(await resume(fixture, control.peer, tls))
          .toEqual({ ours: true, theirs: true });
      }
    });

    testBut(fixture, DENO_TLS_SESSIONS)(
      `${version}: another object of the same texts resumes nothing`,
      async () => {
        using peer = new TlsPeer();
        await peer.do("context", { version });
        const [one, other] = [config(), config()];
        const expected: [TlsConfig, boolean][] = [
          [one, false],
          [one, true],
          [other, false],
          [other, true],
          [one, false],
        ];
        for (const [tls, isResumed] of expected) {
          expect(await resume(fixture, peer, tls))
            .toEqual({ ours: isResumed, theirs: isResumed });
        }
      },
    );

    test(
      `${version}: who has to resume and does not is given no session`,
      async () => {
        const tls = config();
        using control = await secured(fixture, tls, { version });
        using stranger = new TlsPeer();
        await stranger.do("context", { version });
        for (let attempt = 0; attempt < 3; attempt++) {
          const server = await acceptFrom(fixture, stranger);
          const begun = outcome(server, tls, { resumedOnly: true })
            .finally(() => server.close());
          // What it had from the last attempt serves for nothing.
          const learned = await stranger.do("intrude");
          expect([await begun, learned]).toEqual(["not-resumed", false]);
          await stranger.do("close");
        }
        // The client itself comes in, more than once.
        await control.server.write(text("230"));
        await control.peer.do("receive", 3);
        for (let count = 0; count < 3; count++) {
          expect(await resume(fixture, control.peer, tls, true))
            .toEqual({ ours: true, theirs: true });
        }
      },
    );

    test(`${version}: a client's certificate is known again`, async () => {
      using peer = new TlsPeer();
      await peer.do("context", { version, ...CLIENT });
      const tls = config({ ca: AUTHORITY, clientCert: "require" });
      for (const isResumed of [false, true, true]) {
        const { ours, certificate } = await resume(fixture, peer, tls);
        expect([ours, certificate]).toEqual([isResumed, true]);
      }
    });

    test(`${version}: a resumed stranger stays one`, async () => {
      using peer = new TlsPeer();
      await peer.do("context", { version, ...STRANGER });
      const tls = config({ ca: AUTHORITY, clientCert: "request" });
      for (let count = 0; count < 3; count++) {
        const { certificate } = await resume(fixture, peer, tls);
        expect(certificate).toBe(false);
      }
    });
  }
}

interface Resumption {
  /** Whether each side says that the session was resumed. */
  readonly ours: boolean;
  readonly theirs: boolean;
}

/** One more connection of `peer`, with its last session if it has one. */
async function resume(
  fixture: TransportFixture,
  peer: TlsPeer,
  tls: TlsConfig,
  resumedOnly = false,
): Promise<Resumption & { readonly certificate?: boolean }> {
  const server = await acceptFrom(fixture, peer);
  try {
    const [code, session] = await Promise.all([
      outcome(server, tls, { resumedOnly }),
      peer.do<PeerSession | string>("handshake", { resume: true }),
    ]);
    expect(code).toBeNull();
    if (typeof session === "string") throw new Error(session);
    // The tickets of TLS 1.3 come with the first data.
    await server.write(text("150"));
    expect(await peer.do("receive", 3)).toBe("150");
    await server.closeWrite();
    await peer.do("unwrap");
    await peer.do("close");
    const both = {
      ours: server.tls?.resumed === true,
      theirs: session.resumed,
    };
    return tls.clientCert === undefined
      ? both
      : { ...both, certificate: server.tls?.peerCertificate !== null };
  } finally {
    server.close();
  }
}

import { expect, test } from "vitest";
import { EMPTY_BYTES } from "../../lib/base/bytes.ts";
import { BUN_NODE_TLS_TRUNCATED } from "../../adapters/_runtime_gaps.ts";
import {
  config,
  connected,
  outcome,
  type Secured,
  secured,
  VERSIONS,
} from "./_tls_fixture.ts";
import {
  codeOf,
  endOf,
  MIB,
  pattern,
  readAll,
  readBytes,
  testBut,
  text,
  type TransportFixture,
  turn,
} from "./_transport_fixture.ts";

const MUCH_BYTES = 3_000_000;

/** close_notify, FIN and RST are three things. */
export function testTlsEnds(fixture: TransportFixture): void {
  const testTruncated = testBut(fixture, BUN_NODE_TLS_TRUNCATED);

  for (const version of VERSIONS) {
    const start = (): Promise<Secured> =>
      secured(fixture, config(), { version });

    test(`${version}: close_notify is the end, then and later`, async () => {
      using secure = await start();
      await secure.peer.do("send", "bye");
      await turn(10);
      await secure.peer.do("notify");
      expect(await readAll(secure.server)).toEqual(text("bye"));
      expect(await secure.server.read()).toBeNull();
      await secure.peer.do("close");
      await turn(10);
      expect(await secure.server.read()).toBeNull();
    });

    test(`${version}: close_notify in one segment with data`, async () => {
      using secure = await start();
      await secure.peer.do("notifyAfter", "x".repeat(100_000));
      await secure.peer.do("fin");
      await turn(20);
      expect((await readAll(secure.server)).length).toBe(100_000);
    });

    /** Reads a file whose bytes come in one segment with Finished. */
    const readSmall = async (...command: string[]) => {
      using upgrade = await connected(fixture, { version });
      const { server, peer } = upgrade;
      const [code] = await Promise.all([
        outcome(server, config()),
        peer.do("handshakeAnd", ...command),
      ]);
      expect(code).toBeNull();
      expect(server.tls?.protocol).toBe(`TLSv${version}`);
      await turn(10);
      return await readAll(server);
    };

    test(`${version}: a file that comes with Finished`, async () => {
      expect(await readSmall("notifyAfter", "tiny")).toEqual(text("tiny"));
      expect(await readSmall("notify")).toEqual(EMPTY_BYTES);
      expect(await readSmall("notifyAndClose")).toEqual(EMPTY_BYTES);
    });

    testTruncated(`${version}: FIN alone behind Finished`, async () => {
      expect(await codeOf(readSmall("finAfter", "tiny"))).toBe("truncated");
      expect(await codeOf(readSmall("fin"))).toBe("truncated");
    });

    test(`${version}: close_notify while a read waits`, async () => {
      using secure = await start();
      const reading = secure.server.read();
      await turn(5);
      await secure.peer.do("notify");
      expect(await reading).toBeNull();
    });

    test(`${version}: close_notify is enough, whatever follows`, async () => {
      using secure = await start();
      await secure.peer.do("notifyAfter", "bye");
      expect(await readAll(secure.server)).toEqual(text("bye"));
      await secure.peer.do("reset");
      await turn(10);
      expect(await secure.server.read()).toBeNull();
    });

    testTruncated(`${version}: FIN alone is no end`, async () => {
      using secure = await start();
      await secure.peer.do("send", "half of a file");
      await secure.peer.do("fin");
      expect(await readBytes(secure.server, 14)).toEqual(
        text("half of a file"),
      );
      expect(await codeOf(secure.server.read())).toBe("truncated");
      expect(await codeOf(secure.server.read())).toBe("truncated");
    });

    testTruncated(`${version}: FIN alone after two bytes`, async () => {
      // As long as an alert.
      using secure = await start();
      await secure.peer.do("send", "\r\n");
      await secure.peer.do("fin");
      expect(await endOf(secure.server)).toBe("truncated");
    });

    testTruncated(`${version}: FIN in the midst of a record`, async () => {
      using secure = await start();
      await secure.peer.do("half", "x".repeat(1000));
      await secure.peer.do("fin");
      expect(await endOf(secure.server)).toBe("truncated");
    });

    testTruncated(`${version}: FIN alone after much that waits`, async () => {
      using secure = await start();
      await secure.peer.do("sendBytes", 200_000);
      await secure.peer.do("fin");
      await turn(30);
      expect(await endOf(secure.server)).toBe("truncated");
    });

    testTruncated(
      `${version}: after FIN alone we can still write`,
      async () => {
        using secure = await start();
        await secure.peer.do("fin");
        expect(await codeOf(secure.server.read())).toBe("truncated");
        await secure.server.write(text("221"));
        await secure.server.closeWrite();
        expect(await secure.peer.do("receive", 3)).toBe("221");
        expect(await secure.peer.do("end")).toBe("close_notify, FIN");
      },
    );

    test(`${version}: a reset is no end`, async () => {
      using secure = await start();
      await secure.peer.do("send", "half of a file");
      expect(await secure.server.read()).not.toBeNull();
      const reading = codeOf(secure.server.read());
      await turn(5);
      await secure.peer.do("reset");
      expect(await reading).toBe("reset");
      expect(await codeOf(secure.server.read())).toBe("reset");
      expect(await codeOf(secure.server.write(text("x")))).toBe("reset");
    });

    test(`${version}: a reset while nobody reads is no end`, async () => {
      using secure = await start();
      await secure.peer.do("reset");
      await turn(20);
      expect(await endOf(secure.server)).toBe("reset");
    });

    testTruncated(
      `${version}: FIN alone after much, and we can still write`,
      async () => {
        using secure = await start();
        const { server, peer } = secure;
        await receiveMuch(secure);
        await peer.do("sendBytes", 100_000);
        await peer.do("fin");
        expect(await endOf(server)).toBe("truncated");
        expect(await codeOf(server.read())).toBe("truncated");
        await server.write(text("451"));
        await server.closeWrite();
        expect(await peer.do("receive", 3)).toBe("451");
        expect(await peer.do("end")).toBe("close_notify, FIN");
      },
    );

    test(`${version}: close_notify after much is an end`, async () => {
      using secure = await start();
      const { server, peer } = secure;
      await receiveMuch(secure);
      await peer.do("sendBytes", 100_000);
      await peer.do("notify");
      expect(await endOf(server)).toBeNull();
      expect(await server.read()).toBeNull();
      await server.write(text("226"));
      expect(await peer.do("receive", 3)).toBe("226");
    });

    test.runIf(testTruncated === test)(
      `${version}: a reset behind much data is no end`,
      async () => {
        using secure = await start();
        const { server, peer } = secure;
        await receiveMuch(secure);
        await peer.do("sendBytes", 100_000);
        await peer.do("reset");
        await turn(20);
        expect(await endOf(server)).toBe("reset");
      },
    );

    test(`${version}: a record that was changed breaks it off`, async () => {
      using secure = await start();
      await secure.peer.do("send", "good");
      expect(await readBytes(secure.server, 4)).toEqual(text("good"));
      await secure.peer.do("spoil", "bad");
      expect(await endOf(secure.server)).toBe("tls");
      expect(await codeOf(secure.server.read())).toBe("tls");
      expect(await secure.peer.do("end")).toMatch(/BAD_RECORD_MAC/);
    });

    test(`${version}: closeWrite() sends close_notify, then FIN`, async () => {
      using secure = await start();
      await secure.server.write(text("226"));
      await secure.server.closeWrite();
      await secure.server.closeWrite();
      expect(await secure.peer.do("receive", 3)).toBe("226");
      expect(await secure.peer.do("end")).toBe("close_notify, FIN");
      expect(await codeOf(secure.server.write(text("x")))).toBe("closed");
    });

    test(`${version}: reading continues after closeWrite()`, async () => {
      using secure = await start();
      await secure.server.closeWrite();
      expect(await secure.peer.do("end")).toBe("close_notify, FIN");
      await secure.peer.do("send", "still here");
      expect(await readBytes(secure.server, 10)).toEqual(text("still here"));
      await secure.peer.do("notify");
      expect(await secure.server.read()).toBeNull();
    });

    testTruncated(`${version}: FIN alone after closeWrite()`, async () => {
      using secure = await start();
      await secure.server.closeWrite();
      expect(await secure.peer.do("end")).toBe("close_notify, FIN");
      await secure.peer.do("close");
      expect(await endOf(secure.server)).toBe("truncated");
    });

    test(`${version}: closeWrite() delivers all before`, async () => {
      using secure = await start();
      const writing = secure.server.write(pattern(8 * MIB));
      const finishing = secure.server.closeWrite();
      expect(await secure.peer.do("receiveBytes"))
        .toMatchObject({ length: 8 * MIB });
      await Promise.all([writing, finishing]);
    });

    test(`${version}: who has half closed can be written to`, async () => {
      using secure = await start();
      await secure.peer.do("notify");
      expect(await secure.server.read()).toBeNull();
      const send = async () => {
        await secure.server.write(pattern(8 * MIB));
        await secure.server.closeWrite();
      };
      const [received] = await Promise.all([
        secure.peer.do("receiveBytes"),
        send(),
      ]);
      expect(received).toMatchObject({ length: 8 * MIB });
    });

    test(`${version}: close() sends close_notify`, async () => {
      using secure = await start();
      secure.server.close();
      expect(await secure.peer.do("end")).toBe("close_notify, FIN");
    });

    test(`${version}: the end that a strict client waits for`, async () => {
      using secure = await start();
      const answer = async () => {
        expect(await secure.server.read()).toBeNull();
        secure.server.close();
      };
      const [end] = await Promise.all([secure.peer.do("unwrap"), answer()]);
      expect(end).toBeNull();
    });
  }
}

/** So much that the adapters think of a file. */
async function receiveMuch({ server, peer }: Secured): Promise<void> {
  const sending = peer.do("sendBytes", MUCH_BYTES);
  let length = 0;
  while (length < MUCH_BYTES) length += (await server.read())?.length ?? 0;
  await sending;
}

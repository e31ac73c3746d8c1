import { expect, test } from "vitest";
import type { Connection } from "../../lib/spi/transport.ts";
import { config, connected, outcome, shake } from "./_tls_fixture.ts";
import {
  accepted,
  listenLocal,
  readBytes,
  settled,
  text,
  type TransportFixture,
} from "./_transport_fixture.ts";

/** Connections beside the one that is meant. */
const CROWD = 100;

/** What many do, or leave undone, is no harm to one. */
export function testTlsCrowds(fixture: TransportFixture): void {
  test("half-open handshakes hold nobody up and leave nothing", async () => {
    const { transport } = fixture;
    const handles = () => fixture.handles?.() ?? 0;
    const before = await settled(handles);
    const tls = config();
    const listener = await listenLocal(transport, { upgradable: true });
    const crowd: Connection[] = [];
    const clients: Connection[] = [];
    const outcomes: Promise<string | null>[] = [];
    for (let count = 0; count < CROWD; count++) {
      const [server, client] = await Promise.all([
        accepted(listener),
        transport.connect(listener.local),
      ]);
      crowd.push(server);
      clients.push(client);
      outcomes.push(outcome(server, tls));
      // The header of a handshake record, and nothing of it.
      if (count % 2 === 0) await client.write(text("\x16\x03\x01\x02\0"));
    }
    {
      using upgrade = await connected(fixture);
      const [code] = await shake(upgrade, tls);
      expect(code).toBeNull();
      await upgrade.peer.do("send", "NOOP");
      expect(await readBytes(upgrade.server, 4)).toEqual(text("NOOP"));
    }
    for (const connection of crowd) connection.close();
    expect(new Set(await Promise.all(outcomes))).toEqual(new Set(["closed"]));
    for (const client of clients) client.close();
    listener.close();
    expect(await settled(handles)).toBeLessThanOrEqual(before);
  });

  test("many handshakes at once all come about", async () => {
    const tls = config();
    const upgrades = await Promise.all(
      Array.from({ length: 10 }, () => connected(fixture)),
    );
    try {
      const codes = await Promise.all(
        upgrades.map(async (upgrade) => (await shake(upgrade, tls))[0]),
      );
      expect(codes).toEqual(Array(10).fill(null));
    } finally {
      for (const upgrade of upgrades) upgrade[Symbol.dispose]();
    }
  });
}

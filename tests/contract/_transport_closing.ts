import { expect, test } from "vitest";
import {
  accepted,
  acceptRaw,
  codeOf,
  endOf,
  listenLocal,
  makePair,
  MIB,
  readBytes,
  settled,
  text,
  type TransportFixture,
  turn,
} from "./_transport_fixture.ts";

/** `close()` releases, whatever is under way. */
export function testClosing(fixture: TransportFixture): void {
  const { transport } = fixture;

  test("close() rejects a pending read with closed", async () => {
    using pair = await makePair(transport);
    const reading = codeOf(pair.server.read());
    await turn(5);
    pair.server.close();
    expect(await reading).toBe("closed");
  });

  test("close() rejects a pending write with closed", async () => {
    using pair = await makePair(transport);
    const writing = codeOf(pair.server.write(new Uint8Array(64 * MIB)));
    await turn(20);
    pair.server.close();
    expect(await writing).toBe("closed");
  });

  test("close() rejects a pending closeWrite() with closed", async () => {
    using pair = await makePair(transport);
    const writing = codeOf(pair.server.write(new Uint8Array(64 * MIB)));
    const finishing = codeOf(pair.server.closeWrite());
    await turn(20);
    pair.server.close();
    expect([await writing, await finishing]).toEqual(["closed", "closed"]);
  });

  test("every call after close() rejects with closed", async () => {
    using pair = await makePair(transport);
    pair.server.close();
    expect(await codeOf(pair.server.read())).toBe("closed");
    expect(await codeOf(pair.server.write(text("x")))).toBe("closed");
    expect(await codeOf(pair.server.closeWrite())).toBe("closed");
  });

  test("close() may be called again, and after an end", async () => {
    using pair = await makePair(transport);
    await pair.client.closeWrite();
    expect(await pair.server.read()).toBeNull();
    await pair.server.closeWrite();
    await turn(10);
    pair.server.close();
    pair.server.close();
    pair.client.close();
    pair.client.close();
  });

  test("close() with unread input ends the peer", async () => {
    using pair = await makePair(transport);
    await pair.client.write(text("never read"));
    await turn(10);
    pair.server.close();
    await turn(10);
    // Kernels reset; Deno sends FIN before it closes.
    expect([null, "reset"]).toContain(await endOf(pair.client));
  });

  test("close() is silent after a reset", async () => {
    const { server, peer } = await acceptRaw(fixture);
    peer.reset();
    expect(await codeOf(server.read())).toBe("reset");
    server.close();
    server.close();
    expect(await codeOf(server.read())).toBe("closed");
  });

  test("close() before the first read reaches the peer", async () => {
    using pair = await makePair(transport);
    pair.server.close();
    expect(await pair.client.read()).toBeNull();
  });

  test("closing a listener answers null to who waits, then and later", async () => {
    const listener = await listenLocal(transport);
    const waiting = listener.accept();
    await turn(5);
    listener.close();
    listener.close();
    expect(await waiting).toBeNull();
    expect(await listener.accept()).toBeNull();
  });

  test("closing a listener closes what nobody accepted", async () => {
    const listener = await listenLocal(transport);
    const client = await transport.connect(listener.local);
    await turn(10);
    listener.close();
    expect([null, "reset"]).toContain(await endOf(client));
    client.close();
  });

  test("closing a listener leaves accepted connections alone", async () => {
    const listener = await listenLocal(transport);
    const client = await transport.connect(listener.local);
    const server = await accepted(listener);
    listener.close();
    await turn(5);
    await client.write(text("hello"));
    expect(await readBytes(server, 5)).toEqual(text("hello"));
    client.close();
    server.close();
  });

  test("a port can be listened on again at once", async () => {
    const first = await listenLocal(transport);
    const client = await transport.connect(first.local);
    const server = await accepted(first);
    first.close();
    // The side that closes first keeps the address for a while.
    server.close();
    expect(await client.read()).toBeNull();
    client.close();
    const second = await transport.listen(first.local);
    expect(second.local).toEqual(first.local);
    second.close();
  });

  test("300 connections leave no handle behind", async () => {
    const before = fixture.handles?.() ?? 0;
    const listener = await listenLocal(transport);
    const serve = async (server: Awaited<ReturnType<typeof accepted>>) => {
      try {
        for (;;) {
          const chunk = await server.read();
          if (chunk === null) break;
          await server.write(new Uint8Array(chunk));
        }
        await server.closeWrite();
      } catch (error) {
        // Those clients that closed without a word may have been reset.
        expect(error).toHaveProperty("code", "reset");
      } finally {
        server.close();
      }
    };
    const serving = (async () => {
      for (;;) {
        const server = await listener.accept();
        if (server === null) return;
        void serve(server);
      }
    })();
    for (let round = 0; round < 30; round++) {
      await Promise.all(Array.from({ length: 10 }, async (_, index) => {
        const client = await transport.connect(listener.local);
        if (index % 3 > 0) await client.write(text("echo"));
        if (index % 3 > 1) {
          expect(await readBytes(client, 4)).toEqual(text("echo"));
          await client.closeWrite();
          expect(await client.read()).toBeNull();
        }
        client.close();
      }));
    }
    listener.close();
    await serving;
    const after = () => fixture.handles?.() ?? 0;
    expect(await settled(after)).toBeLessThanOrEqual(before);
  });
}

import { expect, test } from "vitest";
import {
  accepted,
  listenLocal,
  LOCAL,
  makePair,
  MIB,
  pattern,
  readAll,
  readBytes,
  readPattern,
  settled,
  text,
  type TransportFixture,
  turn,
} from "./_transport_fixture.ts";

/** What is written arrives: the cases about bytes. */
export function testStreams(fixture: TransportFixture): void {
  const { transport } = fixture;

  test("bytes travel both ways", async () => {
    using pair = await makePair(transport);
    await pair.client.write(text("ping"));
    expect(await readBytes(pair.server, 4)).toEqual(text("ping"));
    await pair.server.write(text("pong"));
    expect(await readBytes(pair.client, 4)).toEqual(text("pong"));
  });

  test("a read waits for bytes that come later", async () => {
    using pair = await makePair(transport);
    const reading = pair.server.read();
    await turn(5);
    await pair.client.write(text("late"));
    expect(await reading).toEqual(text("late"));
  });

  test("50 MiB of one write arrive whole and in order", async () => {
    using pair = await makePair(transport);
    const received = readPattern(pair.server);
    await pair.client.write(pattern(50 * MIB));
    await pair.client.closeWrite();
    expect(await received).toBe(50 * MIB);
  });

  test("10,000 tiny writes arrive in order", async () => {
    using pair = await makePair(transport, { noDelay: true });
    const received = readPattern(pair.client);
    const bytes = pattern(30_000);
    for (let at = 0; at < bytes.length; at += 3) {
      await pair.server.write(bytes.subarray(at, at + 3));
    }
    await pair.server.closeWrite();
    expect(await received).toBe(30_000);
  });

  test("both sides send 8 MiB at the same time", async () => {
    using pair = await makePair(transport);
    const bytes = pattern(8 * MIB);
    const send = async (connection: typeof pair.client) => {
      await connection.write(bytes);
      await connection.closeWrite();
    };
    const [, , left, right] = await Promise.all([
      send(pair.client),
      send(pair.server),
      readPattern(pair.client),
      readPattern(pair.server),
    ]);
    expect([left, right]).toEqual([8 * MIB, 8 * MIB]);
  });

  test("a chunk is a plain Uint8Array and never empty", async () => {
    using pair = await makePair(transport);
    const sent = pair.client.write(pattern(MIB))
      .then(() => pair.client.closeWrite());
    for (;;) {
      const chunk = await pair.server.read();
      if (chunk === null) break;
      expect(Object.getPrototypeOf(chunk)).toBe(Uint8Array.prototype);
      expect(chunk.length).toBeGreaterThan(0);
      // A Buffer's slice() is no copy.
      expect(chunk.slice(0, 1).buffer).not.toBe(chunk.buffer);
    }
    await sent;
  });

  test("a chunk is valid until the next read", async () => {
    using pair = await makePair(transport);
    await pair.client.write(text("first"));
    const chunk = await pair.server.read();
    await pair.client.write(text("SECOND"));
    await turn(10);
    expect(chunk).toEqual(text("first"));
    expect(await readBytes(pair.server, 6)).toEqual(text("SECOND"));
  });

  test("the writer may reuse its bytes once write() resolves", async () => {
    using pair = await makePair(transport);
    const received = readAll(pair.server);
    const bytes = new Uint8Array(MIB);
    for (let round = 0; round < 8; round++) {
      bytes.fill(round);
      await pair.client.write(bytes);
      bytes.fill(0xff);
    }
    await pair.client.closeWrite();
    const all = await received;
    expect(all.length).toBe(8 * MIB);
    for (let at = 0; at < all.length; at += 4093) {
      if (all[at] !== Math.floor(at / MIB)) throw new Error(`wrong at ${at}`);
    }
  });

  test("an empty write resolves and sends nothing", async () => {
    using pair = await makePair(transport);
    await pair.client.write(new Uint8Array(0));
    await pair.client.write(text("x"));
    expect(await pair.server.read()).toEqual(text("x"));
  });

  test("a reader that does not read stops the writer", async () => {
    using pair = await makePair(transport);
    const bytes = new Uint8Array(MIB);
    let written = 0;
    const writing = (async () => {
      while (written < 64) {
        await pair.client.write(bytes);
        written++;
      }
      await pair.client.closeWrite();
    })();
    // What two socket buffers hold, and one buffer read ahead.
    expect(await settled(() => written)).toBeLessThan(24);
    expect((await readAll(pair.server)).length).toBe(64 * MIB);
    await writing;
  });

  test("no bytes are lost between accept and the first read", async () => {
    const listener = await listenLocal(transport);
    const client = await transport.connect(listener.local);
    await client.write(pattern(100_000));
    await client.closeWrite();
    await turn(10);
    const server = await accepted(listener);
    await turn(10);
    expect(await readPattern(server)).toBe(100_000);
    for (const one of [client, server, listener]) one.close();
  });

  test("no bytes are lost before the first read of who connected", async () => {
    const listener = await listenLocal(transport);
    const [client, server] = await Promise.all([
      transport.connect(listener.local),
      accepted(listener),
    ]);
    await server.write(pattern(100_000));
    await server.closeWrite();
    await turn(10);
    expect(await readPattern(client)).toBe(100_000);
    for (const one of [client, server, listener]) one.close();
  });

  test("a clear connection says so", async () => {
    using pair = await makePair(transport);
    expect(pair.server.tls).toBeNull();
    expect(pair.client.remote.hostname).toBe(LOCAL);
  });
}

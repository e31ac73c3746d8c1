import { expect, test } from "vitest";
import { DENO_NODE_WRITE_AFTER_END } from "../../adapters/_runtime_gaps.ts";
import {
  acceptRaw,
  codeOf,
  endOf,
  makePair,
  MIB,
  pattern,
  readAll,
  readBytes,
  readPattern,
  testBut,
  text,
  type TransportFixture,
  turn,
} from "./_transport_fixture.ts";

/** The end, half of it, and breaking off are three things. */
export function testEnds(fixture: TransportFixture): void {
  const { transport } = fixture;

  test("the end is null, then and later", async () => {
    using pair = await makePair(transport);
    await pair.client.write(text("bye"));
    await pair.client.closeWrite();
    expect(await readAll(pair.server)).toEqual(text("bye"));
    expect(await pair.server.read()).toBeNull();
    pair.client.close();
    await turn(10);
    expect(await pair.server.read()).toBeNull();
  });

  test("a pending read sees the end", async () => {
    using pair = await makePair(transport);
    const reading = pair.server.read();
    await turn(5);
    await pair.client.closeWrite();
    expect(await reading).toBeNull();
  });

  test("a peer that closed cleanly is an end", async () => {
    using pair = await makePair(transport);
    await pair.client.write(text("last words"));
    pair.client.close();
    expect(await readAll(pair.server)).toEqual(text("last words"));
  });

  const testWaiting = testBut(fixture, DENO_NODE_WRITE_AFTER_END);
  testWaiting(
    "a peer that has half closed can still be written to",
    async () => {
      using pair = await makePair(transport);
      await pair.client.closeWrite();
      expect(await pair.server.read()).toBeNull();
      await turn(10);
      const send = async () => {
        await pair.server.write(pattern(8 * MIB));
        await pair.server.closeWrite();
      };
      const [received] = await Promise.all([readPattern(pair.client), send()]);
      expect(received).toBe(8 * MIB);
    },
  );

  test("half-closing delivers 8 MiB to a slow peer that talks", async () => {
    using pair = await makePair(transport);
    let talking = true;
    const talk = async () => {
      while (talking) {
        await pair.client.write(text("NOOP\r\n"));
        await turn(1);
      }
      await pair.client.closeWrite();
    };
    const listen = async () => {
      let rest = 50;
      const pause = () => rest-- > 0 ? turn(2) : Promise.resolve();
      const received = await readPattern(pair.client, pause);
      talking = false;
      return received;
    };
    const send = async () => {
      await pair.server.write(pattern(8 * MIB));
      await pair.server.closeWrite();
      // What ends a transfer: read on until the peer has ended too.
      const end = await endOf(pair.server);
      pair.server.close();
      return end;
    };
    const [received, end] = await Promise.all([listen(), send(), talk()]);
    expect([received, end]).toEqual([8 * MIB, null]);
  });

  test("closeWrite() comes after a write that is under way", async () => {
    using pair = await makePair(transport);
    const writing = pair.client.write(pattern(8 * MIB));
    const finishing = pair.client.closeWrite();
    expect(await readPattern(pair.server)).toBe(8 * MIB);
    await writing;
    await finishing;
  });

  test("reading continues after closeWrite()", async () => {
    using pair = await makePair(transport);
    await pair.server.closeWrite();
    expect(await pair.client.read()).toBeNull();
    await pair.client.write(text("still here"));
    expect(await readBytes(pair.server, 10)).toEqual(text("still here"));
    pair.client.close();
    expect(await pair.server.read()).toBeNull();
  });

  testWaiting("8 MiB arrive slowly after closeWrite()", async () => {
    using pair = await makePair(transport);
    await pair.server.closeWrite();
    const send = async () => {
      await pair.client.write(pattern(8 * MIB));
      await pair.client.closeWrite();
    };
    let rest = 20;
    const pause = () => rest-- > 0 ? turn(1) : Promise.resolve();
    const [received] = await Promise.all([
      readPattern(pair.server, pause),
      send(),
    ]);
    expect(received).toBe(8 * MIB);
    expect(await pair.client.read()).toBeNull();
  });

  test("closeWrite() twice is once; write() after it fails", async () => {
    using pair = await makePair(transport);
    await pair.client.closeWrite();
    await pair.client.closeWrite();
    expect(await codeOf(pair.client.write(text("x")))).toBe("closed");
  });

  test("a reset rejects the pending read", async () => {
    const { server, peer } = await acceptRaw(fixture);
    const reading = codeOf(server.read());
    await turn(5);
    peer.reset();
    expect(await reading).toBe("reset");
    server.close();
  });

  test("a reset that came before is told to the next read", async () => {
    const { server, peer } = await acceptRaw(fixture);
    peer.reset();
    await turn(10);
    expect(await codeOf(server.read())).toBe("reset");
    expect(await codeOf(server.read())).toBe("reset");
    server.close();
  });

  test("a reset after some bytes is never an end", async () => {
    const { server, peer } = await acceptRaw(fixture);
    peer.write(text("half of a file"));
    await turn(5);
    const ending = endOf(server);
    await turn(5);
    peer.reset();
    expect(await ending).toBe("reset");
    server.close();
  });

  test("a reset after closeWrite() is never an end", async () => {
    const { server, peer } = await acceptRaw(fixture);
    await server.write(text("226"));
    await server.closeWrite();
    const ending = endOf(server);
    await turn(5);
    peer.reset();
    expect(await ending).toBe("reset");
    server.close();
  });

  test("a reset while nobody reads is never an end", async () => {
    const { server, peer } = await acceptRaw(fixture);
    peer.write(text("half of a file"));
    expect(await server.read()).not.toBeNull();
    await turn(5);
    peer.reset();
    await turn(10);
    expect(await endOf(server)).toBe("reset");
    server.close();
  });

  test("a write after a reset fails with reset", async () => {
    const { server, peer } = await acceptRaw(fixture);
    const writing = codeOf((async () => {
      for (;;) {
        await server.write(text("are you there?"));
        await turn(1);
      }
    })());
    peer.reset();
    expect(await writing).toBe("reset");
    expect(await codeOf(server.write(text("x")))).toBe("reset");
    server.close();
  });

  test("a reset rejects a write that waits for the peer", async () => {
    const { server, peer } = await acceptRaw(fixture);
    const writing = codeOf((async () => {
      for (;;) await server.write(new Uint8Array(4 * MIB));
    })());
    await turn(30);
    peer.reset();
    expect(await writing).toBe("reset");
    server.close();
  });
}

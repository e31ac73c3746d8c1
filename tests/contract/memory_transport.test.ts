import { describe, expect, test } from "vitest";
import { FakeClock, settle } from "../../adapters/_fake_clock.ts";
import { memoryTransport } from "../../adapters/_memory_transport.ts";
import { ConfigError } from "../../lib/base/errors.ts";
import {
  accepted,
  codeOf,
  listenLocal,
  makePair,
  paired,
  readAll,
  text,
} from "./_transport_fixture.ts";
import { describeTransport } from "./transport.ts";

describeTransport("memory", () => {
  const transport = memoryTransport();
  return {
    transport,
    queues: true,
    dial: async (to) => {
      const peer = await transport.dial(to);
      return {
        write: (bytes) => void peer.write(bytes).catch(() => {}),
        reset: () => peer.reset(),
      };
    },
    handles: () => transport.openConnections + transport.openListeners,
  };
});

describe("memoryTransport()", () => {
  test("dial() comes from where the test says", async () => {
    const network = memoryTransport();
    const listener = await network.listen({ hostname: "::", port: 21 });
    const from = { hostname: "203.0.113.9", port: 4000 };
    const to = { hostname: "10.0.0.1", port: 21 };
    const client = await network.dial({ ...to, from });
    const server = await accepted(listener);
    expect([server.local, server.remote]).toEqual([to, from]);
    expect([client.remote, client.local]).toEqual([to, from]);
    const other = await network.dial({ ...to, from: "203.0.113.9" });
    expect(other.local.hostname).toBe("203.0.113.9");
    expect(other.local.port).toBeGreaterThan(1023);
  });

  test("the same two endpoints cannot be connected twice", async () => {
    const network = memoryTransport();
    const listener = await listenLocal(network);
    const options = { ...listener.local, localPort: 20 };
    const first = await network.connect(options);
    expect(await codeOf(network.connect(options))).toBe("address-in-use");
    first.close();
    (await accepted(listener)).close();
    (await network.connect(options)).close();
  });

  test("open ends are counted until each is closed", async () => {
    const network = memoryTransport();
    const listener = await listenLocal(network);
    expect(network.openListeners).toBe(1);
    const client = await network.dial(listener.local);
    expect([network.openDials, network.openConnections]).toEqual([1, 1]);
    client.reset();
    expect([network.openDials, network.openConnections]).toEqual([0, 1]);
    (await accepted(listener)).close();
    listener.close();
    expect([network.openConnections, network.openListeners]).toEqual([0, 0]);
  });

  test("chunkSize cuts what a read answers, whatever was written", async () => {
    const network = memoryTransport({ chunkSize: 3 });
    using pair = await makePair(network);
    await pair.client.write(text("USER a\r\n"));
    expect(await pair.server.read()).toEqual(text("USE"));
    network.chunkSize = 100;
    await pair.client.write(text("PASS b\r\n"));
    expect(await pair.server.read()).toEqual(text("R a\r\nPASS b\r\n"));
  });

  test("a chunk is overwritten by the next read", async () => {
    using pair = await makePair(memoryTransport({ chunkSize: 2 }));
    await pair.client.write(text("abcd"));
    const chunk = await pair.server.read();
    expect(chunk).toEqual(text("ab"));
    await pair.server.read();
    expect(chunk).toEqual(Uint8Array.of(0xdd, 0xdd));
  });

  test("the window stops the writer to the byte", async () => {
    using pair = await makePair(memoryTransport({ window: 10 }));
    let done = false;
    const writing = pair.client.write(text("0123456789ab"))
      .then(() => done = true);
    await settle();
    expect(done).toBe(false);
    expect(await pair.server.read()).toEqual(text("0123456789"));
    await writing;
    expect(await pair.server.read()).toEqual(text("ab"));
  });

  test("latency delays bytes, ends and connections", async () => {
    const clock = new FakeClock();
    const network = memoryTransport({ clock, latencyMs: 30 });
    const listener = await listenLocal(network);
    let connected = -1;
    const connecting = network.dial(listener.local).then((client) => {
      connected = clock.now();
      return client;
    });
    const accepting = accepted(listener);
    await clock.advance(100);
    expect(connected).toBe(60);
    using pair = paired(await connecting, await accepting);
    await pair.client.write(text("slow"));
    await pair.client.closeWrite();
    network.latencyMs = 0;
    const reading = readAll(pair.server).then(() => clock.now());
    await clock.advance(100);
    expect(await reading).toBe(130);
  });

  test("a latency without a clock is refused", () => {
    expect(() => memoryTransport({ latencyMs: 1 })).toThrow(ConfigError);
  });

  test("what is written after the latency fell overtakes nothing", async () => {
    const clock = new FakeClock();
    const network = memoryTransport({ clock });
    using pair = await makePair(network);
    network.latencyMs = 30;
    await pair.client.write(text("first "));
    network.latencyMs = 0;
    await pair.client.write(text("second"));
    await pair.client.closeWrite();
    const reading = readAll(pair.server);
    await clock.advance(30);
    expect(await reading).toEqual(text("first second"));
  });

  test("close() with unread input resets, and loses what was sent", async () => {
    using pair = await makePair(memoryTransport());
    await pair.server.write(text("226 done"));
    await pair.client.write(text("unread"));
    pair.server.close();
    expect(await codeOf(pair.client.read())).toBe("reset");
  });

  test("a silent address answers nobody until the signal", async () => {
    const network = memoryTransport();
    network.silent.add("10.0.0.7");
    const controller = new AbortController();
    const { signal } = controller;
    const connecting = codeOf(
      network.connect({ hostname: "10.0.0.7", port: 1, signal }),
    );
    await settle();
    controller.abort();
    expect(await connecting).toBe("closed");
  });

  test("nowhere is unreachable, and a forbidden port not permitted", async () => {
    const network = memoryTransport();
    const nowhere = { hostname: "198.51.100.4", port: 21 };
    expect(await codeOf(network.connect(nowhere))).toBe("unreachable");
    network.forbiddenPorts.add(21);
    expect(await codeOf(network.listen({ hostname: "::1", port: 21 })))
      .toBe("not-permitted");
  });

  test("a second read or write at the same time is a mistake", async () => {
    using pair = await makePair(memoryTransport({ window: 1 }));
    const reading = codeOf(pair.client.read());
    expect(await codeOf(pair.client.read())).toBe("other");
    const writing = codeOf(pair.client.write(text("ab")));
    expect(await codeOf(pair.client.write(text("c")))).toBe("other");
    pair.client.close();
    expect([await reading, await writing]).toEqual(["closed", "closed"]);
  });
});

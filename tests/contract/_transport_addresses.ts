import { expect, test } from "vitest";
import type { Connection } from "../../lib/spi/transport.ts";
import {
  accepted,
  codeOf,
  endOf,
  listenLocal,
  LOCAL,
  makePair,
  paired,
  readBytes,
  settled,
  text,
  type TransportFixture,
  turn,
} from "./_transport_fixture.ts";

/** Listening and connecting: addresses, ports, refusals. */
export function testAddresses(fixture: TransportFixture): void {
  const { transport } = fixture;

  /** Both ends of a connection to `hostname` at a listener elsewhere. */
  async function meet(listening: string, hostname: string) {
    const listener = await transport.listen({ hostname: listening, port: 0 });
    const { port } = listener.local;
    const [client, server] = await Promise.all([
      transport.connect({ hostname, port }),
      accepted(listener),
    ]);
    listener.close();
    return paired(client, server);
  }

  test("port 0 becomes a real port", async () => {
    const listener = await listenLocal(transport);
    expect(listener.local.hostname).toBe(LOCAL);
    expect(listener.local.port).toBeGreaterThan(1023);
    listener.close();
  });

  test("both ends agree on both addresses", async () => {
    using pair = await makePair(transport);
    expect(pair.client.local).toEqual(pair.server.remote);
    expect(pair.client.remote).toEqual(pair.server.local);
  });

  test("addresses are known after close()", async () => {
    using pair = await makePair(transport);
    const { local, remote } = pair.client;
    pair.client.close();
    pair.server.close();
    await turn(10);
    expect(pair.server.local).toEqual(remote);
    expect(pair.server.remote).toEqual(local);
  });

  test("the local address on 0.0.0.0 is the one that was dialled", async () => {
    using pair = await meet("0.0.0.0", "127.0.0.2");
    expect(pair.server.local.hostname).toBe("127.0.0.2");
  });

  test(":: takes IPv4, and shows it as IPv4", async () => {
    using pair = await meet("::", "127.0.0.2");
    expect(pair.server.local.hostname).toBe("127.0.0.2");
    expect(pair.server.remote.hostname).toBe(pair.client.local.hostname);
    expect(pair.client.remote.hostname).toBe("127.0.0.2");
  });

  test(":: takes IPv6", async () => {
    using pair = await meet("::", "::1");
    expect(pair.server.local.hostname).toBe("::1");
    expect(pair.server.remote.hostname).toBe("::1");
  });

  test("::1 is served without IPv4", async () => {
    using pair = await meet("::1", "::1");
    await pair.client.write(text("six"));
    expect(await readBytes(pair.server, 3)).toEqual(text("six"));
  });

  test("localhost is a name", async () => {
    const listener = await transport.listen({ hostname: "localhost", port: 0 });
    expect(["127.0.0.1", "::1"]).toContain(listener.local.hostname);
    listener.close();
  });

  test("an address that is listened on is in use", async () => {
    const listener = await listenLocal(transport);
    expect(await codeOf(transport.listen(listener.local)))
      .toBe("address-in-use");
    listener.close();
  });

  test("an address of somebody else cannot be listened on", async () => {
    const elsewhere = { hostname: "192.0.2.1", port: 0 };
    expect(await codeOf(transport.listen(elsewhere)))
      .toBe("address-not-available");
  });

  test("a name that nobody has cannot be listened on", async () => {
    const nobody = { hostname: "nobody.invalid", port: 0 };
    expect(await codeOf(transport.listen(nobody)))
      .toBe("address-not-available");
  });

  test("connections that come before accept() are kept", async () => {
    const listener = await listenLocal(transport, { backlog: 16 });
    const clients: Connection[] = [];
    for (let index = 0; index < 16; index++) {
      const client = await transport.connect(listener.local);
      await client.write(Uint8Array.of(index));
      clients.push(client);
    }
    await turn(10);
    const seen: number[] = [];
    for (let index = 0; index < 16; index++) {
      const server = await accepted(listener);
      seen.push((await readBytes(server, 1))[0] ?? -1);
      server.close();
    }
    expect(seen.sort((a, b) => a - b)).toEqual([...Array(16).keys()]);
    for (const client of clients) client.close();
    listener.close();
  });

  test.runIf(fixture.queues)("what exceeds the backlog is closed", async () => {
    const listener = await listenLocal(transport, { backlog: 2 });
    let ended = 0;
    const clients: Connection[] = [];
    for (let index = 0; index < 6; index++) {
      const client = await transport.connect(listener.local);
      clients.push(client);
      void endOf(client).then((end) => ended += end === "closed" ? 0 : 1);
    }
    expect(await settled(() => ended)).toBe(4);
    (await accepted(listener)).close();
    (await accepted(listener)).close();
    expect(await settled(() => ended)).toBe(6);
    for (const client of clients) client.close();
    listener.close();
  });

  test("who waits for accept() gets connections one by one", async () => {
    const listener = await listenLocal(transport);
    for (let index = 0; index < 5; index++) {
      const waiting = accepted(listener);
      await turn(1);
      const client = await transport.connect(listener.local);
      using pair = paired(client, await waiting);
      expect(pair.server.remote).toEqual(client.local);
    }
    listener.close();
  });

  test("nobody listens: refused", async () => {
    const listener = await listenLocal(transport);
    listener.close();
    await turn(5);
    expect(await codeOf(transport.connect(listener.local))).toBe("refused");
  });

  test("the local address of a connect can be chosen", async () => {
    const listener = await listenLocal(transport);
    const client = await transport.connect({
      ...listener.local,
      localHostname: "127.0.0.3",
    });
    using pair = paired(client, await accepted(listener));
    expect(pair.server.remote.hostname).toBe("127.0.0.3");
    expect(pair.client.local.hostname).toBe("127.0.0.3");
    listener.close();
  });

  test("the local port of a connect can be chosen", async () => {
    const other = await listenLocal(transport);
    const { port } = other.local;
    const listener = await listenLocal(transport);
    other.close();
    const client = await transport.connect({
      ...listener.local,
      localHostname: LOCAL,
      localPort: port,
    });
    using pair = paired(client, await accepted(listener));
    expect(pair.server.remote).toEqual({ hostname: LOCAL, port });
    listener.close();
  });

  test("a connect that is aborted before it starts is closed", async () => {
    const listener = await listenLocal(transport);
    const controller = new AbortController();
    controller.abort();
    const { signal } = controller;
    expect(await codeOf(transport.connect({ ...listener.local, signal })))
      .toBe("closed");
    listener.close();
  });

  test("a connect that is aborted on its way leaves nothing", async () => {
    const before = fixture.handles?.() ?? 0;
    const listener = await listenLocal(transport);
    const controller = new AbortController();
    const { signal } = controller;
    const connecting = codeOf(
      transport.connect({ ...listener.local, signal }),
    );
    controller.abort();
    expect(await connecting).toBe("closed");
    await turn(10);
    listener.close();
    const after = () => fixture.handles?.() ?? 0;
    expect(await settled(after)).toBeLessThanOrEqual(before);
  });

  test("an abort after the connect changes nothing", async () => {
    const listener = await listenLocal(transport);
    const controller = new AbortController();
    const { signal } = controller;
    const client = await transport.connect({ ...listener.local, signal });
    using pair = paired(client, await accepted(listener));
    controller.abort();
    await turn(5);
    await pair.client.write(text("on"));
    expect(await readBytes(pair.server, 2)).toEqual(text("on"));
    listener.close();
  });
}

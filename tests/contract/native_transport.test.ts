import { type AddressInfo, connect, createServer } from "node:net";
import { describe, expect, test } from "vitest";
import { bunTransport } from "../../adapters/_bun_transport.ts";
import { denoTransport } from "../../adapters/_deno_transport.ts";
import { nodeConnection, nodeListener } from "../../adapters/_host_sockets.ts";
import { nodeTransport } from "../../adapters/_node_transport.ts";
import {
  BUN_NODE_DESTROY,
  DENO_NODE_WRITE_AFTER_END,
} from "../../adapters/_runtime_gaps.ts";
import { socketCalls } from "../../adapters/_socket_calls.ts";
import { ConfigError } from "../../lib/base/errors.ts";
import type { Transport } from "../../lib/spi/transport.ts";
import { nativeFixture } from "./_native_fixture.ts";
import {
  accepted,
  codeOf,
  pattern,
  readPattern,
  turn,
} from "./_transport_fixture.ts";
import { describeTransport } from "./transport.ts";

const onDeno = "Deno" in globalThis;
const onBun = "Bun" in globalThis;

// Deno and Bun bring `node:net` too, and their adapters fall back to it.
describeTransport(
  "node",
  () => nativeFixture(nodeTransport(), true, [DENO_NODE_WRITE_AFTER_END]),
);

// What carries files is read in another way, and where C can be called it is
// accepted without the runtime: what comes too early waits in the system.
const isQueued = onBun || socketCalls() === null;
describeTransport(
  "node, bulk",
  () =>
    nativeFixture(bulk(nodeTransport()), isQueued, [
      DENO_NODE_WRITE_AFTER_END,
    ]),
);

if (onDeno) {
  // Connections wait in the system.
  describeTransport("deno", () => nativeFixture(denoTransport(), false));
}

if (onBun) {
  describeTransport("bun", () => nativeFixture(bunTransport(), true));
}

test.skipIf(onDeno)("the deno adapter refuses other runtimes", () => {
  expect(() => denoTransport()).toThrow(ConfigError);
});

test.skipIf(onBun)("the bun adapter refuses other runtimes", () => {
  expect(() => bunTransport()).toThrow(ConfigError);
});

describe("sockets of the host", () => {
  test("nodeConnection() serves a socket of an ordinary server", async () => {
    const server = createServer();
    const served = new Promise<number>((resolve, reject) => {
      server.on("connection", (socket) => {
        const connection = nodeConnection(socket);
        const serve = async () => {
          // Bytes come, and the peer finishes, before anybody reads.
          await turn(20);
          const length = await readPattern(connection);
          await turn(20);
          await connection.write(pattern(length));
          await connection.closeWrite();
          connection.close();
          return length;
        };
        serve().then(resolve, reject);
      });
    });
    await new Promise<void>((resolve) =>
      server.listen(0, "127.0.0.1", resolve)
    );
    const client = await nodeTransport().connect({
      hostname: "127.0.0.1",
      port: (server.address() as AddressInfo).port,
    });
    await client.write(pattern(50_000));
    await client.closeWrite();
    expect(await readPattern(client)).toBe(50_000);
    expect(await served).toBe(50_000);
    client.close();
    server.close();
  });

  test("nodeConnection() serves a socket that the host connected", async () => {
    const listener = await nodeTransport()
      .listen({ hostname: "127.0.0.1", port: 0 });
    const socket = connect(listener.local.port, "127.0.0.1");
    const server = await accepted(listener);
    await new Promise<void>((resolve) =>
      socket.connecting ? socket.once("connect", resolve) : resolve()
    );
    const client = nodeConnection(socket);
    expect(client.local).toEqual(server.remote);
    await server.write(pattern(300_000));
    await server.closeWrite();
    expect(await readPattern(client)).toBe(300_000);
    await client.write(pattern(1000));
    await client.closeWrite();
    expect(await readPattern(server)).toBe(1000);
    for (const one of [client, server, listener]) one.close();
  });

  test("nodeListener() takes over a server that listens", async () => {
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
    expect(() => nodeListener(server)).toThrow("does not listen");
    await new Promise<void>((resolve) => server.listen(0, "::1", resolve));
    const listener = nodeListener(server, { backlog: 1, noDelay: true });
    expect(listener.local.hostname).toBe("::1");
    const client = await nodeTransport().connect(listener.local);
    const taken = await accepted(listener);
    await client.write(pattern(100));
    await client.closeWrite();
    expect(await readPattern(taken)).toBe(100);
    for (const one of [client, taken, listener]) one.close();
    expect(server.listening).toBe(false);
  });

  test("nodeConnection() refuses a socket that is not connected", () => {
    const socket = connect(1, "127.0.0.1");
    socket.on("error", () => {});
    expect(() => nodeConnection(socket)).toThrow("closed");
  });

  const testDestroy = BUN_NODE_DESTROY.here ? test.fails : test;
  testDestroy("a socket that the host destroys is closed", async () => {
    const listener = await nodeTransport()
      .listen({ hostname: "127.0.0.1", port: 0 });
    const socket = connect(listener.local.port, "127.0.0.1");
    await new Promise<void>((resolve) => socket.once("connect", resolve));
    const client = nodeConnection(socket);
    const reading = codeOf(client.read());
    await turn(5);
    socket.destroy();
    expect(await reading).toBe("closed");
    listener.close();
  });
});

/** The same, for connections that carry files. */
function bulk(inner: Transport): Transport {
  return {
    ...inner,
    listen: (options) => inner.listen({ ...options, bulk: true }),
  };
}

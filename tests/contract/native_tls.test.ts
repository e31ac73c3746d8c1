import { spawn } from "node:child_process";
import { type AddressInfo, createServer } from "node:net";
import { connect as connectTls } from "node:tls";
import { afterAll, describe, expect, test } from "vitest";
import { bunTransport } from "../../adapters/_bun_transport.ts";
import { denoTransport } from "../../adapters/_deno_transport.ts";
import { nodeConnection, nodeListener } from "../../adapters/_host_sockets.ts";
import { nodeTransport } from "../../adapters/_node_transport.ts";
import { opensslLibrary } from "../../adapters/_openssl_library.ts";
import {
  BUN_NODE_TLS_TRUNCATED,
  DENO_NODE_WRITE_AFTER_END,
  DENO_TLS_CIPHERS,
  DENO_TLS_SESSIONS,
} from "../../adapters/_runtime_gaps.ts";
import type { Connection, Transport } from "../../lib/spi/transport.ts";
import { requireProgram } from "../support/program.ts";
import { AUTHORITY } from "../support/tls_certificates.ts";
import {
  dismissPeers,
  type PeerSession,
  TlsPeer,
} from "../support/tls_peer.ts";
import { nativeFixture } from "./_native_fixture.ts";
import {
  acceptFrom,
  config,
  secured,
  shake,
  startTls,
} from "./_tls_fixture.ts";
import {
  accepted,
  codeOf,
  listenLocal,
  pattern,
  readAll,
  readBytes,
  readPattern,
  text,
  turn,
} from "./_transport_fixture.ts";
import { describeTls } from "./tls.ts";
import { describeTransport } from "./transport.ts";

afterAll(dismissPeers);

const onDeno = "Deno" in globalThis;
const onBun = "Bun" in globalThis;

const RUNTIME = { useOpenssl: false };

/** Whether OpenSSL can be called here. */
const hasOpenssl = opensslLibrary() !== null;

describeTls(
  "node",
  () =>
    nativeFixture(nodeTransport(RUNTIME), true, [
      BUN_NODE_TLS_TRUNCATED,
      DENO_TLS_CIPHERS,
      DENO_TLS_SESSIONS,
    ]),
);

describeTls(
  "node, bulk",
  () =>
    nativeFixture(bulk(nodeTransport(RUNTIME)), true, [
      BUN_NODE_TLS_TRUNCATED,
      DENO_TLS_CIPHERS,
      DENO_TLS_SESSIONS,
    ]),
);

if (hasOpenssl) {
  const openssl = onDeno ? denoTransport : onBun ? bunTransport : nodeTransport;
  describeTls("OpenSSL", () => nativeFixture(openssl(), true));
  describeTls("OpenSSL, bulk", () => nativeFixture(bulk(openssl()), true));
  // Clear as long as nobody starts TLS.
  describeTransport(
    "upgradable OpenSSL",
    // On Deno the system keeps what waits to be accepted.
    () => nativeFixture(upgradable(openssl()), !onDeno),
  );
}

if (onDeno) {
  describeTls(
    "deno",
    () =>
      nativeFixture(denoTransport(RUNTIME), true, [
        DENO_TLS_CIPHERS,
        DENO_TLS_SESSIONS,
      ]),
  );
  // Read in another way, and clear as long as nobody starts TLS.
  describeTransport(
    "upgradable deno",
    () =>
      nativeFixture(upgradable(denoTransport(RUNTIME)), true, [
        DENO_NODE_WRITE_AFTER_END,
      ]),
  );
}

if (onBun) {
  describeTls("bun", () => nativeFixture(bunTransport(RUNTIME), true));
}

const transport = onDeno
  ? denoTransport()
  : onBun
  ? bunTransport()
  : nodeTransport();

test.runIf(hasOpenssl)("OpenSSL moves files by itself", async () => {
  using secure = await secured(nativeFixture(transport, true));
  expect(secure.server.sendFile).toBeTypeOf("function");
  expect(secure.server.receiveFile).toBeTypeOf("function");
});

describe("clients of other makes", () => {
  test("node:tls in the same program", async () => {
    const listener = await listenLocal(transport, { upgradable: true });
    const client = connectTls({
      port: listener.local.port,
      host: "127.0.0.1",
      servername: "localhost",
      ca: AUTHORITY,
    });
    const errors: Error[] = [];
    client.on("error", (error) => errors.push(error));
    const server = await accepted(listener);
    await startTls(server, config());
    client.write("NOOP\r\n");
    expect(await readBytes(server, 6)).toEqual(text("NOOP\r\n"));
    const received = new Promise<string>((resolve) =>
      client.once("data", (chunk) => resolve(String(chunk)))
    );
    await server.write(text("200 OK\r\n"));
    expect(await received).toBe("200 OK\r\n");
    client.end();
    expect(await server.read()).toBeNull();
    server.close();
    listener.close();
    await turn(20);
    expect(errors).toEqual([]);
  });

  test("openssl cannot renegotiate", async () => {
    const listener = await listenLocal(transport, { upgradable: true });
    const port = String(listener.local.port);
    const openssl = requireProgram("openssl", "openssl");
    const client = spawn(
      openssl,
      ["s_client", "-connect", `127.0.0.1:${port}`, "-tls1_2"],
      { stdio: ["pipe", "ignore", "ignore"] },
    );
    const server = await accepted(listener);
    await startTls(server, config());
    client.stdin.write("hello\n");
    expect(await readBytes(server, 6)).toEqual(text("hello\n"));
    // The command of s_client for it.
    client.stdin.write("R\n");
    expect(await codeOf(server.read())).toBe("tls");
    server.close();
    listener.close();
    client.kill();
  });
});

describe("sockets of the host", () => {
  test("nodeConnection() starts TLS after clear text", async () => {
    const server = createServer();
    const served = new Promise<Connection>((resolve) =>
      server.on("connection", (socket) => resolve(nodeConnection(socket)))
    );
    await new Promise<void>((resolve) =>
      server.listen(0, "127.0.0.1", resolve)
    );
    using peer = new TlsPeer();
    await peer.do("connect", (server.address() as AddressInfo).port);
    const connection = await served;
    await peer.do("raw", "AUTH TLS\r\n");
    expect(await readBytes(connection, 10)).toEqual(text("AUTH TLS\r\n"));
    // It is in the stream before the handshake begins.
    await peer.do("hello");
    await turn(50);
    const [code] = await shake(
      { server: connection, peer, [Symbol.dispose]() {} },
      config(),
    );
    expect(code).toBeNull();
    await peer.do("send", "x".repeat(300_000));
    await peer.do("notify");
    expect((await readAll(connection)).length).toBe(300_000);
    await connection.write(pattern(1000));
    await connection.closeWrite();
    expect(await peer.do("receiveBytes")).toMatchObject({ length: 1000 });
    connection.close();
    server.close();
  });

  /** What a transport accepts, a socket and a server of the host. */
  test("sessions of a transport are resumed on them", async () => {
    const tls = config();
    using peer = new TlsPeer();
    await peer.do("context", { version: "1.3" });
    const resumed = async (server: Connection, resume: boolean) => {
      const [code, session] = await shake(
        { server, peer, [Symbol.dispose]() {} },
        tls,
        { resume },
      );
      expect(code).toBeNull();
      expect(server.tls?.resumed).toBe((session as PeerSession).resumed);
      // The ticket comes with the data.
      await server.write(text("226"));
      await peer.do("receive", 3);
      server.close();
      return (session as PeerSession).resumed;
    };
    const fixture = nativeFixture(transport, false);
    expect(await resumed(await acceptFrom(fixture, peer), false)).toBe(false);

    const ordinary = createServer();
    const taken = new Promise<Connection>((resolve) =>
      ordinary.on("connection", (socket) => resolve(nodeConnection(socket)))
    );
    await new Promise<void>((resolve) =>
      ordinary.listen(0, "127.0.0.1", resolve)
    );
    await peer.do("connect", (ordinary.address() as AddressInfo).port);
    expect(await resumed(await taken, true)).toBe(true);
    ordinary.close();

    const paused = createServer({ allowHalfOpen: true, pauseOnConnect: true });
    await new Promise<void>((resolve) =>
      paused.listen(0, "127.0.0.1", resolve)
    );
    const listener = nodeListener(paused);
    const [connection] = await Promise.all([
      accepted(listener),
      peer.do("connect", listener.local.port),
    ]);
    expect(await resumed(connection, true)).toBe(true);
    listener.close();
  });

  test("a connection that stays clear is as before", async () => {
    const listener = await listenLocal(transport, { upgradable: true });
    const [server, client] = await Promise.all([
      accepted(listener),
      transport.connect({ ...listener.local, upgradable: true }),
    ]);
    listener.close();
    const send = async () => {
      await client.write(pattern(3_000_000));
      await client.closeWrite();
    };
    const [received] = await Promise.all([readPattern(server), send()]);
    expect(received).toBe(3_000_000);
    server.close();
    client.close();
  });
});

/** The same, with every connection ready for TLS. */
function upgradable(inner: Transport): Transport {
  return {
    name: inner.name,
    listen: (options) => inner.listen({ ...options, upgradable: true }),
    connect: (options) => inner.connect({ ...options, upgradable: true }),
  };
}

/** The same, for connections that carry files. */
function bulk(inner: Transport): Transport {
  return {
    ...inner,
    listen: (options) => inner.listen({ ...options, bulk: true }),
  };
}

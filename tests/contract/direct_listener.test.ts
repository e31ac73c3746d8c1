import {
  closeSync,
  mkdtempSync,
  openSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { directListener } from "../../adapters/_direct_listener.ts";
import { socketCalls } from "../../adapters/_socket_calls.ts";
import { concatBytes } from "../../lib/base/bytes.ts";
import type { FileHandle } from "../../lib/spi/file_system.ts";
import type { Listener, ListenOptions } from "../../lib/spi/transport.ts";
import { nativeFixture } from "./_native_fixture.ts";
import { nodeTransport } from "../../adapters/_node_transport.ts";
import { codeOf, pattern, turn } from "./_transport_fixture.ts";

const HERE: ListenOptions = { hostname: "127.0.0.1", port: 0, bulk: true };

/** Bun's `node:net` cannot take its sockets over. */
const can = socketCalls() !== null && !("Bun" in globalThis);

test("where it cannot be, the runtime listens", () => {
  for (
    const other of [
      { bulk: false },
      { hostname: "0.0.0.0" },
      { hostname: "::1" },
      { hostname: "localhost" },
      { upgradable: true },
      { stoppable: true },
      { hostname: "198.51.100.1" },
      { port: 1, hostname: "198.51.100.1" },
    ]
  ) expect(directListener({ ...HERE, ...other })).toBe(null);
});

/** Much faster than to compare element by element and tell the difference. */
function isPattern(bytes: Uint8Array, length: number): boolean {
  const wanted = pattern(length);
  return bytes.length === length &&
    wanted.every((byte, at) => bytes[at] === byte);
}

describe.skipIf(!can)("directListener()", () => {
  let listener: Listener;
  let client: Socket | null = null;

  beforeEach(() => {
    listener = directListener(HERE)!;
  });

  afterEach(() => {
    listener.close();
    client?.destroy();
    client = null;
  });

  function dial(): Promise<Socket> {
    const { hostname, port } = listener.local;
    const socket = connect({ host: hostname, port, allowHalfOpen: true });
    client = socket;
    return new Promise((resolve, reject) => {
      socket.on("error", reject);
      socket.on("connect", () => resolve(socket));
    });
  }

  /** All that comes, and whether it ended with FIN. */
  async function received(socket: Socket): Promise<Uint8Array> {
    const pieces: Uint8Array[] = [];
    socket.on("data", (piece: Uint8Array) => pieces.push(piece));
    await new Promise((resolve) => socket.on("end", resolve));
    return concatBytes(pieces);
  }

  test("is refused a port that is taken", () => {
    const { port } = listener.local;
    let thrown: unknown = null;
    try {
      directListener({ ...HERE, port });
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ code: "address-in-use" });
  });

  test("acceptNow() gives what is there while accept() waits", async () => {
    let told = false;
    const waiting = listener.accept().then((connection) => {
      told = true;
      return connection;
    });
    const socket = await dial();
    const connection = listener.acceptNow!()!;
    expect(connection.local).toEqual(listener.local);
    expect(connection.remote).toEqual({
      hostname: "127.0.0.1",
      port: socket.localPort,
    });
    expect(told).toBe(false);
    connection.close();
    listener.close();
    expect(await waiting).toBe(null);
  });

  test("accept() is told, sooner after acceptNow() found nobody", async () => {
    const waiting = listener.accept();
    expect(listener.acceptNow!()).toBe(null);
    expect(listener.acceptNow!()).toBe(null);
    const begin = performance.now();
    await dial();
    const connection = await waiting;
    expect(performance.now() - begin).toBeLessThan(1000);
    expect(connection?.remote.hostname).toBe("127.0.0.1");
    connection?.close();
  });

  test("what was never accepted is closed with the listener", async () => {
    const socket = await dial();
    const closed = new Promise((resolve) => socket.on("close", resolve));
    socket.off("error", () => {});
    socket.on("error", () => {});
    socket.resume();
    listener.close();
    listener.close();
    await closed;
    expect(listener.acceptNow!()).toBe(null);
    expect(await listener.accept()).toBe(null);
  });

  async function pair() {
    const socket = await dial();
    const connection = listener.acceptNow!()!;
    return { socket, connection };
  }

  test("a small write and its end need no socket of the runtime", async () => {
    const { socket, connection } = await pair();
    const bytes = received(socket);
    await connection.write(pattern(1000));
    await connection.closeWrite();
    await connection.closeWrite();
    expect(await bytes).toEqual(pattern(1000));
    expect(await codeOf(connection.write(pattern(1)))).toBe("closed");
    const end = connection.read();
    expect(await codeOf(connection.read())).toBe("other");
    socket.end();
    expect(await end).toBe(null);
    connection.close();
  });

  test("what a peer sends after our end is read", async () => {
    for (const pause of [0, 10, 100]) {
      const { socket, connection } = await pair();
      const bytes = received(socket);
      await connection.closeWrite();
      await bytes;
      const first = connection.read();
      await new Promise((resolve) => setTimeout(resolve, pause));
      socket.write(pattern(5));
      expect(await first).toEqual(pattern(5));
      socket.end();
      expect(await connection.read()).toBe(null);
      connection.close();
      expect(await codeOf(connection.read())).toBe("closed");
    }
  });

  test("close() ends a read that looks for the peer's end", async () => {
    const { connection } = await pair();
    await connection.closeWrite();
    const read = codeOf(connection.read());
    connection.close();
    connection.close();
    expect(await read).toBe("closed");
  });

  test("a large write goes on with a socket of the runtime", async () => {
    const length = 3_000_000;
    const { socket, connection } = await pair();
    await connection.write(pattern(10));
    const bytes = received(socket);
    await connection.write(pattern(length).subarray(10));
    await connection.closeWrite();
    expect(isPattern(await bytes, length)).toBe(true);
    socket.end();
    expect(await connection.read()).toBe(null);
    connection.close();
  });

  test("a reset is never taken for an end", async () => {
    const { socket, connection } = await pair();
    await connection.closeWrite();
    socket.resetAndDestroy();
    await turn(20);
    for (let times = 0; times < 3; times++) {
      expect(await codeOf(connection.read())).toBe("reset");
    }
    connection.close();
    const other = await pair();
    other.socket.resetAndDestroy();
    await turn(20);
    expect(await codeOf(other.connection.write(pattern(9)))).toBe("reset");
    expect(await codeOf(other.connection.read())).toBe("reset");
    expect(await codeOf(other.connection.closeWrite())).toBe("reset");
    other.connection.close();
    const third = await pair();
    third.socket.resetAndDestroy();
    await turn(20);
    expect(await codeOf(third.connection.read())).toBe("reset");
    third.connection.close();
  });

  test("files of any size arrive whole, and nothing is left open", async () => {
    const { handles } = nativeFixture(nodeTransport(), false);
    const before = handles?.();
    const folder = mkdtempSync(join(tmpdir(), "anyftpd-"));
    for (const size of [1, 1024, 65_536, 65_537, 2_000_000]) {
      const path = join(folder, String(size));
      writeFileSync(path, pattern(size));
      const fd = openSync(path, "r");
      const file = { fd, size } as FileHandle;
      const { socket, connection } = await pair();
      const bytes = received(socket);
      let at = 0;
      while (at < size) {
        at += await connection.sendFile!(file, at, 1_048_576);
      }
      await connection.closeWrite();
      expect(isPattern(await bytes, size)).toBe(true);
      socket.end();
      expect(await connection.read()).toBe(null);
      connection.close();
      socket.destroy();
      closeSync(fd);
    }
    rmSync(folder, { recursive: true });
    await turn(50);
    expect(handles?.()).toBe(before);
  });
});

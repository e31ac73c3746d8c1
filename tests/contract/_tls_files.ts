import { createHash } from "node:crypto";
import {
  closeSync,
  openSync,
  readSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { afterAll, expect, test } from "vitest";
import type { FileHandle } from "../../lib/spi/file_system.ts";
import type { Connection, SendFile } from "../../lib/spi/transport.ts";
import { TemporaryFolder } from "../support/files.ts";
import { secured } from "./_tls_fixture.ts";
import {
  codeOf,
  MIB,
  pattern,
  type TransportFixture,
  turn,
} from "./_transport_fixture.ts";

const SIZE = 5 * MIB + 3;

/** Files that a connection reads itself and encrypts, where it can. */
export function testTlsFiles(fixture: TransportFixture): void {
  const folder = new TemporaryFolder();
  afterAll(() => folder.remove());
  const whole = pattern(SIZE);
  const opened: number[] = [];
  afterAll(() => opened.forEach((descriptor) => closeSync(descriptor)));

  const fileOf = (
    bytes: Uint8Array,
    more: Partial<FileHandle> = {},
    mode = "r",
  ): FileHandle => {
    const path = folder.at(`file${opened.length}`);
    writeFileSync(path, bytes);
    const fd = openSync(path, mode);
    opened.push(fd);
    // Asked when the machine is so busy that a disk seems to be slow.
    const read = (into: Uint8Array, at: number) =>
      Promise.resolve(readSync(fd, into, 0, into.length, at));
    return { fd, read, ...more } as FileHandle;
  };

  /** Sends from `at` on by calls of `size` bytes each. */
  const sendAll = async (
    server: Connection,
    file: FileHandle,
    at = 0,
    size = MIB,
  ) => {
    const sendFile = server.sendFile as SendFile;
    for (;;) {
      const sent = await sendFile(file, at, size);
      if (sent === 0) break;
      expect(sent).toBeLessThanOrEqual(size);
      at += sent;
    }
    await server.closeWrite();
  };

  /** What the peer has after `send`; `undefined` where there is no sendFile. */
  const received = async (
    send: (server: Connection) => Promise<unknown>,
  ): Promise<unknown> => {
    using secure = await secured(fixture);
    if (secure.server.sendFile === undefined) return undefined;
    const [all] = await Promise.all([
      secure.peer.do("receiveBytes"),
      send(secure.server),
    ]);
    return all;
  };

  const expectation = (bytes: Uint8Array) => ({
    length: bytes.length,
    sha256: createHash("sha256").update(bytes).digest("hex"),
  });

  test.each([[0, MIB], [1000, 300_000], [SIZE - 5, MIB], [7, 4_000_000]])(
    "from %i on, %i bytes at a time",
    async (at, size) => {
      const all = await received((server) =>
        sendAll(server, fileOf(whole), at, size)
      );
      if (all === undefined) return;
      expect(all).toEqual(expectation(whole.subarray(at)));
    },
  );

  test("many at once, to peers that are late, are kept apart", async () => {
    const many = Array.from({ length: 12 }, (_, at) => whole.subarray(at * 99));
    const upgrades = await Promise.all(many.map(() => secured(fixture)));
    try {
      if (upgrades[0]?.server.sendFile === undefined) return;
      const sent = upgrades.map(({ server }, at) =>
        sendAll(server, fileOf(many[at]!), 0, at % 2 === 0 ? MIB : 100_000)
      );
      // Until nobody can send any more.
      await turn();
      const all = await Promise.all(
        upgrades.map(({ peer }) => peer.do("receiveBytes")),
      );
      await Promise.all(sent);
      expect(all).toEqual(many.map(expectation));
    } finally {
      for (const upgrade of upgrades) upgrade[Symbol.dispose]();
    }
  });

  test("at the end and behind it there is nothing", async () => {
    const file = fileOf(whole);
    const all = await received(async (server) => {
      const sendFile = server.sendFile as SendFile;
      expect(await sendFile(file, SIZE, 10)).toBe(0);
      expect(await sendFile(file, SIZE + 10, 10)).toBe(0);
      expect(await sendFile(file, 0, 0)).toBe(0);
      await server.closeWrite();
    });
    if (all === undefined) return;
    expect(all).toEqual(expectation(new Uint8Array()));
  });

  test("a file that is cut short meanwhile ends there", async () => {
    const name = `file${opened.length}`;
    const file = fileOf(whole);
    const all = await received(async (server) => {
      const sent = await (server.sendFile as SendFile)(file, 0, MIB);
      truncateSync(folder.at(name), 2 * MIB);
      await sendAll(server, file, sent);
    });
    if (all === undefined) return;
    expect(all).toEqual(expectation(whole.subarray(0, 2 * MIB)));
  });

  test("what cannot be read at once is left to the file", async () => {
    const asked: number[] = [];
    const read = (into: Uint8Array, at: number) => {
      asked.push(at);
      into.set(whole.subarray(at, at + into.length));
      return Promise.resolve(Math.min(into.length, SIZE - at));
    };
    // Not open for reading.
    const all = await received((server) =>
      sendAll(server, fileOf(whole, { read }, "a"), SIZE - 100_000)
    );
    if (all === undefined) return;
    expect(all).toEqual(expectation(whole.subarray(SIZE - 100_000)));
    expect(asked[0]).toBe(SIZE - 100_000);
  });

  test("a file without a descriptor has to be copied", async () => {
    await received(async (server) => {
      const file = fileOf(whole, { fd: undefined });
      const sending = (server.sendFile as SendFile)(file, 0, 10);
      expect(await codeOf(sending)).toBe("unsupported");
      await server.write(whole.subarray(0, 10));
      await server.closeWrite();
    });
  });

  test("an error of the file is the caller's", async () => {
    await received(async (server) => {
      const read = () => Promise.reject(new Error("input/output error"));
      const file = fileOf(whole, { read }, "a");
      await expect((server.sendFile as SendFile)(file, 0, 10))
        .rejects.toThrow("input/output error");
      await server.closeWrite();
    });
  });

  test("it is a write like others", async () => {
    using secure = await secured(fixture);
    const { server } = secure;
    const { sendFile } = server;
    if (sendFile === undefined) return;
    const file = fileOf(whole);
    // Nobody reads.
    const writing = server.write(pattern(32 * MIB));
    expect(await codeOf(sendFile(file, 0, 10))).toBe("other");
    server.close();
    expect(await codeOf(writing)).toBe("closed");
    expect(await codeOf(sendFile(file, 0, 10))).toBe("closed");
  });

  test("close() while it waits for the peer ends it", async () => {
    using secure = await secured(fixture);
    const { server } = secure;
    const { sendFile } = server;
    if (sendFile === undefined) return;
    const file = fileOf(whole);
    const sending = codeOf((async () => {
      for (;;) await sendFile(file, 0, MIB);
    })());
    await new Promise((resolve) => setTimeout(resolve, 300));
    server.close();
    expect(await sending).toBe("closed");
  });
}

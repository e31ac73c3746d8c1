// Files from real sockets by splice(2).

import {
  appendFileSync,
  closeSync,
  openSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { Buffer } from "node:buffer";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bunTransport } from "../../adapters/_bun_transport.ts";
import { denoTransport } from "../../adapters/_deno_transport.ts";
import { nodeTransport } from "../../adapters/_node_transport.ts";
import { sendfileBinding } from "../../adapters/_sendfile_binding.ts";
import { FileError } from "../../lib/base/errors.ts";
import type { FileHandle } from "../../lib/spi/file_system.ts";
import type { Connection, Transport } from "../../lib/spi/transport.ts";
import { TemporaryFolder } from "../support/files.ts";
import { adapterFileSystem } from "./_adapter_file_system.ts";
import { nativeFixture } from "./_native_fixture.ts";
import {
  acceptRaw,
  codeOf,
  makePair,
  MIB,
  pattern,
  readAll,
  settled,
  turn,
} from "./_transport_fixture.ts";

const SIZE = 12 * MIB + 3;
const BULK = { bulk: true };

if (sendfileBinding() !== null) {
  // The sockets of Bun's node:net read ahead.
  if (!("Bun" in globalThis)) describeReceiving("node", nodeTransport);
  if ("Deno" in globalThis) describeReceiving("deno", denoTransport);
  if ("Bun" in globalThis) describeReceiving("bun", bunTransport);
}

function describeReceiving(name: string, make: () => Transport): void {
  describe(`receiveFile of ${name}`, () => {
    const bytes = pattern(SIZE);
    let transport: Transport;
    let folder: TemporaryFolder;

    beforeAll(() => {
      transport = make();
      folder = new TemporaryFolder();
    });

    afterAll(() => folder.remove());

    const open = (path: string): Promise<FileHandle> =>
      adapterFileSystem(folder.path).open(path, {
        access: "write",
        create: "always",
        truncate: false,
      });

    const held = (path: string): Uint8Array =>
      new Uint8Array(readFileSync(folder.at(path)));

    test("a whole file arrives, most of it not by way of write()", async () => {
      using pair = await makePair(transport, BULK);
      const file = await open("/whole");
      let copied = 0;
      const counted: FileHandle = Object.assign(Object.create(file), {
        writeNow: (piece: Uint8Array, position: number) =>
          file.writeNow!(piece, position),
        write(piece: Uint8Array, position: number) {
          // Only when the machine is too busy to be quick.
          copied += piece.length;
          return file.write(piece, position);
        },
      });
      const sending = sendAll(pair.client, bytes, SIZE);
      expect(await receive(pair.server, counted)).toBe(SIZE);
      expect(copied).toBeLessThan(SIZE * 0.75);
      await sending;
      await file.close();
      expect(same(held("whole"), bytes)).toBe(true);
    });

    test("in drops and torrents, with pauses", async () => {
      using pair = await makePair(transport, BULK);
      const file = await open("/drops");
      const drip = async () => {
        let at = 0;
        for (let round = 0; at < 3 * MIB; round++) {
          const size = [1, 70_000, 3, 300_000, 16_384, 16_385][round % 6]!;
          await pair.client.write(bytes.subarray(at, at + size));
          at += size;
          if (round % 3 === 0) await turn(round % 5);
        }
        await pair.client.closeWrite();
        return at;
      };
      const [sent, received] = await Promise.all([
        drip(),
        receive(pair.server, file),
      ]);
      expect(received).toBe(sent);
      await file.close();
      expect(same(held("drops"), bytes.subarray(0, sent))).toBe(true);
    });

    test("between reads, at any place of the file", async () => {
      using pair = await makePair(transport, BULK);
      writeFileSync(folder.at("places"), "........");
      const file = await open("/places");
      const say = (text: string) =>
        pair.client.write(new TextEncoder().encode(text));
      await say("ab");
      expect(await text(pair.server.read())).toBe("ab");
      await say("cd");
      expect(await pair.server.receiveFile!(file, 5)).toBe(2);
      await say("ef");
      expect(await text(pair.server.read())).toBe("ef");
      await say("g");
      await pair.client.closeWrite();
      expect(await pair.server.receiveFile!(file, 10)).toBe(1);
      expect(await pair.server.receiveFile!(file, 11)).toBe(0);
      expect(await pair.server.receiveFile!(file, 11)).toBe(0);
      expect(await pair.server.read()).toBeNull();
      await file.close();
      expect(readFileSync(folder.at("places"), "latin1"))
        .toBe(".....cd.\0\0g");
    });

    test("beyond 4 GiB", async () => {
      using pair = await makePair(transport, BULK);
      const file = await open("/far");
      const far = 5 * 2 ** 30 + 3;
      const sending = sendAll(pair.client, bytes, 300_000);
      expect(await receive(pair.server, file, far)).toBe(300_000);
      await sending;
      await file.close();
      expect(statSync(folder.at("far")).size).toBe(far + 300_000);
    });

    test("a peer that breaks off is a reset, never an end", async () => {
      const fixture = nativeFixture(transport, false);
      const file = await open("/reset");
      for (let round = 0; round < 12; round++) {
        const { server, peer } = await acceptRaw(fixture, BULK);
        peer.write(bytes.subarray(0, 1000 + round * 50_000));
        const receiving = codeOf(receive(server, file));
        await turn(round % 4);
        peer.reset();
        expect(await receiving).toBe("reset");
        server.close();
      }
      await file.close();
    });

    test("close() ends it at any point, and no descriptor stays", async () => {
      const { handles } = nativeFixture(transport, false);
      const file = await open("/closed");
      const before = await settled(handles!);
      for (let round = 0; round < 12; round++) {
        using pair = await makePair(transport, BULK);
        const sending = sendAll(pair.client, bytes, SIZE).catch(() => {});
        const receiving = codeOf(receive(pair.server, file));
        await turn(round % 4);
        pair.server.close();
        expect(await receiving).toBe("closed");
        expect(await codeOf(receive(pair.server, file))).toBe("closed");
        await sending;
      }
      expect(await settled(handles!)).toBe(before);
      await file.close();
    });

    test("a file that takes no splice loses nothing", async () => {
      using pair = await makePair(transport, BULK);
      writeFileSync(folder.at("log"), "");
      // The system refuses it for files that are open for appending.
      const fd = openSync(folder.at("log"), "a");
      const file = {
        fd,
        size: 0,
        write: (piece: Uint8Array) =>
          Promise.resolve(appendFileSync(folder.at("log"), piece)),
      } as unknown as FileHandle;
      const sending = sendAll(pair.client, bytes, 2 * MIB);
      let at = 0;
      let end: string | null = null;
      while (end === null) {
        try {
          at += await pair.server.receiveFile!(file, at);
        } catch (error) {
          end = (error as { code: string }).code;
        }
      }
      expect(end).toBe("unsupported");
      expect(statSync(folder.at("log")).size).toBe(at);
      // What is left can be read as ever.
      const rest = await readAll(pair.server);
      await sending;
      closeSync(fd);
      const all = held("log");
      expect(all.length + rest.length).toBe(2 * MIB);
      expect(same(all, bytes.subarray(0, at))).toBe(true);
      expect(same(rest, bytes.subarray(at, 2 * MIB))).toBe(true);
    });

    test("a full disk is the file's error", async () => {
      using pair = await makePair(transport, BULK);
      const fd = openSync("/dev/full", "w");
      const full = new FileError("no-space", "Cannot write: no space");
      const file = {
        fd,
        size: 0,
        write: () => Promise.reject(full),
      } as unknown as FileHandle;
      const sending = sendAll(pair.client, bytes, 2 * MIB).catch(() => {});
      await expect(receive(pair.server, file)).rejects.toBe(full);
      pair.server.close();
      pair.client.close();
      await sending;
      closeSync(fd);
    });

    test("only one read is under way", async () => {
      using pair = await makePair(transport, BULK);
      const file = await open("/two");
      const receiving = pair.server.receiveFile!(file, 0);
      expect(await codeOf(pair.server.receiveFile!(file, 0))).toBe("other");
      await pair.client.write(Uint8Array.of(1));
      expect(await receiving).toBe(1);
      await file.close();
    });

    test("many at once have a turn, and their bytes stay apart", async () => {
      const pairs = await Promise.all(
        Array.from({ length: 20 }, () => makePair(transport, BULK)),
      );
      await Promise.all(pairs.map(async (pair, index) => {
        const file = await open(`/many${index}`);
        const own = bytes.subarray(index * 1000);
        const length = MIB + index;
        const sending = sendAll(pair.client, own, length);
        expect(await receive(pair.server, file)).toBe(length);
        await sending;
        await file.close();
        expect(same(held(`many${index}`), own.subarray(0, length)))
          .toBe(true);
      }));
      for (const pair of pairs) pair[Symbol.dispose]();
    });
  });
}

/** Receives to the end; answers how much that was. */
async function receive(
  connection: Connection,
  file: FileHandle,
  from = 0,
): Promise<number> {
  let at = from;
  for (;;) {
    const received = await connection.receiveFile!(file, at);
    if (received === 0) return at - from;
    at += received;
  }
}

async function sendAll(
  connection: Connection,
  bytes: Uint8Array,
  length: number,
): Promise<void> {
  for (let at = 0; at < length; at += 100_000) {
    const end = Math.min(length, at + 100_000);
    await connection.write(bytes.subarray(at, end));
  }
  await connection.closeWrite();
}

async function text(reading: Promise<Uint8Array | null>): Promise<string> {
  return new TextDecoder().decode(await reading ?? new Uint8Array(0));
}

function same(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0;
}

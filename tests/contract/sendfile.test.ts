// Files on real sockets by sendfile(2).

import {
  appendFileSync,
  closeSync,
  openSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import process from "node:process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bunTransport } from "../../adapters/_bun_transport.ts";
import { denoTransport } from "../../adapters/_deno_transport.ts";
import { nodeTransport } from "../../adapters/_node_transport.ts";
import { sendfileBinding } from "../../adapters/_sendfile_binding.ts";
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
  patternAt,
  readAll,
  readBytes,
  readPattern,
  settled,
  turn,
} from "./_transport_fixture.ts";

const WRITE = { access: "write", create: "always", truncate: false } as const;

const SIZE = 12 * MIB + 3;

test.runIf(process.platform === "linux" && process.arch === "x64")(
  "this runtime can call sendfile(2)",
  () => {
    expect(sendfileBinding()).not.toBeNull();
  },
);

test("files have a descriptor where it is of use", async () => {
  const folder = new TemporaryFolder();
  writeFileSync(folder.at("full"), "full");
  writeFileSync(folder.at("empty"), "");
  const here = adapterFileSystem(folder.path);
  const pooled = adapterFileSystem(folder.path, { blocking: false });
  const read = { access: "read" } as const;
  for (
    const [opened, isExpected] of [
      [here.open("/full", read), true],
      [here.open("/empty", read), false],
      [here.open("/full", WRITE), true],
      [here.open("/empty", WRITE), true],
      [here.open("/full", { access: "append" }), false],
      [pooled.open("/full", WRITE), false],
      // Reading may take long, and everybody would wait.
      [pooled.open("/full", read), false],
    ] as const
  ) {
    const file = await opened;
    expect(file.fd !== undefined).toBe(isExpected);
    await file.close();
    expect(file.fd).toBeUndefined();
  }
  folder.remove();
});

if (sendfileBinding() !== null) {
  describeSendfile("node", nodeTransport);
  if ("Deno" in globalThis) describeSendfile("deno", denoTransport);
  if ("Bun" in globalThis) describeSendfile("bun", bunTransport);
}

function describeSendfile(name: string, make: () => Transport): void {
  describe(`sendFile of ${name}`, () => {
    let transport: Transport;
    let folder: TemporaryFolder;

    beforeAll(() => {
      transport = make();
      folder = new TemporaryFolder();
      const bytes = new Uint8Array(SIZE);
      for (let at = 0; at < SIZE; at++) bytes[at] = patternAt(at);
      writeFileSync(folder.at("pattern"), bytes);
    });

    afterAll(() => folder.remove());

    const open = (path: string): Promise<FileHandle> =>
      adapterFileSystem(folder.path).open(path, { access: "read" });

    test("a whole file arrives, most of it not by way of us", async () => {
      using pair = await makePair(transport, { bulk: true });
      const file = await open("/pattern");
      let copied = 0;
      const counted: FileHandle = Object.assign(Object.create(file), {
        async read(into: Uint8Array, position: number) {
          const count = await file.read(into, position);
          copied += count;
          return count;
        },
      });
      const received = readPattern(pair.client);
      expect(await send(pair.server, counted)).toBe(SIZE);
      await pair.server.closeWrite();
      expect(await received).toBe(SIZE);
      expect(copied).toBeLessThan(SIZE * 0.75);
      await file.close();
    });

    test("so it does at a slow reader", async () => {
      using pair = await makePair(transport, { bulk: true });
      const file = await open("/pattern");
      let chunks = 0;
      const received = readPattern(
        pair.client,
        () => chunks++ % 32 === 0 ? turn(2) : Promise.resolve(),
      );
      expect(await send(pair.server, file)).toBe(SIZE);
      await pair.server.closeWrite();
      expect(await received).toBe(SIZE);
      await file.close();
    });

    test("from any place on, in pieces, between writes", async () => {
      using pair = await makePair(transport, { bulk: true });
      const file = await open("/pattern");
      const { client, server } = pair;
      const received = readAll(client);
      const expected: number[] = [];
      for (const [offset, length] of [[0, 1], [SIZE - 1, 1], [9, 999]]) {
        await server.write(Uint8Array.of(1, 2));
        expected.push(1, 2);
        expect(await server.sendFile!(file, offset!, length!)).toBe(length);
        for (let at = 0; at < length!; at++) {
          expected.push(patternAt(offset! + at));
        }
      }
      expect(await server.sendFile!(file, SIZE, 10)).toBe(0);
      expect(await server.sendFile!(file, SIZE + 10, 10)).toBe(0);
      await server.closeWrite();
      expect([...await received]).toEqual(expected);
      await file.close();
    });

    test("beyond 4 GiB", async () => {
      const far = 5 * 2 ** 30 + 3;
      writeFileSync(folder.at("far"), "");
      truncateSync(folder.at("far"), far);
      appendFileSync(folder.at("far"), "far away");
      using pair = await makePair(transport, { bulk: true });
      const file = await open("/far");
      expect(file.size).toBe(far + 8);
      const received = readAll(pair.client);
      expect(await send(pair.server, file, far - 200_000)).toBe(200_008);
      await pair.server.closeWrite();
      const bytes = await received;
      expect(bytes.length).toBe(200_008);
      expect(new TextDecoder().decode(bytes.subarray(199_999)))
        .toBe("\0far away");
      expect(bytes.subarray(0, 199_999).every((byte) => byte === 0)).toBe(true);
      await file.close();
    });

    test("a file that is cut off ends there, one that grows later", async () => {
      for (const change of ["shorter", "longer"]) {
        writeFileSync(folder.at("changing"), new Uint8Array(8 * MIB));
        using pair = await makePair(transport, { bulk: true });
        const file = await open("/changing");
        // Nobody reads: far less than the file has gone out by then.
        let at = await pair.server.sendFile!(file, 0, MIB);
        const end = change === "shorter" ? at + 1000 : 8 * MIB + 1000;
        if (change === "shorter") truncateSync(folder.at("changing"), end);
        else appendFileSync(folder.at("changing"), new Uint8Array(1000));
        const received = readAll(pair.client);
        at += await send(pair.server, file, at);
        expect(at).toBe(end);
        await pair.server.closeWrite();
        expect((await received).length).toBe(end);
        await file.close();
      }
    });

    test("close() ends it at any point, and no descriptor stays", async () => {
      const { handles } = nativeFixture(transport, false);
      const file = await open("/pattern");
      const before = await settled(handles!);
      for (let slices = 0; slices < 12; slices++) {
        using pair = await makePair(transport, { bulk: true });
        let at = 0;
        for (let slice = 0; slice < slices % 4; slice++) {
          at += await pair.server.sendFile!(file, at, 300_000);
        }
        const sending = codeOf(send(pair.server, file, at));
        if (slices >= 4) await turn(slices);
        pair.server.close();
        expect(await sending).toBe("closed");
        expect(await codeOf(send(pair.server, file))).toBe("closed");
      }
      expect(await settled(handles!)).toBe(before);
      await file.close();
    });

    test("a peer that breaks off is a reset", async () => {
      const fixture = nativeFixture(transport, false);
      const file = await open("/pattern");
      for (let round = 0; round < 4; round++) {
        const { server, peer } = await acceptRaw(fixture);
        const reading = server.read();
        reading.catch(() => {});
        const sending = codeOf(send(server, file));
        await turn(round * 5);
        peer.reset();
        // A write of Bun's own that meets a reset is told of a mere end.
        expect(name === "bun" ? ["reset", "closed"] : ["reset"])
          .toContain(await sending);
        server.close();
      }
      await file.close();
    });

    test("what the system refuses is unsupported, and harmless", async () => {
      using pair = await makePair(transport, { bulk: true });
      const fd = openSync(folder.at("write-only"), "w");
      const file = { fd, size: 10 } as FileHandle;
      const sent = pair.server.sendFile!(file, 0, 10);
      expect(await codeOf(sent)).toBe("unsupported");
      closeSync(fd);
      await pair.server.write(Uint8Array.of(5));
      expect([...await readBytes(pair.client, 1)]).toEqual([5]);
    });

    test("a write that is under way is not mixed with it", async () => {
      using pair = await makePair(transport, { bulk: true });
      const file = await open("/pattern");
      await pair.server.sendFile!(file, 0, 1);
      // Far more than fits.
      const writing = pair.server.write(new Uint8Array(16 * MIB));
      expect(await codeOf(pair.server.sendFile!(file, 0, 10))).toBe("other");
      const bytes = await readBytes(pair.client, 16 * MIB + 1);
      await writing;
      expect(bytes.every((byte) => byte === 0)).toBe(true);
      expect(await pair.server.sendFile!(file, 0, 10)).toBe(10);
      await file.close();
    });

    test("after closeWrite() nothing is sent", async () => {
      using pair = await makePair(transport, { bulk: true });
      const file = await open("/pattern");
      await pair.server.sendFile!(file, 0, 10);
      await pair.server.closeWrite();
      expect(await codeOf(pair.server.sendFile!(file, 0, 10))).toBe("closed");
      expect((await readAll(pair.client)).length).toBe(10);
      await file.close();
    });
  });
}

/** Sends everything from a place on; answers how much that was. */
async function send(
  connection: Connection,
  file: FileHandle,
  from = 0,
): Promise<number> {
  let at = from;
  for (;;) {
    const sent = await connection.sendFile!(file, at, MIB);
    if (sent === 0) return at - from;
    at += sent;
  }
}

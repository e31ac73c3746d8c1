import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { afterAll, expect, test } from "vitest";
import type { FileHandle } from "../../lib/spi/file_system.ts";
import type { Connection } from "../../lib/spi/transport.ts";
import { TemporaryFolder } from "../support/files.ts";
import { adapterFileSystem } from "./_adapter_file_system.ts";
import { type Secured, secured } from "./_tls_fixture.ts";
import {
  codeOf,
  MIB,
  readBytes,
  text,
  type TransportFixture,
  turn,
} from "./_transport_fixture.ts";

const SIZE = 5 * MIB + 3;

/** Files that a connection decrypts and writes itself, where it can. */
export function testTlsUploads(fixture: TransportFixture): void {
  const folder = new TemporaryFolder();
  afterAll(() => folder.remove());
  let files = 0;

  const create = async (): Promise<{ path: string; file: FileHandle }> => {
    const path = `/file${files++}`;
    const file = await adapterFileSystem(folder.path).open(path, {
      access: "write",
      create: "always",
      truncate: false,
    });
    return { path: folder.at(path.slice(1)), file };
  };

  /** Receives to the end from `at` on; answers where the end is. */
  const receiveAll = async (
    server: Connection,
    file: FileHandle,
    at = 0,
  ): Promise<number> => {
    for (;;) {
      const count = await server.receiveFile!(file, at);
      if (count === 0) return at;
      at += count;
    }
  };

  /** Does nothing where there is no `receiveFile`. */
  const uploading = async (
    work: (secure: Secured, file: FileHandle, path: string) => Promise<void>,
  ): Promise<void> => {
    using secure = await secured(fixture);
    if (secure.server.receiveFile === undefined) return;
    const { file, path } = await create();
    try {
      await work(secure, file, path);
    } finally {
      await file.close();
    }
  };

  /** What was sent, as a hash. */
  const send = async ({ peer }: Secured, length: number): Promise<unknown> => {
    const sent = await peer.do("sendBytes", length);
    await peer.do("notify");
    return sent;
  };

  const held = (path: string): string =>
    createHash("sha256").update(readFileSync(path)).digest("hex");

  test("nothing encrypted gets into a file", () =>
    uploading(async (secure, file, path) => {
      const [end, sent] = await Promise.all([
        receiveAll(secure.server, file),
        send(secure, SIZE),
      ]);
      expect(end).toBe(SIZE);
      expect(held(path)).toBe(sent);
      expect(await secure.server.receiveFile!(file, end)).toBe(0);
      expect(await secure.server.read()).toBeNull();
    }));

  test("between reads, at any place of the file", () =>
    uploading(async ({ server, peer }, file, path) => {
      writeFileSync(path, "........");
      await peer.do("send", "ab");
      expect(await readBytes(server, 2)).toEqual(text("ab"));
      await peer.do("send", "cd");
      expect(await server.receiveFile!(file, 5)).toBe(2);
      await peer.do("send", "ef");
      expect(await readBytes(server, 2)).toEqual(text("ef"));
      await peer.do("send", "g");
      await peer.do("notify");
      expect(await server.receiveFile!(file, 7)).toBe(1);
      expect(await server.receiveFile!(file, 8)).toBe(0);
      expect(readFileSync(path, "latin1")).toBe(".....cdg");
    }));

  test("by write() when nothing can be written on the spot", () =>
    uploading(async (secure, file, path) => {
      const asked: number[] = [];
      const [end, sent] = await Promise.all([
        receiveAll(secure.server, slowly(file, asked)),
        send(secure, SIZE),
      ]);
      expect(end).toBe(SIZE);
      expect(asked[0]).toBe(0);
      expect(held(path)).toBe(sent);
    }));

  test("what came before a bad end is in the file", () =>
    uploading(async ({ server, peer }, file, path) => {
      const length = 2 * MIB;
      const ending = (async () => {
        let at = 0;
        try {
          for (;;) at += await server.receiveFile!(file, at);
        } catch (error) {
          return [at, (error as { code?: string }).code];
        }
      })();
      const sent = await peer.do("sendBytes", length);
      await peer.do("half", "x".repeat(1000));
      await peer.do("fin");
      expect(await ending).toEqual([length, "truncated"]);
      expect(held(path)).toBe(sent);
    }));

  test("an error of the file is the caller's", () =>
    uploading(async ({ server, peer }, file) => {
      const full = Object.assign(Object.create(file), {
        writeNow: () => false,
        write: () => Promise.reject(new Error("disk full")),
      });
      await peer.do("sendBytes", 1000);
      await expect(server.receiveFile!(full, 0)).rejects.toThrow("disk full");
    }));

  test("it is a read like others", () =>
    uploading(async ({ server }, file) => {
      const receiving = server.receiveFile!(file, 0);
      expect(await codeOf(server.read())).toBe("other");
      expect(await codeOf(server.receiveFile!(file, 0))).toBe("other");
      server.close();
      expect(await codeOf(receiving)).toBe("closed");
      expect(await codeOf(server.receiveFile!(file, 0))).toBe("closed");
    }));

  test("several at once are kept apart", async () => {
    const all = await Promise.all(
      Array.from({ length: 6 }, () => secured(fixture)),
    );
    try {
      if (all[0]?.server.receiveFile === undefined) return;
      await Promise.all(all.map(async ({ server, peer }, index) => {
        const sent = numbered("abcdef".charAt(index));
        const { file, path } = await create();
        // Half of them keep what they were given for a while.
        const target = index % 2 === 0 ? file : slowly(file);
        const receiving = receiveAll(server, target);
        await peer.do("send", sent);
        await peer.do("notify");
        expect(await receiving).toBe(sent.length);
        expect(readFileSync(path, "latin1") === sent).toBe(true);
        await file.close();
      }));
    } finally {
      for (const secure of all) secure[Symbol.dispose]();
    }
  });
}

/** About 5 MiB in which no two places look alike, nor two letters' texts. */
function numbered(letter: string): string {
  return Array.from({ length: 700_000 }, (_, at) => letter + at).join("");
}

/** The same file, which writes nothing on the spot. */
function slowly(file: FileHandle, asked: number[] = []): FileHandle {
  return Object.assign(Object.create(file), {
    writeNow: () => false,
    write: async (bytes: Uint8Array, at: number) => {
      asked.push(at);
      await turn(1);
      await file.write(bytes, at);
    },
  });
}

import type { AddCase } from "./cases.ts";
import { expect } from "./expect.ts";
import type { OpenMode } from "../spi/file_system.ts";
import {
  APPEND,
  bytesOf,
  expectCode,
  type FullFixture,
  get,
  NEW,
  put,
  READ,
  REPLACE,
  RESTART,
} from "./file_system_fixture.ts";

/** Opening, reading, writing, closing. */
export function contentsCases(test: AddCase<FullFixture>): void {
  test("what was written is what is read, at any position", async ({ fileSystem }) => {
    await put(fileSystem, "/f", "0123456789");
    const file = await fileSystem.open("/f", READ);
    expect(file.size).toBe(10);
    for (let position = 0; position <= 12; position++) {
      const into = new Uint8Array(4);
      const length = await file.read(into, position);
      const text = new TextDecoder().decode(into.subarray(0, length));
      expect(text).toBe("0123456789".slice(position, position + 4));
    }
    expect(await file.read(new Uint8Array(0), 3)).toBe(0);
    await file.close();
  });

  test("a read fills a large buffer as far as the file goes", async ({ fileSystem }) => {
    const content = "x".repeat(300_000);
    await put(fileSystem, "/f", content);
    const file = await fileSystem.open("/f", READ);
    const into = new Uint8Array(1 << 20);
    expect(await file.read(into, 0)).toBe(300_000);
    expect(await file.read(into, 300_000)).toBe(0);
    await file.close();
  });

  test("several reads may be under way, also of one buffer", async ({ fileSystem }) => {
    await put(fileSystem, "/f", "0123456789");
    const file = await fileSystem.open("/f", READ);
    const whole = new Uint8Array(10);
    const parts = [0, 3, 6, 9].map((at) => {
      return file.read(whole.subarray(at, at + 3), at);
    });
    expect(await Promise.all(parts)).toEqual([3, 3, 3, 1]);
    expect(new TextDecoder().decode(whole)).toBe("0123456789");
    await file.close();
  });

  test("a file is seen to grow by who has it open", async ({ fileSystem }) => {
    await put(fileSystem, "/f", "abc");
    const reader = await fileSystem.open("/f", READ);
    const writer = await fileSystem.open("/f", APPEND);
    await writer.write(bytesOf("def"), 0);
    await writer.close();
    const into = new Uint8Array(3);
    expect(reader.size).toBe(3);
    expect(await reader.read(into, 3)).toBe(3);
    await reader.close();
  });

  test("writing nothing changes nothing, behind the end too", async ({ fileSystem }) => {
    await put(fileSystem, "/f", "abc");
    const file = await fileSystem.open("/f", RESTART);
    for (const position of [0, 3, 100]) {
      await file.write(new Uint8Array(0), position);
    }
    await file.close();
    expect((await fileSystem.stat("/f")).size).toBe(3);
    expect(await get(fileSystem, "/f")).toBe("abc");
  });

  test("writing with truncation replaces everything", async ({ fileSystem }) => {
    await put(fileSystem, "/f", "0123456789");
    const file = await fileSystem.open("/f", REPLACE);
    expect(file.size).toBe(0);
    await file.write(bytesOf("ab"), 0);
    await file.close();
    expect(await get(fileSystem, "/f")).toBe("ab");
  });

  test("writing without truncation keeps what is around", async ({ fileSystem }) => {
    await put(fileSystem, "/f", "0123456789");
    const file = await fileSystem.open("/f", RESTART);
    expect(file.size).toBe(10);
    await file.write(bytesOf("ZZ"), 3);
    await file.close();
    expect(await get(fileSystem, "/f")).toBe("012ZZ56789");
  });

  test("a gap before what is written reads as zeros", async ({ fileSystem }) => {
    await put(fileSystem, "/f", "ab");
    const file = await fileSystem.open("/f", RESTART);
    await file.write(bytesOf("c"), 5);
    await file.close();
    expect(await get(fileSystem, "/f")).toBe("ab\0\0\0c");
  });

  test("a file made smaller and larger again has no old bytes", async ({ fileSystem }) => {
    await put(fileSystem, "/f", "secret");
    const file = await fileSystem.open("/f", REPLACE);
    await file.write(bytesOf("x"), 5);
    await file.close();
    expect(await get(fileSystem, "/f")).toBe("\0\0\0\0\0x");
  });

  test("create: never answers not-found, and makes nothing", async ({ fileSystem }) => {
    await expectCode(fileSystem.open("/f", RESTART), "not-found");
    await expectCode(fileSystem.stat("/f"), "not-found");
  });

  test("create: new refuses an existing file and keeps it", async ({ fileSystem }) => {
    const file = await fileSystem.open("/f", NEW);
    await file.write(bytesOf("first"), 0);
    await file.close();
    await expectCode(fileSystem.open("/f", NEW), "exists");
    expect(await get(fileSystem, "/f")).toBe("first");
    await fileSystem.makeDirectory("/d");
    await expectCode(fileSystem.open("/d", NEW), "exists");
  });

  test("create: new succeeds for one of many at the same time", async ({ fileSystem }) => {
    const tries = Array.from({ length: 20 }, () => fileSystem.open("/f", NEW));
    const settled = await Promise.allSettled(tries);
    const won = settled.filter(({ status }) => status === "fulfilled");
    expect(won.length).toBe(1);
    for (const one of settled) {
      if (one.status === "fulfilled") await one.value.close();
      else expect(one.reason).toMatchObject({ code: "exists" });
    }
  });

  test("create: always lets many in at the same time", async ({ fileSystem }) => {
    const tries = Array.from(
      { length: 20 },
      () => fileSystem.open("/f", REPLACE),
    );
    for (const file of await Promise.all(tries)) await file.close();
    expect((await fileSystem.stat("/f")).size).toBe(0);
  });

  test("appending goes to the end, whatever position is named", async ({ fileSystem }) => {
    const first = await fileSystem.open("/f", APPEND);
    const second = await fileSystem.open("/f", APPEND);
    for (let round = 0; round < 20; round++) {
      await first.write(bytesOf("a"), 0);
      await second.write(bytesOf("b"), 7);
    }
    await first.close();
    await second.close();
    expect(await get(fileSystem, "/f")).toBe("ab".repeat(20));
    const third = await fileSystem.open("/f", APPEND);
    expect(third.size).toBe(40);
    await third.close();
  });

  test("appending from many sides at once loses nothing", async ({ fileSystem }) => {
    const files = await Promise.all(
      Array.from({ length: 8 }, () => fileSystem.open("/f", APPEND)),
    );
    await Promise.all(files.map(async (file, index) => {
      const line = bytesOf(`${index}`.repeat(999) + "\n");
      for (let round = 0; round < 10; round++) await file.write(line, 0);
    }));
    for (const file of files) await file.close();
    const lines = (await get(fileSystem, "/f")).trimEnd().split("\n");
    expect(lines.length).toBe(80);
    for (const line of lines) expect(line).toBe(line[0]!.repeat(999));
  });

  test("a folder is not opened", async ({ fileSystem }) => {
    await fileSystem.makeDirectory("/d");
    for (const path of ["/", "/d"]) {
      for (const mode of [READ, APPEND, REPLACE, RESTART]) {
        await expectCode(fileSystem.open(path, mode), "is-a-directory");
      }
    }
  });

  test("a pipe or device is not opened, and nobody waits", async ({ fileSystem, makeSpecial }) => {
    await makeSpecial("/p");
    for (const mode of [READ, APPEND, REPLACE, RESTART]) {
      await expectCode(fileSystem.open("/p", mode), "not-a-file");
    }
    await expectCode(fileSystem.open("/p", NEW), "exists");
    expect((await fileSystem.stat("/p")).kind).toBe("other");
  });

  test("nothing is opened below a missing folder or a file", async ({ fileSystem }) => {
    await put(fileSystem, "/f");
    for (const mode of [READ, APPEND, REPLACE, NEW, RESTART]) {
      await expectCode(fileSystem.open("/no/x", mode), "not-found");
      await expectCode(fileSystem.open("/f/x", mode), "not-a-directory");
    }
  });

  test("a closed file refuses, and closing twice is closing once", async ({ fileSystem }) => {
    await put(fileSystem, "/f", "abc");
    for (const mode of [READ, APPEND, RESTART] satisfies OpenMode[]) {
      const file = await fileSystem.open("/f", mode);
      await Promise.all([file.close(), file.close()]);
      await file.close();
      await expectCode(file.read(new Uint8Array(1), 0), "io");
      await expectCode(file.write(bytesOf("x"), 0), "io");
    }
    expect(await get(fileSystem, "/f")).toBe("abc");
  });

  test("close waits for what is under way", async ({ fileSystem }) => {
    const file = await fileSystem.open("/f", REPLACE);
    const chunk = new Uint8Array(1 << 20).fill(0x61);
    let written = 0;
    const writes = [0, 1, 2].map((at) => {
      return file.write(chunk, at * chunk.length).then(() => written++);
    });
    await file.close();
    expect(written).toBe(3);
    await Promise.all(writes);
    expect((await fileSystem.stat("/f")).size).toBe(3 << 20);
  });

  test("a handle opened for one thing refuses the other", async ({ fileSystem }) => {
    await put(fileSystem, "/f", "abc");
    const reader = await fileSystem.open("/f", READ);
    await expectCode(reader.write(bytesOf("x"), 0), "io");
    await reader.close();
    const writer = await fileSystem.open("/f", RESTART);
    await expectCode(writer.read(new Uint8Array(1), 0), "io");
    await writer.close();
    expect(await get(fileSystem, "/f")).toBe("abc");
  });

  test("a position that is none is refused", async ({ fileSystem }) => {
    await put(fileSystem, "/f", "abc");
    const file = await fileSystem.open("/f", READ);
    for (const position of [-1, 0.5, NaN, Infinity]) {
      await expectCode(file.read(new Uint8Array(1), position), "invalid");
    }
    await file.close();
  });

  test("a removed file is read to its end by who has it open", async ({ fileSystem }) => {
    await put(fileSystem, "/f", "still here");
    const file = await fileSystem.open("/f", READ);
    await fileSystem.remove("/f");
    const into = new Uint8Array(20);
    expect(await file.read(into, 0)).toBe(10);
    await file.close();
  });

  test("files of more than 4 GiB have positions and sizes", async ({ fileSystem, sparse }) => {
    if (!sparse) return;
    const far = 5 * 2 ** 30;
    await put(fileSystem, "/f", "start");
    const writer = await fileSystem.open("/f", RESTART);
    await writer.write(bytesOf("end"), far);
    await writer.close();
    expect((await fileSystem.stat("/f")).size).toBe(far + 3);
    const reader = await fileSystem.open("/f", READ);
    expect(reader.size).toBe(far + 3);
    const into = new Uint8Array(8);
    expect(await reader.read(into, far - 1)).toBe(4);
    expect(new TextDecoder().decode(into.subarray(0, 4))).toBe("\0end");
    await reader.close();
  });
}

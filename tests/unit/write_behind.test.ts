import { describe, expect, test } from "vitest";
import { equalBytes } from "../../lib/base/bytes.ts";
import {
  CHUNK_BYTES,
  LARGE_CHUNK_BYTES,
} from "../../lib/transfer/buffer_pool.ts";
import { WriteBehind } from "../../lib/transfer/write_behind.ts";
import type { FileHandle } from "../../lib/spi/file_system.ts";
import { FakeClock } from "../../adapters/_fake_clock.ts";
import { GatedFile, pattern, settle } from "./_gated_file.ts";

const EMPTY = new Uint8Array(0);

/** Pushes a copy of each piece and spoils it as soon as it was taken. */
async function pushAll(
  writer: WriteBehind,
  bytes: Uint8Array,
  pieceBytes: number,
): Promise<void> {
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    const borrowed = new Uint8Array(bytes.subarray(at, at + pieceBytes));
    await writer.push(borrowed);
    borrowed.fill(0xff);
  }
}

describe("WriteBehind", () => {
  const cases = [
    ...[1, 700, 1448].map((piece) => [5000, piece] as const),
    ...[4096, 65_535, 65_536].map((piece) => [900_000, piece] as const),
    ...[CHUNK_BYTES, CHUNK_BYTES + 1, 3_000_000].map((piece) =>
      [4_000_000, piece] as const
    ),
  ];
  test.each(cases)(
    "writes %d bytes in order that come %d at a time",
    async (length, pieceBytes) => {
      for (const frugal of [false, true]) {
        for (const position of [0, 10]) {
          const file = new GatedFile(EMPTY);
          const writer = new WriteBehind(file, position, frugal);
          const bytes = pattern(length);
          await pushAll(writer, bytes, pieceBytes);
          await writer.finish();
          await writer.release();
          const written = file.content.subarray(position);
          expect(equalBytes(written, bytes)).toBe(true);
          expect(file.faults).toEqual([]);
          const most = frugal ? CHUNK_BYTES : LARGE_CHUNK_BYTES;
          expect(Math.max(...file.lengths)).toBeLessThanOrEqual(most);
        }
      }
    },
  );

  test("asks a file again that did not take bytes at once", async () => {
    const bytes = pattern(20_000_000);
    const file = new GatedFile(EMPTY);
    const asked: [number, boolean][] = [];
    const writer = new WriteBehind(
      Object.assign(file, {
        // As one that has to do with a busy disk for the first 9 MB.
        writeNow(piece: Uint8Array, position: number): boolean {
          const isQuick = position > 9_000_000;
          asked.push([position, isQuick]);
          if (isQuick) void file.write(piece, position);
          return isQuick;
        },
      }),
      0,
    );
    await pushAll(writer, bytes, 250_000);
    await writer.finish();
    await writer.release();
    expect(equalBytes(file.content, bytes)).toBe(true);
    expect(file.faults).toEqual([]);
    const quick = asked.filter(([, isQuick]) => isQuick);
    // After 4 MiB, then after 8 more; and from then on always.
    expect(quick[0]?.[0]).toBe(12_500_000);
    expect(quick.length).toBe(30);
  });

  test("writes nothing where nothing came", async () => {
    const file = new GatedFile(EMPTY);
    const writer = new WriteBehind(file, 0);
    await writer.push(EMPTY);
    await writer.finish();
    await writer.release();
    expect(file.lengths).toEqual([]);
  });

  test("writes the first bytes at once", async () => {
    const file = new GatedFile(EMPTY);
    file.gated = true;
    const writer = new WriteBehind(file, 0);
    await writer.push(pattern(10));
    expect(file.lengths).toEqual([10]);
    (await file.next()).pass();
    await writer.release();
  });

  test("gathers what comes while it writes", async () => {
    const file = new GatedFile(EMPTY);
    file.gated = true;
    const writer = new WriteBehind(file, 0);
    await pushAll(writer, pattern(1000), 100);
    (await file.next()).pass();
    (await file.next()).pass();
    await writer.finish();
    await writer.release();
    expect(file.lengths).toEqual([100, 900]);
    expect(file.content).toEqual(pattern(1000));
  });

  test("writes more at once the more has come", async () => {
    const file = new GatedFile(EMPTY);
    file.gated = true;
    const writer = new WriteBehind(file, 0);
    let over = false;
    const pushing = pushAll(writer, pattern(6_000_000), 4096).then(() => {
      over = true;
    });
    while (!over) {
      // As much comes as there is room for, then a write ends.
      await settle();
      (await file.next()).pass();
    }
    await pushing;
    file.gated = false;
    for (const call of file.waiting.splice(0)) call.pass();
    await writer.finish();
    await writer.release();
    expect(file.lengths[0]).toBe(4096);
    expect(file.lengths[1]).toBe(CHUNK_BYTES);
    expect(Math.max(...file.lengths)).toBe(LARGE_CHUNK_BYTES);
    expect(equalBytes(file.content, pattern(6_000_000))).toBe(true);
  });

  test("keeps a little of a lot for more to come, or a moment", async () => {
    const file = new GatedFile(EMPTY);
    const clock = new FakeClock();
    const after = clock.after.bind(clock);
    const writer = new WriteBehind(file, 0, false, after);
    await pushAll(writer, pattern(LARGE_CHUNK_BYTES), LARGE_CHUNK_BYTES);
    await pushAll(writer, pattern(LARGE_CHUNK_BYTES), 65_536);
    await settle();
    const before = file.lengths.length;
    for (let held = 0; held < 7; held++) {
      await writer.push(pattern(65_536));
      await settle();
    }
    expect(file.lengths.length).toBe(before);
    await writer.push(pattern(65_536));
    expect(file.lengths.slice(before)).toEqual([LARGE_CHUNK_BYTES / 2]);
    await settle();
    await writer.push(pattern(10));
    await settle();
    expect(file.lengths.length).toBe(before + 1);
    await clock.advance(1000);
    expect(file.lengths.at(-1)).toBe(10);
    await writer.push(pattern(20));
    await writer.release();
    expect(file.lengths.at(-1)).toBe(20);
    expect(file.faults).toEqual([]);
  });

  test("stops taking when the file falls behind, at two buffers", async () => {
    for (const frugal of [false, true]) {
      const file = new GatedFile(EMPTY);
      const writer = new WriteBehind(file, 0, frugal);
      // What came before makes the buffers as large as they get.
      await pushAll(writer, new Uint8Array(4_000_000), 100_000);
      await writer.finish();
      file.gated = true;
      let taken = 0;
      const piece = new Uint8Array(100_000);
      const pushing = (async () => {
        for (let count = 0; count < 100; count++) {
          await writer.push(piece);
          taken += piece.length;
        }
      })();
      await settle();
      const size = frugal ? CHUNK_BYTES : LARGE_CHUNK_BYTES;
      expect(taken).toBeGreaterThan(size / 2);
      expect(taken).toBeLessThanOrEqual(2 * size);
      file.gated = false;
      (await file.next()).pass();
      await pushing;
      await writer.finish();
      await writer.release();
      expect(file.content.length).toBe(14_000_000);
    }
  });

  test("an error of a write is told by the next call", async () => {
    for (const call of ["push", "finish"] as const) {
      const file = new GatedFile(EMPTY);
      file.gated = true;
      const writer = new WriteBehind(file, 0);
      const error = new Error("the disk is full");
      await writer.push(pattern(10));
      (await file.next()).fail(error);
      // Nobody has asked for it yet: it is not unhandled.
      await settle();
      const told = call === "push" ? writer.push(pattern(1)) : writer.finish();
      await expect(told).rejects.toBe(error);
      await writer.release();
      expect(file.lengths).toEqual([10]);
    }
  });

  test("an error comes out of the calls that wait for the write", async () => {
    const file = new GatedFile(EMPTY);
    file.gated = true;
    const error = new Error("the disk is full");
    const writer = new WriteBehind(file, 0);
    await writer.push(pattern(10));
    const pushing = writer.push(new Uint8Array(2 * LARGE_CHUNK_BYTES));
    pushing.catch(() => {});
    await settle();
    (await file.next()).fail(error);
    await expect(pushing).rejects.toBe(error);
    await expect(writer.finish()).rejects.toBe(error);
    await writer.release();
    expect(file.lengths).toEqual([10]);
  });

  test("an error of the last write fails finish()", async () => {
    const file = new GatedFile(EMPTY);
    file.gated = true;
    const error = new Error("the disk is full");
    const writer = new WriteBehind(file, 0);
    await writer.push(pattern(10));
    await writer.push(pattern(20));
    const finishing = writer.finish();
    finishing.catch(() => {});
    (await file.next()).pass();
    (await file.next()).fail(error);
    await expect(finishing).rejects.toBe(error);
    await writer.release();
  });

  test("a file that throws at once fails too", async () => {
    const file = new GatedFile(EMPTY);
    file.write = () => {
      throw new Error("not with me");
    };
    const writer = new WriteBehind(file, 0);
    await writer.push(pattern(10));
    await expect(writer.finish()).rejects.toThrow("not with me");
    await writer.release();
  });

  test("release() waits for writes under way, however they end", async () => {
    for (const fails of [false, true]) {
      const file = new GatedFile(EMPTY);
      file.gated = true;
      const writer = new WriteBehind(file, 0);
      await writer.push(pattern(10));
      await writer.push(pattern(10));
      let released = false;
      const release = writer.release().then(() => {
        released = true;
      });
      const first = await file.next();
      await settle();
      expect(released).toBe(false);
      if (fails) first.fail(new Error("too late to matter"));
      else {
        first.pass();
        (await file.next()).pass();
      }
      await release;
      await file.close();
      expect(file.faults).toEqual([]);
    }
  });
});

describe("a file that writes at once", () => {
  /** Takes at most `most` bytes at once. */
  function quickFile(most: number) {
    const journal: string[] = [];
    const content: number[] = [];
    const put = (bytes: Uint8Array, position: number) => {
      bytes.forEach((byte, at) => content[position + at] = byte);
    };
    const file: FileHandle = {
      size: 0,
      read: () => Promise.reject(new Error("Cannot happen")),
      write(bytes, position) {
        journal.push(`write ${bytes.length}`);
        put(bytes, position);
        return Promise.resolve();
      },
      writeNow(bytes, position) {
        if (bytes.length > most) return false;
        journal.push(`now ${bytes.length}`);
        put(bytes, position);
        return true;
      },
      close: () => Promise.resolve(),
    };
    return { file, journal, content };
  }

  test("is given the bytes as they come", async () => {
    const { file, journal, content } = quickFile(100);
    const writer = new WriteBehind(file, 3);
    await pushAll(writer, pattern(250), 100);
    await writer.finish();
    await writer.release();
    expect(journal).toEqual(["now 100", "now 100", "now 50"]);
    expect(content.slice(3)).toEqual([...pattern(250)]);
  });

  test("may refuse, and nothing is lost or changes places", async () => {
    for (const most of [0, 10, 64, 99]) {
      const { file, content } = quickFile(most);
      const writer = new WriteBehind(file, 0);
      const bytes = pattern(5000);
      let at = 0;
      for (let turn = 0; at < bytes.length; turn++) {
        const size = [10, 64, 100, 7][turn % 4]!;
        await writer.push(bytes.slice(at, at + size));
        at += size;
      }
      await writer.finish();
      await writer.release();
      expect(content).toEqual([...bytes]);
    }
  });
});

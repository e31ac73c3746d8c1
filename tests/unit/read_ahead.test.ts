import { describe, expect, test } from "vitest";
import { concatBytes, equalBytes } from "../../lib/base/bytes.ts";
import {
  CHUNK_BYTES,
  LARGE_CHUNK_BYTES,
} from "../../lib/transfer/buffer_pool.ts";
import { ReadAhead } from "../../lib/transfer/read_ahead.ts";
import { GatedFile, pattern, settle } from "./_gated_file.ts";

/** All that comes, copied at once. */
async function readAll(reader: ReadAhead): Promise<Uint8Array[]> {
  const chunks: Uint8Array[] = [];
  for (;;) {
    const chunk = await reader.next();
    if (chunk === null) break;
    const copy = new Uint8Array(chunk);
    // Whoever reads ahead into this buffer is found out.
    await settle();
    expect(equalBytes(chunk, copy)).toBe(true);
    chunks.push(copy);
  }
  await reader.release();
  return chunks;
}

/** Compared by hand: `toEqual` takes seconds for a mebibyte. */
function expectWhole(
  chunks: readonly Uint8Array[],
  content: Uint8Array,
): void {
  expect(equalBytes(concatBytes(chunks), content)).toBe(true);
}

describe("ReadAhead.next()", () => {
  const sizes = [
    ...[0, 1, 4095, 4096, 4097, 65_534, 65_535, 65_536],
    ...[CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1],
    ...[LARGE_CHUNK_BYTES - 1, LARGE_CHUNK_BYTES, LARGE_CHUNK_BYTES + 1],
    2 * LARGE_CHUNK_BYTES + 70_000,
  ];
  test.each(sizes)("gives a file of %d bytes in order", async (size) => {
    for (const frugal of [false, true]) {
      const file = new GatedFile(pattern(size));
      const chunks = await readAll(new ReadAhead(file, 0, frugal));
      expectWhole(chunks, file.content);
      expect(file.faults).toEqual([]);
      for (const chunk of chunks) {
        expect(chunk.length).toBeLessThanOrEqual(
          frugal ? CHUNK_BYTES : LARGE_CHUNK_BYTES,
        );
      }
    }
  });

  test("begins at the position, and may begin at or behind the end", async () => {
    for (const at of [0, 1, 700, 999, 1000, 1001, 5000]) {
      const file = new GatedFile(pattern(1000));
      const chunks = await readAll(new ReadAhead(file, at));
      expectWhole(chunks, file.content.subarray(at));
    }
  });

  test("reads a small file once, into no more than it needs", async () => {
    const file = new GatedFile(pattern(20_000));
    await readAll(new ReadAhead(file, 0));
    expect(file.lengths).toEqual([20_001]);
  });

  test("a file that is said to be empty may hold a few kilobytes", async () => {
    const file = new GatedFile(pattern(1000), 0);
    await readAll(new ReadAhead(file, 0));
    expect(file.lengths[0]).toBe(4096);
  });

  test("sends what has grown since the file was opened", async () => {
    for (const size of [0, 1, 1000, 4096, CHUNK_BYTES, LARGE_CHUNK_BYTES]) {
      for (const more of [1, 1000, 2 * LARGE_CHUNK_BYTES]) {
        const file = new GatedFile(pattern(size + more), size);
        const chunks = await readAll(new ReadAhead(file, 0));
        expectWhole(chunks, file.content);
      }
    }
  });

  test("sends what is left of a file that was cut", async () => {
    for (const size of [1000, CHUNK_BYTES, 3 * LARGE_CHUNK_BYTES]) {
      const file = new GatedFile(pattern(700), size);
      const chunks = await readAll(new ReadAhead(file, 0));
      expectWhole(chunks, file.content);
    }
  });

  test("goes on after a short read, whatever the size was said to be", async () => {
    for (const size of [0, 5000, 9999, 10_000, 20_000]) {
      const file = new GatedFile(pattern(10_000), size);
      file.mostBytes = 700;
      const chunks = await readAll(new ReadAhead(file, 0));
      // Short at 5600, and so on: only at the very size would it be the end.
      expectWhole(chunks, file.content);
    }
  });

  test("reads one chunk ahead, and no further", async () => {
    const file = new GatedFile(pattern(4 * LARGE_CHUNK_BYTES));
    const reader = new ReadAhead(file, 0);
    await reader.next();
    await settle();
    expect(file.lengths).toHaveLength(2);
    await reader.next();
    await settle();
    expect(file.lengths).toHaveLength(3);
    await reader.release();
  });

  test("a slow reader of a huge file holds less than 4 MiB", async () => {
    const file = new GatedFile(new Uint8Array(0), 10 * 2 ** 30);
    file.read = (into) => Promise.resolve(into.length);
    const reader = new ReadAhead(file, 0);
    const buffers = new Set<ArrayBufferLike>();
    for (let count = 0; count < 10_240; count++) {
      buffers.add((await reader.next())!.buffer);
    }
    const held = [...buffers].reduce((sum, one) => sum + one.byteLength, 0);
    expect(held).toBeLessThan(4 * 1024 * 1024);
    await reader.release();
  });

  test("tells a failed read after what was read before it", async () => {
    for (const good of [0, 1, 2, 3]) {
      const file = new GatedFile(pattern(8 * LARGE_CHUNK_BYTES));
      file.gated = true;
      const reader = new ReadAhead(file, 0);
      const error = new Error("the disk is gone");
      void (async () => {
        for (let count = 0; count < good; count++) (await file.next()).pass();
        (await file.next()).fail(error);
      })();
      for (let count = 0; count < good; count++) {
        expect(await reader.next() === null).toBe(false);
        // An error that nobody has asked for yet is not unhandled either.
        await settle();
      }
      await expect(reader.next()).rejects.toBe(error);
      await reader.release();
      expect(file.faults).toEqual([]);
    }
  });

  test("a file that throws at once fails in its turn too", async () => {
    const file = new GatedFile(pattern(3 * LARGE_CHUNK_BYTES));
    const read = file.read.bind(file);
    file.read = (into, position) => {
      if (position > 0) throw new Error("not again");
      return read(into, position);
    };
    const reader = new ReadAhead(file, 0);
    expect(await reader.next() === null).toBe(false);
    await expect(reader.next()).rejects.toThrow("not again");
    await reader.release();
  });
});

describe("ReadAhead.release()", () => {
  test("waits for the read that is under way, however it ends", async () => {
    for (const fails of [false, true]) {
      const file = new GatedFile(pattern(4 * LARGE_CHUNK_BYTES));
      file.gated = true;
      const reader = new ReadAhead(file, 0);
      const first = reader.next();
      (await file.next()).pass();
      await first;
      const ahead = await file.next();
      let released = false;
      const release = reader.release().then(() => {
        released = true;
      });
      await settle();
      expect(released).toBe(false);
      if (fails) ahead.fail(new Error("too late to matter"));
      else ahead.pass();
      await release;
      await file.close();
      expect(file.faults).toEqual([]);
      expect(await reader.next()).toBeNull();
    }
  });

  test("does nothing where nothing was read", async () => {
    const file = new GatedFile(pattern(10));
    await new ReadAhead(file, 0).release();
    expect(file.lengths).toEqual([]);
  });
});

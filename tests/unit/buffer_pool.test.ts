import { describe, expect, test } from "vitest";
import {
  CHUNK_BYTES,
  LARGE_CHUNK_BYTES,
  TransferBuffers,
} from "../../lib/transfer/buffer_pool.ts";

describe("TransferBuffers.take()", () => {
  test("makes little buffers to measure", () => {
    const buffers = new TransferBuffers();
    expect(buffers.take(0).length).toBe(1);
    expect(buffers.take(1025).length).toBe(1025);
    expect(buffers.take(65_535).length).toBe(65_535);
    expect(buffers.take(65_536).length).toBe(CHUNK_BYTES);
    expect(buffers.take(CHUNK_BYTES).length).toBe(CHUNK_BYTES);
  });

  test("lets four transfers at once have large ones, two buffers each", () => {
    const transfers = Array.from({ length: 6 }, () => new TransferBuffers());
    const sizes = (): number[] =>
      transfers.flatMap((buffers) =>
        [1, 2].map(() => {
          const buffer = buffers.take(CHUNK_BYTES + 1);
          buffers.give(buffer);
          return buffer.length;
        })
      );
    const large = LARGE_CHUNK_BYTES;
    const usual = CHUNK_BYTES;
    expect(sizes()).toEqual([
      ...[large, large, large, large, large, large, large, large],
      ...[usual, usual, usual, usual],
    ]);
    transfers[1]?.release();
    transfers[1]?.release();
    transfers[5]?.release();
    const later = transfers.slice(4).map((buffers) =>
      buffers.take(CHUNK_BYTES + 1).length
    );
    expect(later).toEqual([large, usual]);
    for (const buffers of transfers) buffers.release();
  });

  test("hands out again what was given back, to one owner at a time", () => {
    const [one, two] = [new TransferBuffers(), new TransferBuffers()];
    for (const wanted of [CHUNK_BYTES, LARGE_CHUNK_BYTES]) {
      const first = one.take(wanted);
      one.give(first);
      expect(two.take(wanted) === first).toBe(true);
      expect(one.take(wanted) === first).toBe(false);
    }
    one.release();
    two.release();
  });

  test("keeps no more than 4 MiB", () => {
    const buffers = new TransferBuffers();
    const all = new Set<Uint8Array>();
    for (let count = 0; count < 64; count++) {
      all.add(buffers.take(CHUNK_BYTES));
      all.add(buffers.take(LARGE_CHUNK_BYTES));
    }
    for (const buffer of all) buffers.give(buffer);
    let kept = 0;
    for (let count = 0; count < 64; count++) {
      for (const wanted of [CHUNK_BYTES, LARGE_CHUNK_BYTES]) {
        const buffer = buffers.take(wanted);
        if (all.has(buffer)) kept += buffer.length;
      }
    }
    expect(kept).toBe(4 * 1024 * 1024);
    buffers.release();
  });
});

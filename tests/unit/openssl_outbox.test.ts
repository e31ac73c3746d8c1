import { describe, expect, test } from "vitest";
import { opensslLibrary } from "../../adapters/_openssl_library.ts";
import {
  Outbox,
  returnOutbox,
  takeOutbox,
} from "../../adapters/_openssl_outbox.ts";

const ROOM = 131_072;
const RECORD = 16_384;

const library = opensslLibrary();

describe.skipIf(library === null)("Outbox", () => {
  /** As OpenSSL does it while it encrypts. */
  const put = (box: Outbox, length: number, value: number) => {
    const bytes = new Uint8Array(length).fill(value);
    expect(library!.BIO_write(box.address, bytes, length)).toBe(length);
  };

  test("what is written to it is where it can be sent from", () => {
    const box = new Outbox(library!, ROOM);
    expect(box.bytes).toEqual(new Uint8Array());
    put(box, 3, 7);
    put(box, 2, 9);
    expect(box.bytes).toEqual(new Uint8Array([7, 7, 7, 9, 9]));
    box.free();
  });

  test("it takes its room in records, and says when there is none", () => {
    const box = new Outbox(library!, ROOM);
    const { buffer } = box.bytes;
    for (let at = 0; at < ROOM; at += RECORD) {
      expect(box.fits(RECORD)).toBe(true);
      // Far more around it than TLS may have.
      put(box, RECORD + 256, at / RECORD);
    }
    expect(box.fits(RECORD)).toBe(false);
    const all = box.bytes;
    expect(all.buffer).toBe(buffer);
    expect(all.length).toBe(ROOM + 8 * 256);
    expect(all.at(-1)).toBe(7);
    box.free();
  });

  test("it fits what it was made for, and not more", () => {
    const box = new Outbox(library!, ROOM);
    expect(box.fits(ROOM)).toBe(true);
    expect(box.fits(ROOM + 1)).toBe(false);
    box.free();
  });

  test("emptied, it is used again from its beginning", () => {
    const box = takeOutbox(library!, ROOM);
    put(box, 100_000, 1);
    returnOutbox(box, ROOM);
    const again = takeOutbox(library!, ROOM);
    expect(again).toBe(box);
    expect(again.bytes).toEqual(new Uint8Array());
    put(again, 2, 5);
    expect(again.bytes).toEqual(new Uint8Array([5, 5]));
    again.free();
  });

  test("no more of them are kept than are likely to be needed", () => {
    const boxes = Array.from({ length: 40 }, () => takeOutbox(library!, ROOM));
    for (const box of boxes) returnOutbox(box, ROOM);
    const kept = boxes.map(() => takeOutbox(library!, ROOM))
      .filter((box) => boxes.includes(box));
    expect(kept.length).toBeGreaterThan(0);
    expect(kept.length).toBeLessThan(20);
  });
});

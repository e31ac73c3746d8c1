import { describe, expect, test } from "vitest";
import { sortedNames } from "../../adapters/_sorted_names.ts";

/** The same numbers in each run of the tests. */
function* numbers(): Generator<number, never, void> {
  for (let seed = 1;; seed = (seed * 48_271) % 2_147_483_647) yield seed;
}

async function* cut(
  names: readonly string[],
  length: number,
): AsyncGenerator<string[]> {
  for (let at = 0; at < names.length; at += length) {
    yield await Promise.resolve(names.slice(at, at + length));
  }
}

async function sorted(
  names: readonly string[],
  pause: () => Promise<void> = () => Promise.resolve(),
): Promise<string[][]> {
  const parts: string[][] = [];
  for await (const part of sortedNames(cut(names, 256), 100, pause)) {
    parts.push(part);
  }
  return parts;
}

describe("sortedNames", () => {
  test("sorts as a whole would be sorted, whatever the length", async () => {
    const random = numbers();
    const lengths = [0, 1, 2, 255, 4095, 4096, 4097, 8192, 12_289, 50_000];
    for (const length of lengths) {
      const names = Array.from(
        { length },
        () => random.next().value.toString(36),
      );
      const parts = await sorted(names);
      expect(parts.flat()).toEqual([...names].sort());
      expect(parts.every((part) => part.length > 0)).toBe(true);
    }
  });

  test("sorts what is sorted, the wrong way round, or all the same", async () => {
    const up = Array.from({ length: 20_000 }, (_, at) => `${at + 100_000}`);
    expect((await sorted(up)).flat()).toEqual(up);
    expect((await sorted([...up].reverse())).flat()).toEqual(up);
    const same = up.map(() => "same");
    expect((await sorted(same)).flat()).toEqual(same);
  });

  test("goes by code units, as sort() does", async () => {
    const names = ["é", "z", "\u{1f600}", "\uffff", "\udc80", "e\u0301", "Z"];
    const many = Array.from({ length: 2_000 }, () => names).flat();
    expect((await sorted(many)).flat()).toEqual([...many].sort());
  });

  test("gives parts of the length that was asked for", async () => {
    const names = Array.from({ length: 8_250 }, (_, at) => `${at}`);
    const lengths = (await sorted(names)).map((part) => part.length);
    expect(lengths.pop()).toBe(50);
    expect(new Set(lengths)).toEqual(new Set([100]));
  });

  test("pauses between two steps", async () => {
    const names = Array.from({ length: 40_960 }, (_, at) => `${at}`);
    let pauses = 0;
    await sorted(names, () => {
      pauses++;
      return Promise.resolve();
    });
    expect(pauses).toBe(10);
  });
});

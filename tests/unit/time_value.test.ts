import { describe, expect, test } from "vitest";
import {
  formatTimeValue,
  parseTimeValue,
  timeValueFormatter,
} from "../../lib/protocol/time_value.ts";

describe("formatTimeValue()", () => {
  test.each([
    [Date.UTC(2007, 9, 29, 15, 53, 1), "20071029155301"],
    [Date.UTC(2007, 9, 29, 15, 53, 1) + 999, "20071029155301"],
    [0, "19700101000000"],
    [-1, "19691231235959"],
    [Date.UTC(9999, 11, 31, 23, 59, 59), "99991231235959"],
    [-62135596800000, "00010101000000"],
  ])("%d is %s", (milliseconds, expected) => {
    expect(formatTimeValue(milliseconds, false)).toBe(expected);
  });

  test("what has no year of four digits is null, never an error", () => {
    const outside = [NaN, Infinity, -Infinity, 1e17, Date.UTC(10000, 0, 1)];
    for (const milliseconds of [...outside, -62135596800001]) {
      expect(formatTimeValue(milliseconds, false)).toBeNull();
    }
  });

  test("local time is the runtime's", () => {
    const milliseconds = new Date(2026, 0, 2, 3, 4, 5).getTime();
    expect(formatTimeValue(milliseconds, true)).toBe("20260102030405");
  });
});

describe("parseTimeValue()", () => {
  test("reads what formatTimeValue() writes", () => {
    for (
      const milliseconds of [
        0,
        -1000,
        Date.UTC(2024, 1, 29, 23, 59, 59),
        Date.UTC(2026, 11, 31),
        -62135596800000,
      ]
    ) {
      const text = formatTimeValue(milliseconds, false)!;
      expect(parseTimeValue(text)).toBe(milliseconds);
    }
  });

  test.each([
    "",
    "2026010112000",
    "202601011200000",
    "20260101120000.5",
    " 2026010112000",
    "+2026010112000",
    "20260001000000",
    "20261301000000",
    "20260100000000",
    "20260230000000",
    "20250229000000",
    "20260101240000",
    "20260101006000",
    "20260101000060",
    "00000101000000",
    "２０２６０１０１０００００",
  ])("%j is no date", (text) => {
    expect(parseTimeValue(text)).toBeNull();
  });
});

describe.each([false, true])("timeValueFormatter(%s)", (localTime) => {
  test("writes each time as formatTimeValue() does", () => {
    const format = timeValueFormatter(localTime);
    const day = 24 * 60 * 60 * 1000;
    const times = [0, 1e12, -1e12, Date.UTC(2026, 1, 28), Date.UTC(1, 0, 1)]
      .flatMap((at) => [at, at + 1, at + 999.5, at + day - 1, at - 1, at - 0.5])
      .flatMap((at) => [at, at + 3_723_000, NaN, Infinity, 8.64e15, at]);
    for (const at of [...times, ...times.toReversed()]) {
      expect(format(at)).toBe(formatTimeValue(at, localTime));
    }
  });
});

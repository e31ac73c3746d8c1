import { describe, expect, test } from "vitest";
import {
  parsePortRange,
  parseRate,
  parseSeconds,
  parseWhole,
} from "../../lib/cli/values.ts";

describe("parseWhole()", () => {
  test("takes whole numbers within the limits", () => {
    expect(parseWhole("0", 0)).toBe(0);
    expect(parseWhole("007", 0)).toBe(7);
    expect(parseWhole("65535", 0, 65535)).toBe(65535);
  });

  for (
    const text of ["", "x", "-1", "+1", "1.5", "1e3", " 1", "0x10", "65536"]
  ) {
    test(`refuses ${JSON.stringify(text)} as a port`, () => {
      expect(() => parseWhole(text, 0, 65535)).toThrow(
        `invalid value: '${text}' (expected a whole number from 0 to 65535)`,
      );
    });
  }

  test("refuses what is too small, and what loses digits", () => {
    expect(() => parseWhole("0", 1)).toThrow("of at least 1");
    expect(() => parseWhole("99999999999999999999", 0)).toThrow("invalid");
  });
});

describe("parseSeconds()", () => {
  test("answers milliseconds", () => {
    expect(parseSeconds("300")).toBe(300_000);
    expect(parseSeconds("0")).toBe(0);
    expect(parseSeconds("0.25")).toBe(250);
    expect(parseSeconds("2147483")).toBe(2_147_483_000);
  });

  for (const text of ["", "x", "-1", ".5", "5.", "1m", "2147484", "Infinity"]) {
    test(`refuses ${JSON.stringify(text)}`, () => {
      expect(() => parseSeconds(text)).toThrow("seconds from 0 to 2147483");
    });
  }
});

describe("parseRate()", () => {
  for (
    const [text, bytes] of [
      ["0", 0],
      ["500", 500],
      ["1K", 1024],
      ["1k", 1024],
      ["1.5M", 1_572_864],
      ["0.1K", 102],
      ["2G", 2_147_483_648],
    ] as const
  ) {
    test(`reads ${text} as ${bytes}`, () => {
      expect(parseRate(text)).toBe(bytes);
    });
  }

  for (const text of ["", "K", "-1", "1T", "1KB", "1 K", "9999999999999G"]) {
    test(`refuses ${JSON.stringify(text)}`, () => {
      expect(() => parseRate(text)).toThrow(`invalid rate: '${text}'`);
    });
  }
});

describe("parsePortRange()", () => {
  test("takes both ends, which may be equal", () => {
    expect(parsePortRange("8000-9000")).toEqual({ from: 8000, to: 9000 });
    expect(parsePortRange("1-65535")).toEqual({ from: 1, to: 65535 });
    expect(parsePortRange("80-80")).toEqual({ from: 80, to: 80 });
  });

  for (
    const [text, message] of [
      ["80", "invalid port range: '80' (expected FROM-TO)"],
      ["", "invalid port range: '' (expected FROM-TO)"],
      ["80-", "invalid port range: '80-' (expected FROM-TO)"],
      ["a-b", "invalid port range: 'a-b' (expected FROM-TO)"],
      ["1-2-3", "invalid port range: '1-2-3' (expected FROM-TO)"],
      ["0-5", "port numbers must be between 1 and 65535 (got 0-5)"],
      ["5-65536", "port numbers must be between 1 and 65535 (got 5-65536)"],
      ["10-5", "start port must be <= stop port (got 10-5)"],
    ] as const
  ) {
    test(`refuses ${JSON.stringify(text)}`, () => {
      expect(() => parsePortRange(text)).toThrow(message);
    });
  }
});

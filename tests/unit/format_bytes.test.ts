import { expect, test } from "vitest";
import { formatBytes, formatDuration } from "../../lib/cli/format_bytes.ts";

test.each([
  [0, "0 B"],
  [1_023, "1023 B"],
  [1_024, "1.0 KiB"],
  [1_536, "1.5 KiB"],
  [102_348, "99.9 KiB"],
  [102_350, "100 KiB"],
  [1_048_063, "1023 KiB"],
  [1_048_064, "1.0 MiB"],
  [5 * 1024 ** 3, "5.0 GiB"],
  [2 ** 50, "1024 TiB"],
])("formatBytes(%d) is %s", (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

test("formatBytes() takes eight characters at most below a pebibyte", () => {
  for (let bytes = 1; bytes < 2 ** 50; bytes *= 1.001) {
    const text = formatBytes(Math.floor(bytes));
    expect(text.length, text).toBeLessThanOrEqual(8);
  }
});

test.each([
  [-5, "0:00"],
  [999, "0:00"],
  [7_000, "0:07"],
  [754_000, "12:34"],
  [3_723_000, "1:02:03"],
  [359_999_000, "99:59:59"],
  [360_000_000, "100 h"],
  [Infinity, "Infinity h"],
])("formatDuration(%d) is %s", (milliseconds, text) => {
  expect(formatDuration(milliseconds)).toBe(text);
});

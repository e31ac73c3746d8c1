import { describe, expect, test } from "vitest";
import {
  formatListLine,
  listLineFormatter,
  modeString,
} from "../../lib/protocol/list_format.ts";
import type { FileStat } from "../../lib/spi/file_system.ts";

const NOW = Date.UTC(2026, 5, 15, 12, 0, 0);
const DAY = 24 * 60 * 60 * 1000;
const options = { now: NOW, localTime: false };

const stat = (more: Partial<FileStat> = {}): FileStat => ({
  kind: "file",
  size: 1234,
  modified: Date.UTC(2026, 5, 3, 7, 5, 59),
  mode: 0o644,
  links: 1,
  owner: "root",
  group: "staff",
  ...more,
});
const line = (name: string, more: Partial<FileStat> = {}) =>
  formatListLine({ name, stat: stat(more) }, options);
const time = (modified: number) => line("x", { modified }).slice(42, -2);

describe("formatListLine()", () => {
  test("has the columns of ls -l", () => {
    expect(line("a b.txt")).toBe(
      "-rw-r--r--   1 root     staff        1234 Jun 03 07:05 a b.txt",
    );
    expect(line("d", { kind: "directory", mode: 0o750, links: 12, size: 4096 }))
      .toBe("drwxr-x---  12 root     staff        4096 Jun 03 07:05 d");
  });

  test("what is wider than its column pushes the rest on", () => {
    expect(line("x", { owner: "longername", size: 123456789012 })).toBe(
      "-rw-r--r--   1 longername staff    123456789012 Jun 03 07:05 x",
    );
  });

  test("falls back to numbers, then to words; no links are one", () => {
    const { owner: _owner, group: _group, ...nameless } = stat({ links: 0 });
    const of = (more: object) =>
      formatListLine({ name: "x", stat: { ...nameless, ...more } }, options);
    expect(of({ uid: 0, gid: 1000 }))
      .toBe("-rw-r--r--   1 0        1000         1234 Jun 03 07:05 x");
    expect(of({}))
      .toBe("-rw-r--r--   1 owner    group        1234 Jun 03 07:05 x");
  });

  test("a name of several words stays one column", () => {
    expect(line("x", { group: "domain users" })).toContain(" domain_users ");
  });

  test("shows the hour up to 180 days back and for the future", () => {
    expect(time(NOW - 180 * DAY)).toBe("Dec 17 12:00");
    expect(time(NOW - 180 * DAY - 1000)).toBe("Dec 17  2025");
    expect(time(Date.UTC(2100, 0, 1))).toBe("Jan 01 00:00");
    expect(time(0)).toBe("Jan 01  1970");
    expect(time(-1)).toBe("Dec 31  1969");
  });

  test("a time that cannot be told is now", () => {
    for (const modified of [NaN, Infinity, 1e17, Date.UTC(-5, 0)]) {
      expect(time(modified)).toBe("Jun 15 12:00");
    }
  });

  test("month names are English whatever the month", () => {
    const months = Array.from(
      { length: 12 },
      (_, month) => time(Date.UTC(2020, month, 1)).slice(0, 3),
    );
    expect(months.join(" "))
      .toBe("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec");
  });

  test("local time is the runtime's", () => {
    const modified = new Date(2026, 5, 3, 23, 45).getTime();
    const entry = { name: "x", stat: stat({ modified }) };
    expect(formatListLine(entry, { now: NOW, localTime: true }))
      .toContain("Jun 03 23:45 x");
  });

  test("shows where a link leads only when it is told", () => {
    const link = stat({ kind: "link", mode: 0o777 });
    expect(formatListLine({ name: "l", stat: link, target: "/a b" }, options))
      .toMatch(/^lrwxrwxrwx .* l -> \/a b$/);
    expect(formatListLine({ name: "l", stat: link }, options))
      .toMatch(/ l$/);
  });

  test("one entry is one line, whatever it is called", () => {
    const entry = { name: "a\r\nb\0", stat: stat(), target: "c\nd" };
    expect(formatListLine(entry, options)).toMatch(/ a\?\?b\? -> c\?d$/);
    expect(line("x", { owner: "a\nb" })).not.toContain("\n");
  });

  test("an entry nobody could look at is still listed", () => {
    expect(formatListLine({ name: "x", stat: null }, options))
      .toBe("-rw-r--r--   1 owner    group           0 Jun 15 12:00 x");
  });
});

test.each(
  [
    ["file", 0o644, "-rw-r--r--"],
    ["file", 0, "----------"],
    ["file", 0o777, "-rwxrwxrwx"],
    ["file", 0o4755, "-rwsr-xr-x"],
    ["file", 0o6644, "-rwSr-Sr--"],
    ["directory", 0o1777, "drwxrwxrwt"],
    ["directory", 0o1776, "drwxrwxrwT"],
    ["directory", undefined, "drwxr-xr-x"],
    ["file", undefined, "-rw-r--r--"],
    ["link", undefined, "lrwxrwxrwx"],
    ["other", 0o600, "prw-------"],
  ] as const,
)("modeString() of a %s of mode %s is %s", (kind, mode, expected) => {
  const known = mode === undefined ? {} : { mode };
  expect(modeString({ kind, size: 0, modified: 0, ...known })).toBe(expected);
});

describe("listLineFormatter()", () => {
  test("writes each entry as if it were the only one", () => {
    const format = listLineFormatter(options);
    const times = [
      ...[NOW, NOW - 0.5, NOW + 59_999, NOW - 180 * DAY, NOW - 180 * DAY - 1],
      ...[NOW - 90 * DAY, NOW - 90 * DAY + 1, NOW + DAY, 0, -0.5, -1, -DAY],
      ...[
        NaN,
        Infinity,
        Date.UTC(9999, 11, 31, 23, 59),
        8.64e15,
        253402300800000,
      ],
      ...[Date.UTC(2026, 5, 14, 23, 59, 59, 999), Date.UTC(2026, 5, 15)],
    ];
    const entries = times.flatMap((modified) => [
      { name: "a", stat: stat({ modified }) },
      { name: "b", stat: stat({ modified, owner: "ann", mode: 0o755 }) },
      { name: "c", stat: stat({ modified, kind: "directory", links: 3 }) },
      { name: "d", stat: null },
      { name: "e", stat: stat({ modified, group: "x", gid: 7 }), target: "f" },
    ]);
    for (const entry of [...entries, ...entries.toReversed()]) {
      expect(format(entry)).toBe(formatListLine(entry, options));
    }
  });
});

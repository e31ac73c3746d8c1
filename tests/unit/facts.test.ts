import { describe, expect, test } from "vitest";
import { parsePermissions } from "../../lib/auth/permissions.ts";
import {
  AVAILABLE_FACTS,
  DEFAULT_FACTS,
  type FactName,
  factsFormatter,
  featureLine,
  formatFacts,
  parseFacts,
} from "../../lib/protocol/facts.ts";
import type { FileStat } from "../../lib/spi/file_system.ts";

const utc = { localTime: false };
const FULL = parsePermissions("elradfmwMT");
const file: FileStat = {
  kind: "file",
  size: 156,
  modified: Date.UTC(2007, 9, 29, 15, 53, 1),
  mode: 0o644,
  uid: 1000,
  gid: 100,
  id: "fd01g1f",
};
const folder: FileStat = {
  ...file,
  kind: "directory",
  size: 4096,
  mode: 0o1777,
};
const perm = (letters: string, stat: FileStat) =>
  formatFacts(["perm"], stat, parsePermissions(letters), utc);

describe("featureLine()", () => {
  test("marks what is enabled, in a fixed order", () => {
    expect(featureLine(DEFAULT_FACTS, false)).toBe(
      "MLST type*;perm*;size*;modify*;unique*;unix.mode;unix.uid;unix.gid;",
    );
    expect(featureLine(["unix.mode", "type"], true)).toBe(
      "MLST type*;perm;size;modify;unique;unix.mode*;unix.uid;unix.gid;create;",
    );
  });
});

describe("parseFacts()", () => {
  test.each([
    ["type;size;", ["type", "size"]],
    ["Size;TYPE;", ["size", "type"]],
    ["size", null],
    ["", []],
    [";", []],
    ["foo;size;bar;", ["size"]],
    ["size;size;type", ["size", "size", "type"]],
    ["unix.mode;unique;", ["unix.mode", "unique"]],
    ["constructor;__proto__;", []],
  ])("%j asks for %j", (argument, expected) => {
    expect(parseFacts(argument)).toEqual(expected);
  });
});

describe("formatFacts()", () => {
  test("sorts facts by name and writes each once", () => {
    expect(formatFacts(DEFAULT_FACTS, file, FULL, utc)).toBe(
      "modify=20071029155301;perm=radfw;size=156;type=file;unique=fd01g1f;",
    );
    expect(formatFacts(["size", "type", "size"], file, FULL, utc))
      .toBe("size=156;type=file;");
    expect(formatFacts([], file, FULL, utc)).toBe("");
  });

  test("leaves out what is not known", () => {
    const bare: FileStat = { kind: "file", size: 0, modified: NaN };
    expect(formatFacts(AVAILABLE_FACTS, bare, [], utc))
      .toBe("perm=;size=0;type=file;");
    const created = { ...bare, created: Date.UTC(2020, 0, 2) };
    expect(formatFacts(["create"], created, [], utc))
      .toBe("create=20200102000000;");
  });

  test("writes the mode in octal digits", () => {
    const unix: FactName[] = ["unix.mode", "unix.uid", "unix.gid"];
    expect(formatFacts(unix, file, FULL, utc))
      .toBe("unix.gid=100;unix.mode=0644;unix.uid=1000;");
    expect(formatFacts(["unix.mode"], folder, FULL, utc))
      .toBe("unix.mode=01777;");
    expect(formatFacts(["unix.mode"], { ...file, mode: 0o7 }, FULL, utc))
      .toBe("unix.mode=0007;");
  });

  test("what is no folder is a file", () => {
    for (const kind of ["file", "link", "other"] as const) {
      expect(formatFacts(["type"], { ...file, kind }, FULL, utc))
        .toBe("type=file;");
    }
    expect(formatFacts(["type"], folder, FULL, utc)).toBe("type=dir;");
  });

  test.each([
    ["elradfmwMT", "eldfmcp", "radfw"],
    ["elr", "el", "r"],
    ["", "", ""],
    ["w", "c", "w"],
    ["a", "c", "a"],
    ["f", "fc", "f"],
    ["d", "dp", "d"],
    ["rle", "le", "r"],
    ["MT", "", ""],
  ])("%j shows as perm=%s of a folder and perm=%s of a file", (
    letters,
    ofFolder,
    ofFile,
  ) => {
    expect(perm(letters, folder)).toBe(`perm=${ofFolder};`);
    expect(perm(letters, file)).toBe(`perm=${ofFile};`);
  });

  test("factsFormatter() does the same for many", () => {
    const format = factsFormatter(DEFAULT_FACTS, FULL, utc);
    for (const stat of [file, folder]) {
      expect(format(stat)).toBe(formatFacts(DEFAULT_FACTS, stat, FULL, utc));
    }
  });
});

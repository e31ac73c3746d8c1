import { describe, expect, test } from "vitest";
import {
  baseName,
  isInside,
  joinPath,
  parentPath,
  quotePath,
  resolvePath,
} from "../../lib/protocol/path.ts";

describe("resolvePath()", () => {
  test.each([
    ["/", "", "/"],
    ["/a/b", "", "/a/b"],
    ["/", "a", "/a"],
    ["/a", "b", "/a/b"],
    ["/a", "/b", "/b"],
    ["/a", "//b", "/b"],
    ["/a", "///", "/"],
    ["/a", "b/", "/a/b"],
    ["/a", "b//c", "/a/b/c"],
    ["/a", ".", "/a"],
    ["/a", "./b/.", "/a/b"],
    ["/a", "..", "/"],
    ["/a", "../..", "/"],
    ["/a", "../../../etc", "/etc"],
    ["/a/b", "../c", "/a/c"],
    ["/a", "b/../c", "/a/c"],
    ["/", "/..", "/"],
    ["/a", "...", "/a/..."],
    ["/a", " b ", "/a/ b "],
    ["/a", "..\\b", "/a/..\\b"],
    ["/a", "\udce9", "/a/\udce9"],
  ])("from %s, %j leads to %s", (cwd, argument, expected) => {
    expect(resolvePath(cwd, argument)).toBe(expected);
  });
});

test.each([
  ["/", "/", ""],
  ["/a", "/", "a"],
  ["/a/b", "/a", "b"],
  ["/a/b c", "/a", "b c"],
])("%s lies in %s and is called %j", (path, parent, name) => {
  expect(parentPath(path)).toBe(parent);
  expect(baseName(path)).toBe(name);
  if (name !== "") expect(joinPath(parent, name)).toBe(path);
});

test.each([
  ["/", "/", true],
  ["/", "/a/b", true],
  ["/a", "/a", true],
  ["/a", "/a/b", true],
  ["/a", "/ab", false],
  ["/a", "/a@", false],
  ["/a/b", "/a", false],
  ["/a", "/", false],
])("isInside(%s, %s) is %s", (folder, path, expected) => {
  expect(isInside(folder, path)).toBe(expected);
});

test("quotePath() doubles quotes and adds none around", () => {
  expect(quotePath('/a"b""c')).toBe('/a""b""""c');
  expect(quotePath("/a")).toBe("/a");
});

import { describe, expect, test } from "vitest";
import { PathPermissions } from "../../lib/auth/path_permissions.ts";
import { parsePermissions } from "../../lib/auth/permissions.ts";

type Override = [directory: string, letters: string, recursive: boolean];

function permissions(base: string, overrides: readonly Override[]) {
  const all = new PathPermissions(parsePermissions(base));
  for (const [directory, letters, recursive] of overrides) {
    const actions = new Set(parsePermissions(letters));
    all.override({ directory, recursive, actions });
  }
  return all;
}

/** Folders end in a slash, so that a test reads well. */
async function mayWrite(all: PathPermissions, shown: string) {
  const isDirectory = shown.endsWith("/") && shown !== "/";
  const path = isDirectory ? shown.slice(0, -1) : shown;
  return await all.allows("write", {
    path,
    isDirectory: () => Promise.resolve(isDirectory),
  });
}

describe("PathPermissions", () => {
  test("without overrides the base letters decide, at once", () => {
    const all = permissions("elr", []);
    const target = {
      path: "/a",
      isDirectory: () => Promise.reject(new Error("asked")),
    };
    expect(all.hasOverrides).toBe(false);
    expect(all.allows("read", target)).toBe(true);
    expect(all.allows("write", target)).toBe(false);
  });

  test.each([
    ["/a/", true],
    ["/a/f", true],
    ["/a/b/", true],
    ["/a/b/f", true],
    ["/", false],
    ["/f", false],
    ["/a2/", false],
    ["/a@", false],
  ])("recursive on /a: writing to %s is %s", async (path, expected) => {
    const all = permissions("elr", [["/a", "w", true]]);
    expect(all.hasOverrides).toBe(true);
    expect(await mayWrite(all, path)).toBe(expected);
  });

  test.each([
    ["/a/", true],
    ["/a/f", true],
    ["/a/new", true],
    ["/a/b/", false],
    ["/a/b/f", false],
    ["/f", false],
  ])("not recursive on /a: writing to %s is %s", async (path, expected) => {
    const all = permissions("elr", [["/a", "w", false]]);
    expect(await mayWrite(all, path)).toBe(expected);
  });

  test("an override takes away as well as it gives", async () => {
    const all = permissions("elrw", [["/a", "", true]]);
    expect(await mayWrite(all, "/a/f")).toBe(false);
    expect(await mayWrite(all, "/f")).toBe(true);
  });

  test("the deepest folder wins, whichever was added first", async () => {
    const rules: Override[] = [
      ["/a", "", true],
      ["/a/b", "w", true],
      ["/a/b/c", "", true],
    ];
    for (const order of [[0, 1, 2], [2, 1, 0], [1, 0, 2], [2, 0, 1]]) {
      const all = permissions("w", order.map((at) => rules[at]!));
      expect(await mayWrite(all, "/f")).toBe(true);
      expect(await mayWrite(all, "/a/f")).toBe(false);
      expect(await mayWrite(all, "/a/b/")).toBe(true);
      expect(await mayWrite(all, "/a/b/f")).toBe(true);
      expect(await mayWrite(all, "/a/b/c/f")).toBe(false);
    }
  });

  test("not recursive goes before recursive for the same folder", async () => {
    const rules: Override[] = [["/a", "", true], ["/a", "w", false]];
    for (const order of [rules, [...rules].reverse()]) {
      const all = permissions("w", order);
      expect(await mayWrite(all, "/a/f")).toBe(true);
      expect(await mayWrite(all, "/a/b/")).toBe(false);
      expect(await mayWrite(all, "/a/b/f")).toBe(false);
    }
  });

  test("below a folder that is not recursive the next one up decides", async () => {
    const all = permissions("", [["/a", "w", true], ["/a/b", "", false]]);
    expect(await mayWrite(all, "/a/b/f")).toBe(false);
    expect(await mayWrite(all, "/a/b/c/")).toBe(true);
    expect(await mayWrite(all, "/a/b/c/f")).toBe(true);
  });

  test("the same folder again replaces what was there", async () => {
    const all = permissions("", [["/a", "w", true], ["/a", "", true]]);
    expect(await mayWrite(all, "/a/f")).toBe(false);
  });

  test.each([
    ["/", true],
    ["/a", false],
    ["/a/private", false],
    ["/a/private/f", true],
    ["/a/other", true],
    ["/ab", true],
    ["/b", true],
  ])(
    "renaming %s, with rules of its own on /a/private: %s",
    async (path, may) => {
      for (const recursive of [true, false]) {
        const all = permissions("elrf", [["/a/private", "f", recursive]]);
        const target = { path, isDirectory: () => Promise.resolve(false) };
        expect(await all.allows("rename", target)).toBe(may);
        expect(await all.allows("read", { ...target, path: "/a" })).toBe(true);
      }
    },
  );
});

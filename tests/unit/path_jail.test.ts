// A jail on a disk that does not tell names apart by the case of their letters.

import { expect, test } from "vitest";
import type { FileCalls } from "../../adapters/_file_calls.ts";
import { PathJail } from "../../adapters/_path_jail.ts";
import { PathPermissions } from "../../lib/auth/path_permissions.ts";

/** The paths of a disk, as they are written on it. */
function jailOn(...paths: readonly string[]): PathJail {
  const there = new Map(paths.map((path) => [path.toLowerCase(), path]));
  const calls: Partial<FileCalls> = {
    realpath: (path) => {
      const found = there.get(String(path).toLowerCase());
      if (found !== undefined) return Promise.resolve(found);
      const error = new Error("ENOENT: no such file or directory");
      return Promise.reject(Object.assign(error, { code: "ENOENT" }));
    },
    linkAt: (path) => there.has(String(path).toLowerCase()) ? null : undefined,
  };
  return new PathJail("/srv", calls as FileCalls);
}

test.each([
  ["/PRIVATE", "/srv/private"],
  ["/PRIVATE/new", "/srv/private/new"],
  ["/PRIVATE/New/Deep/er", "/srv/private/New/Deep/er"],
  ["/Private/SUB/new", "/srv/private/Sub/new"],
  ["/PRIVATE/x/../../New", "/srv/New"],
  ["/New", "/srv/New"],
  ["/New/x", "/srv/New/x"],
])(
  "resolve(%s) says what is there as the disk does: %s",
  async (path, real) => {
    const jail = jailOn("/srv", "/srv/private", "/srv/private/Sub");
    expect(await jail.resolve(path)).toBe(real);
  },
);

test("a rule for a folder holds for new files in it, however it is written", async () => {
  const jail = jailOn("/srv", "/srv/private");
  const rules = new PathPermissions(["write"]);
  const rule = { recursive: true, actions: new Set<never>() };
  rules.override({ directory: "/srv/private", ...rule });
  for (const path of ["/private/new", "/PRIVATE/new", "/Private/a/b"]) {
    const target = {
      path: await jail.resolve(path),
      isDirectory: () => Promise.resolve(false),
    };
    expect(await rules.allows("write", target)).toBe(false);
  }
});

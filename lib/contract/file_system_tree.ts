import type { AddCase } from "./cases.ts";
import { expect } from "./expect.ts";
import {
  entries,
  expectCode,
  type FullFixture,
  get,
  names,
  NEW,
  put,
  READ,
  REPLACE,
} from "./file_system_fixture.ts";

/** Making, removing, renaming, and what is known of a name. */
export function treeCases(test: AddCase<FullFixture>): void {
  test("stat tells files, folders and sizes apart", async ({ fileSystem }) => {
    await put(fileSystem, "/f", "abc");
    await fileSystem.makeDirectory("/d");
    const before = Date.now() - 60_000;
    const file = await fileSystem.stat("/f");
    expect(file).toMatchObject({ kind: "file", size: 3 });
    expect(file.links ?? 1).toBe(1);
    expect(file.modified).toBeGreaterThan(before);
    expect((await fileSystem.stat("/d")).kind).toBe("directory");
    expect((await fileSystem.stat("/")).kind).toBe("directory");
    expect((await fileSystem.stat("/", { followLinks: false })).kind)
      .toBe("directory");
    await expectCode(fileSystem.stat("/nope"), "not-found");
    await expectCode(fileSystem.stat("/nope/x"), "not-found");
    await expectCode(fileSystem.stat("/f/x"), "not-a-directory");
    await expectCode(
      fileSystem.stat("/nope", { followLinks: false }),
      "not-found",
    );
  });

  test("id is the same exactly for the same file", async ({ fileSystem, makeLink }) => {
    await put(fileSystem, "/a");
    await put(fileSystem, "/b");
    if ((await fileSystem.stat("/a")).id === undefined) return;
    await makeLink("/l", "a");
    const idOf = async (path: string): Promise<string | undefined> =>
      (await fileSystem.stat(path)).id;
    expect(await idOf("/a")).toBeTypeOf("string");
    expect(await idOf("/l")).toBe(await idOf("/a"));
    expect(await idOf("/b")).not.toBe(await idOf("/a"));
  });

  test("folders are made once, and only in folders", async ({ fileSystem }) => {
    await fileSystem.makeDirectory("/d");
    await fileSystem.makeDirectory("/d/e");
    await put(fileSystem, "/f");
    await expectCode(fileSystem.makeDirectory("/"), "exists");
    await expectCode(fileSystem.makeDirectory("/d"), "exists");
    await expectCode(fileSystem.makeDirectory("/f"), "exists");
    await expectCode(fileSystem.makeDirectory("/f/x"), "not-a-directory");
    await expectCode(fileSystem.makeDirectory("/no/x"), "not-found");
    expect(await names(fileSystem, "/d")).toEqual(["e"]);
  });

  test("a folder is removed when it is empty, the root never", async ({ fileSystem }) => {
    await fileSystem.makeDirectory("/d");
    await put(fileSystem, "/d/f");
    await put(fileSystem, "/f");
    await expectCode(fileSystem.removeDirectory("/d"), "not-empty");
    await expectCode(fileSystem.removeDirectory("/f"), "not-a-directory");
    await expectCode(fileSystem.removeDirectory("/no"), "not-found");
    await expectCode(fileSystem.removeDirectory("/"), "not-permitted");
    await fileSystem.remove("/d/f");
    await fileSystem.removeDirectory("/d");
    await expectCode(fileSystem.stat("/d"), "not-found");
  });

  test("the root is not removed even when it is empty", async ({ fileSystem }) => {
    await expectCode(fileSystem.removeDirectory("/"), "not-permitted");
    expect(await names(fileSystem, "/")).toEqual([]);
  });

  test("remove takes files and pipes, no folders", async ({ fileSystem, makeSpecial }) => {
    await put(fileSystem, "/f");
    await fileSystem.makeDirectory("/d");
    await makeSpecial("/p");
    await expectCode(fileSystem.remove("/d"), "is-a-directory");
    await expectCode(fileSystem.remove("/"), "is-a-directory");
    await expectCode(fileSystem.remove("/no"), "not-found");
    await expectCode(fileSystem.remove("/f/x"), "not-a-directory");
    await fileSystem.remove("/f");
    await fileSystem.remove("/p");
    expect(await names(fileSystem, "/")).toEqual(["d"]);
  });

  test("rename moves files and folders with what is in them", async ({ fileSystem }) => {
    await fileSystem.makeDirectory("/a");
    await fileSystem.makeDirectory("/b");
    await put(fileSystem, "/a/f", "abc");
    await fileSystem.rename("/a", "/b/c");
    await fileSystem.rename("/b/c/f", "/g");
    expect(await get(fileSystem, "/g")).toBe("abc");
    expect(await names(fileSystem, "/")).toEqual(["b", "g"]);
    expect(await names(fileSystem, "/b")).toEqual(["c"]);
  });

  test("rename replaces a file, and an empty folder by a folder", async ({ fileSystem }) => {
    await put(fileSystem, "/a", "new");
    await put(fileSystem, "/b", "old");
    await fileSystem.rename("/a", "/b");
    await fileSystem.rename("/b", "/b");
    expect(await get(fileSystem, "/b")).toBe("new");
    await fileSystem.makeDirectory("/d");
    await fileSystem.makeDirectory("/e");
    await put(fileSystem, "/d/f");
    await fileSystem.rename("/d", "/e");
    expect(await names(fileSystem, "/")).toEqual(["b", "e"]);
    expect(await names(fileSystem, "/e")).toEqual(["f"]);
  });

  test("rename refuses what cannot be", async ({ fileSystem }) => {
    await put(fileSystem, "/f");
    await fileSystem.makeDirectory("/d");
    await fileSystem.makeDirectory("/full");
    await put(fileSystem, "/full/x");
    await expectCode(fileSystem.rename("/no", "/x"), "not-found");
    await expectCode(fileSystem.rename("/f", "/no/x"), "not-found");
    await expectCode(fileSystem.rename("/f", "/d"), "is-a-directory");
    await expectCode(fileSystem.rename("/d", "/f"), "not-a-directory");
    await expectCode(fileSystem.rename("/d", "/full"), "not-empty");
    await expectCode(fileSystem.rename("/d", "/d/x"), "invalid");
    await expectCode(fileSystem.rename("/", "/x"), "not-permitted");
    await expectCode(fileSystem.rename("/d", "/"), "not-permitted");
    expect(await names(fileSystem, "/")).toEqual(["d", "f", "full"]);
  });

  test("setModified sets the time to the second at least", async ({ fileSystem }) => {
    if (fileSystem.setModified === undefined) return;
    await put(fileSystem, "/f");
    await fileSystem.makeDirectory("/d");
    for (const path of ["/f", "/d"]) {
      for (const time of [0, -86_400_000, 981_173_106_000, 4e12]) {
        await fileSystem.setModified(path, time);
        expect((await fileSystem.stat(path)).modified).toBe(time);
      }
    }
    await expectCode(fileSystem.setModified("/f", NaN), "invalid");
    await expectCode(fileSystem.setModified("/no", 0), "not-found");
  });

  test("setMode sets the permission bits and nothing else", async ({ fileSystem }) => {
    if (fileSystem.setMode === undefined) return;
    await put(fileSystem, "/f", "abc");
    for (const mode of [0o600, 0o755, 0o444, 0o4711]) {
      await fileSystem.setMode("/f", mode);
      expect((await fileSystem.stat("/f")).mode).toBe(mode);
    }
    await fileSystem.setMode("/f", 0o100644);
    expect(await fileSystem.stat("/f")).toMatchObject({
      kind: "file",
      mode: 0o644,
    });
    await expectCode(fileSystem.setMode("/no", 0o644), "not-found");
  });

  test("permission bits are obeyed", async ({ fileSystem, obeysModes }) => {
    if (!obeysModes) return;
    const denied = "permission-denied";
    await put(fileSystem, "/f", "abc");
    await fileSystem.setMode!("/f", 0);
    await expectCode(fileSystem.open("/f", READ), denied);
    await expectCode(fileSystem.open("/f", REPLACE), denied);
    await fileSystem.makeDirectory("/d");
    await put(fileSystem, "/d/f");
    await fileSystem.setMode!("/d", 0o500);
    await expectCode(fileSystem.open("/d/new", NEW), denied);
    await expectCode(fileSystem.makeDirectory("/d/new"), denied);
    await expectCode(fileSystem.remove("/d/f"), denied);
    await expectCode(fileSystem.rename("/d/f", "/g"), denied);
    await expectCode(fileSystem.rename("/f", "/d/g"), denied);
    await fileSystem.setMode!("/d", 0o300);
    await expectCode(entries(fileSystem, "/d"), denied);
    await fileSystem.setMode!("/d", 0o600);
    await expectCode(fileSystem.stat("/d/f"), denied);
    await expectCode(fileSystem.enter!("/d"), denied);
    expect(await entries(fileSystem, "/d", { stat: "none" }))
      .toEqual([{ name: "f", stat: null }]);
    await fileSystem.setMode!("/d", 0o700);
    expect((await fileSystem.stat("/f")).size).toBe(3);
  });

  test("enter accepts folders only", async ({ fileSystem, makeLink }) => {
    if (fileSystem.enter === undefined) return;
    await put(fileSystem, "/f");
    await fileSystem.makeDirectory("/d");
    await makeLink("/l", "d");
    for (const path of ["/", "/d", "/l"]) await fileSystem.enter(path);
    await expectCode(fileSystem.enter("/f"), "not-a-directory");
    await expectCode(fileSystem.enter("/no"), "not-found");
  });

  test("freeSpace tells a number for files, folders and new names", async ({ fileSystem }) => {
    if (fileSystem.freeSpace === undefined) return;
    await put(fileSystem, "/f");
    for (const path of ["/", "/f", "/new"]) {
      expect(await fileSystem.freeSpace(path)).toBeGreaterThan(0);
    }
  });
}

import type { AddCase } from "./cases.ts";
import { expect } from "./expect.ts";
import {
  APPEND,
  entries,
  expectCode,
  type FullFixture,
  get,
  names,
  NEW,
  put,
  READ,
  REPLACE,
  RESTART,
} from "./file_system_fixture.ts";

/** Symbolic links: those that stay inside work, the others lead nowhere. */
export function linksCases(test: AddCase<FullFixture>): void {
  test("a link inside works, relative, absolute, or over others", async ({ fileSystem, makeLink, inside }) => {
    await fileSystem.makeDirectory("/d");
    await put(fileSystem, "/d/f", "abc");
    await makeLink("/relative", "d/f");
    await makeLink("/absolute", inside("/d/f"));
    await makeLink("/d/up", "../d/./f");
    await makeLink("/chain", "absolute");
    await makeLink("/folder", inside("/d"));
    await makeLink("/d/self", ".");
    await makeLink("/d/root", "..");
    for (
      const path of [
        "/relative",
        "/absolute",
        "/d/up",
        "/chain",
        "/folder/f",
        "/folder/up",
        "/d/self/self/f",
        "/d/root/d/root/chain",
      ]
    ) {
      expect(await get(fileSystem, path)).toBe("abc");
      expect(await fileSystem.stat(path)).toEqual(
        await fileSystem.stat("/d/f"),
      );
      expect(await fileSystem.resolve!(path)).toBe("/d/f");
    }
    const self = await fileSystem.stat("/chain", { followLinks: false });
    expect(self.kind).toBe("link");
    expect(await names(fileSystem, "/folder")).toEqual([
      "f",
      "root",
      "self",
      "up",
    ]);
    expect(await fileSystem.resolve!("/d/root")).toBe("/");
  });

  test("writing through a link changes the file, not the link", async ({ fileSystem, makeLink }) => {
    await fileSystem.makeDirectory("/d");
    await put(fileSystem, "/d/f", "abc");
    await makeLink("/l", "d/f");
    await put(fileSystem, "/l", "new");
    expect(await get(fileSystem, "/d/f")).toBe("new");
    const file = await fileSystem.open("/l", APPEND);
    await file.write(new TextEncoder().encode("er"), 0);
    await file.close();
    expect(await get(fileSystem, "/d/f")).toBe("newer");
    await expectCode(fileSystem.open("/l", NEW), "exists");
    const stat = await fileSystem.stat("/l", { followLinks: false });
    expect(stat.kind).toBe("link");
  });

  test("a link to nothing is a name of its own", async ({ fileSystem, makeLink }) => {
    await fileSystem.makeDirectory("/d");
    await makeLink("/l", "d/new");
    await makeLink("/deep", "no/such");
    await expectCode(fileSystem.stat("/l"), "not-found");
    await expectCode(fileSystem.open("/l", READ), "not-found");
    await expectCode(fileSystem.open("/l", RESTART), "not-found");
    await expectCode(fileSystem.open("/l", NEW), "exists");
    await expectCode(fileSystem.makeDirectory("/l"), "exists");
    await expectCode(fileSystem.open("/deep", REPLACE), "not-found");
    expect(await fileSystem.resolve!("/l")).toBe("/d/new");
    expect(await fileSystem.resolve!("/deep/x")).toBe("/no/such/x");
    await put(fileSystem, "/l", "abc");
    expect(await get(fileSystem, "/d/new")).toBe("abc");
  });

  test("links that lead in circles are told as such", async ({ fileSystem, makeLink }) => {
    await makeLink("/a", "b");
    await makeLink("/b", "a");
    await makeLink("/self", "self");
    for (const path of ["/a", "/self", "/a/x"]) {
      await expectCode(fileSystem.stat(path), "too-many-links");
      await expectCode(fileSystem.open(path, READ), "too-many-links");
      await expectCode(fileSystem.open(path, REPLACE), "too-many-links");
      await expectCode(fileSystem.resolve!(path), "too-many-links");
      await expectCode(entries(fileSystem, path), "too-many-links");
    }
    await fileSystem.remove("/a");
    await fileSystem.rename("/self", "/b");
    expect(await names(fileSystem, "/")).toEqual(["b"]);
  });

  test("a link out of the root leads nowhere, for every call", async ({ fileSystem, makeLink, outside }) => {
    const code = "outside-root";
    await put(fileSystem, "/f", "abc");
    for (const [index, target] of outside.entries()) {
      const link = `/l${index}`;
      await makeLink(link, target);
      for (const path of [link, `${link}/x`, `${link}/x/y`]) {
        await expectCode(fileSystem.stat(path), code);
        await expectCode(entries(fileSystem, path), code);
        await expectCode(fileSystem.open(path, READ), code);
        await expectCode(fileSystem.open(path, REPLACE), code);
        await expectCode(fileSystem.open(path, APPEND), code);
        await expectCode(fileSystem.setModified!(path, 0), code);
        await expectCode(fileSystem.setMode!(path, 0o777), code);
        await expectCode(fileSystem.enter!(path), code);
        await expectCode(fileSystem.resolve!(path), code);
      }
      for (const path of [`${link}/x`, `${link}/x/y`]) {
        await expectCode(fileSystem.stat(path, { followLinks: false }), code);
        await expectCode(fileSystem.open(path, NEW), code);
        await expectCode(fileSystem.makeDirectory(path), code);
        await expectCode(fileSystem.removeDirectory(path), code);
        await expectCode(fileSystem.remove(path), code);
        await expectCode(fileSystem.rename(path, "/x"), code);
        await expectCode(fileSystem.rename("/f", path), code);
      }
    }
    expect(await get(fileSystem, "/f")).toBe("abc");
  });

  test("remove and rename mean the link itself", async ({ fileSystem, makeLink }) => {
    await fileSystem.makeDirectory("/d");
    await put(fileSystem, "/d/f", "abc");
    await makeLink("/file", "d/f");
    await makeLink("/folder", "d");
    await expectCode(fileSystem.removeDirectory("/folder"), "not-a-directory");
    await fileSystem.remove("/folder");
    await fileSystem.rename("/file", "/moved");
    expect(await names(fileSystem, "/")).toEqual(["d", "moved"]);
    const stat = await fileSystem.stat("/moved", { followLinks: false });
    expect(stat.kind).toBe("link");
    await put(fileSystem, "/g", "over");
    await fileSystem.rename("/g", "/moved");
    expect(await get(fileSystem, "/d/f")).toBe("abc");
    expect(await get(fileSystem, "/moved")).toBe("over");
  });

  test("stat: self shows links, with targets that stay inside", async ({ fileSystem, makeLink, inside, outside }) => {
    await fileSystem.makeDirectory("/d");
    await makeLink("/absolute", inside("/d"));
    await makeLink("/broken", "no/such");
    await makeLink("/d/up", "../d");
    await makeLink("/loop", "loop");
    await makeLink("/relative", "./d");
    for (const [index, target] of outside.entries()) {
      await makeLink(`/z${index}`, target);
    }
    const all = await entries(fileSystem, "/", { stat: "self" });
    const targets = all.filter(({ stat }) => stat?.kind === "link")
      .map(({ name, target }) => [name, target]);
    const lost = outside.map((_, index) => [`z${index}`, undefined]);
    expect(Object.fromEntries(targets)).toEqual(
      Object.fromEntries([
        ["absolute", "/d"],
        ["broken", "no/such"],
        ["loop", undefined],
        ["relative", "./d"],
        ...lost,
      ]),
    );
    expect((await entries(fileSystem, "/d"))[0]?.target).toBe("../d");
  });

  test("stat: target shows what links lead to, or leaves them out", async ({ fileSystem, makeLink, inside, outside }) => {
    await fileSystem.makeDirectory("/d");
    await put(fileSystem, "/f", "abc");
    await makeLink("/broken", "no/such");
    await makeLink("/file", inside("/f"));
    await makeLink("/folder", "d");
    await makeLink("/loop", "loop");
    for (const [index, target] of outside.entries()) {
      await makeLink(`/z${index}`, target);
    }
    const all = await entries(fileSystem, "/", { stat: "target" });
    expect(all).toEqual([
      { name: "d", stat: await fileSystem.stat("/d") },
      { name: "f", stat: await fileSystem.stat("/f") },
      { name: "file", stat: await fileSystem.stat("/f") },
      { name: "folder", stat: await fileSystem.stat("/d") },
    ]);
    expect(await names(fileSystem, "/", { stat: "none" }))
      .toContain("broken");
  });

  test("resolve keeps a tail that does not exist yet", async ({ fileSystem, makeLink }) => {
    await fileSystem.makeDirectory("/d");
    await put(fileSystem, "/f");
    await makeLink("/l", "d");
    expect(await fileSystem.resolve!("/")).toBe("/");
    expect(await fileSystem.resolve!("/l/new")).toBe("/d/new");
    expect(await fileSystem.resolve!("/l/a/b/c")).toBe("/d/a/b/c");
    expect(await fileSystem.resolve!("/f/x")).toBe("/f/x");
  });
}

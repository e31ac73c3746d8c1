import { expect, test } from "vitest";
import { atomicUploads } from "../../lib/fs/atomic_uploads.ts";
import { MemoryFileSystem } from "../../lib/fs/memory_file_system.ts";
import { noOverwrite } from "../../lib/fs/no_overwrite.ts";
import type { FileSystem } from "../../lib/spi/file_system.ts";
import {
  APPEND,
  entries,
  expectCode,
  get,
  names,
  NEW,
  put,
  READ,
  REPLACE,
  RESTART,
} from "../contract/_file_system_fixture.ts";

function make(): { readonly files: MemoryFileSystem; tree: FileSystem } {
  const files = new MemoryFileSystem();
  files.writeFile("/old", "old");
  return { files, tree: noOverwrite(files) };
}

test("what is there is never written to", async () => {
  const { files, tree } = make();
  for (const mode of [REPLACE, NEW, RESTART, APPEND]) {
    await expectCode(tree.open("/old", mode), "exists");
    await expectCode(
      tree.open("/old", { access: "write", create: "never", truncate: true }),
      "exists",
    );
    await expectCode(atomicUploads(tree).open("/old", mode), "exists");
  }
  expect(await get(files, "/old")).toBe("old");
  expect(await names(files, "/")).toEqual(["old"]);
});

test("what is new is written as usual, in one step too", async () => {
  for (const wrap of [(tree: FileSystem) => tree, atomicUploads]) {
    const { tree: below } = make();
    const tree = wrap(below);
    await put(tree, "/new", "abc");
    const appended = await tree.open("/appended", APPEND);
    await appended.write(new TextEncoder().encode("x"), 0);
    await appended.close();
    expect(await get(tree, "/new")).toBe("abc");
    expect(await get(tree, "/appended")).toBe("x");
    await expectCode(tree.open("/none", RESTART), "not-found");
    await expectCode(tree.open("/none", READ), "not-found");
    expect(await names(tree, "/")).toEqual(["appended", "new", "old"]);
  }
});

test("a new name has to be free", async () => {
  const { files, tree } = make();
  files.writeFile("/a", "a");
  files.makeFolders("/d/e");
  files.makeFolders("/empty");
  files.makeLink("/l", "old");
  for (const to of ["/old", "/l", "/empty"]) {
    await expectCode(tree.rename("/a", to), "exists");
  }
  await expectCode(tree.rename("/d", "/empty"), "exists");
  await expectCode(tree.rename("/none", "/b"), "not-found");
  await expectCode(tree.rename("/d", "/d/x"), "invalid");
  await expectCode(tree.rename("/a", "/no/x"), "not-found");
  expect(await names(files, "/")).toEqual(["a", "d", "empty", "l", "old"]);
  expect(await names(files, "/d")).toEqual(["e"]);
  await tree.rename("/a", "/a");
  await tree.rename("/a", "/b");
  await tree.rename("/d", "/f");
  await tree.rename("/l", "/m");
  expect(await names(files, "/")).toEqual(["b", "empty", "f", "m", "old"]);
  expect(await get(files, "/b")).toBe("a");
  expect(await names(files, "/f")).toEqual(["e"]);
  expect((await files.stat("/m", { followLinks: false })).kind).toBe("link");
});

test("of many who want a name one gets it, whole", async () => {
  for (const wrap of [(tree: FileSystem) => tree, atomicUploads]) {
    const { files, tree: below } = make();
    const tree = wrap(below);
    const results = await Promise.allSettled(
      Array.from({ length: 20 }, async (_, at) => {
        await put(tree, `/from${at}`, `${at}`);
        await (at % 2 === 0
          ? tree.rename(`/from${at}`, "/goal")
          : put(tree, "/goal", `${at}`));
        return at;
      }),
    );
    const won = results.filter((one) => one.status === "fulfilled");
    expect(won.length).toBe(1);
    expect(await get(files, "/goal")).toBe(String(won[0]!.value));
    for (const one of results) {
      if (one.status === "rejected") {
        expect(one.reason).toMatchObject({ code: "exists" });
      }
    }
  }
});

test("looking, removing and changing modes is left as it is", async () => {
  const { files, tree } = make();
  expect(await entries(tree, "/")).toEqual(await entries(files, "/"));
  await tree.setMode!("/old", 0o600);
  await tree.setModified!("/old", 1_000);
  expect(await tree.stat("/old")).toMatchObject({
    mode: 0o600,
    modified: 1000,
  });
  await tree.remove("/old");
  await put(tree, "/old", "again");
  await tree.makeDirectory("/d");
  await tree.removeDirectory("/d");
  expect(await names(tree, "/")).toEqual(["old"]);
});

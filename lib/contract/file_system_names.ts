import type { AddCase } from "./cases.ts";
import { expect } from "./expect.ts";
import type { FileSystem } from "../spi/file_system.ts";
import {
  APPEND,
  entries,
  expectCode,
  type FullFixture,
  get,
  names,
  put,
  READ,
  REPLACE,
} from "./file_system_fixture.ts";

/** Every call that takes a path. */
function callsWith(
  fileSystem: FileSystem,
  path: string,
): readonly Promise<unknown>[] {
  const calls: readonly Promise<unknown>[] = [
    fileSystem.stat(path),
    fileSystem.stat(path, { followLinks: false }),
    entries(fileSystem, path),
    fileSystem.open(path, READ),
    fileSystem.open(path, REPLACE),
    fileSystem.open(path, APPEND),
    fileSystem.makeDirectory(path),
    fileSystem.removeDirectory(path),
    fileSystem.remove(path),
    fileSystem.rename(path, "/x"),
    fileSystem.rename("/keep", path),
    ...(fileSystem.setModified ? [fileSystem.setModified(path, 0)] : []),
    ...(fileSystem.setMode ? [fileSystem.setMode(path, 0o600)] : []),
    ...(fileSystem.enter ? [fileSystem.enter(path)] : []),
    ...(fileSystem.resolve ? [fileSystem.resolve(path)] : []),
  ];
  // The first one that is wrong ends the case; nobody asks for the others.
  for (const call of calls) call.catch(() => {});
  return calls;
}

/** Which names are possible, and which paths are refused. */
export function namesCases(test: AddCase<FullFixture>): void {
  for (
    const name of [
      "with space",
      " leading and trailing ",
      'quo"te',
      "back\\slash",
      "percent%20",
      "-rf",
      "..hidden",
      "...",
      "tab\there",
      "semi;colon",
      "star*?[x]",
      "größe.txt",
      "日本語",
      "🗂️",
      "e\u0301",
      "\ufeffbom",
      "\ufffd",
      "x".repeat(255),
    ]
  ) {
    test(`a file may be called ${JSON.stringify(name)}`, async ({ fileSystem }) => {
      await put(fileSystem, `/${name}`, "abc");
      expect(await get(fileSystem, `/${name}`)).toBe("abc");
      expect(await names(fileSystem, "/")).toEqual([name]);
      await fileSystem.makeDirectory("/d");
      await fileSystem.rename(`/${name}`, `/d/${name}`);
      expect((await fileSystem.stat(`/d/${name}`)).size).toBe(3);
      if (fileSystem.resolve !== undefined) {
        expect(await fileSystem.resolve(`/d/${name}`)).toBe(`/d/${name}`);
      }
      await fileSystem.remove(`/d/${name}`);
      await fileSystem.makeDirectory(`/${name}`);
      await put(fileSystem, `/${name}/inner`);
      expect(await names(fileSystem, `/${name}`)).toEqual(["inner"]);
    });
  }

  test("names in many scripts are listed as they are", async ({ fileSystem }) => {
    const all = ["a", "ä", "ñ", "я", "中", "😀"].sort();
    for (const name of all) await put(fileSystem, `/${name}`);
    expect(await names(fileSystem, "/")).toEqual(all);
  });

  for (
    const name of [
      "\udcff",
      "caf\udce9.txt",
      "\udced\udca0\udc80",
      "ä\udcff😀\udc80",
      "\ufffd\udcff",
      "\udcc3",
    ]
  ) {
    test(`bytes that are not text keep their value: ${JSON.stringify(name)}`, async ({ fileSystem, rawNames }) => {
      if (!rawNames) {
        await expectCode(fileSystem.open(`/${name}`, REPLACE), "invalid");
        expect(await names(fileSystem, "/")).toEqual([]);
        return;
      }
      await put(fileSystem, "/plain");
      await put(fileSystem, `/${name}`, "abc");
      for (const sorted of [true, false]) {
        for (const stat of ["none", "self", "target"] as const) {
          const all = await names(fileSystem, "/", { sorted, stat });
          expect([...all].sort()).toEqual(["plain", name].sort());
        }
      }
      expect(await get(fileSystem, `/${name}`)).toBe("abc");
      if (fileSystem.resolve !== undefined) {
        expect(await fileSystem.resolve(`/${name}`)).toBe(`/${name}`);
      }
      await fileSystem.makeDirectory(`/d${name}`);
      await fileSystem.rename(`/${name}`, `/d${name}/${name}`);
      expect(await names(fileSystem, `/d${name}`)).toEqual([name]);
      await fileSystem.remove(`/d${name}/${name}`);
      await fileSystem.removeDirectory(`/d${name}`);
      expect(await names(fileSystem, "/")).toEqual(["plain"]);
    });
  }

  test("names that look alike as text stay apart", async ({ fileSystem, rawNames }) => {
    if (!rawNames) return;
    const alike = ["x\ufffd", "x\udc80", "x\udc81", "x\udcff", "x\udc80\udc81"];
    for (const name of alike) await put(fileSystem, `/${name}`, name);
    const listed = await entries(fileSystem, "/");
    expect(listed.map(({ name }) => name)).toEqual([...alike].sort());
    for (const name of alike) await fileSystem.remove(`/${name}`);
    expect(await names(fileSystem, "/")).toEqual([]);
  });

  for (
    const path of [
      "",
      "keep",
      "./keep",
      "/keep/",
      "//keep",
      "/./keep",
      "/../keep",
      "/..",
      "/.",
      "/a/../keep",
      "/keep/..",
      "/keep\0",
      "/ke\0ep",
      "/keep\n",
      "/ke\nep",
      "/ke\rep",
      "/ke\r\nep",
    ]
  ) {
    test(`every call refuses the path ${JSON.stringify(path)}`, async ({ fileSystem }) => {
      await put(fileSystem, "/keep", "abc");
      await fileSystem.makeDirectory("/a");
      for (const call of callsWith(fileSystem, path)) {
        await expectCode(call, "invalid");
      }
      expect(await names(fileSystem, "/")).toEqual(["a", "keep"]);
    });
  }

  test("a path that is too long is refused", async ({ fileSystem, sparse }) => {
    // Only disks have such limits.
    if (!sparse) return;
    const long = "name-too-long";
    await expectCode(fileSystem.stat(`/${"x".repeat(256)}`), long);
    // Some systems look at such a path part by part.
    await expect(fileSystem.stat("/x".repeat(3000))).rejects.toMatchObject({
      code: /^(?:name-too-long|not-found)$/,
    });
    await expectCode(fileSystem.open(`/${"x".repeat(256)}`, REPLACE), long);
    await expectCode(fileSystem.makeDirectory(`/${"x".repeat(256)}`), long);
  });
}

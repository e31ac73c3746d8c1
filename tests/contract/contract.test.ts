import { describe, expect, test } from "vitest";
import { expect as claim } from "../../lib/contract/expect.ts";
import {
  fileSystemContract,
  type FileSystemFixture,
} from "../../lib/contract/mod.ts";
import { MemoryFileSystem } from "../../lib/fs/memory_file_system.ts";
import type { FileSystem } from "../../lib/spi/file_system.ts";

/** What becomes of each case, by its name. */
async function results(
  make: () => FileSystemFixture,
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const { name, run } of fileSystemContract(make)) {
    found.set(name, await run().catch(() => "broken"));
  }
  return found;
}

/** The names of the cases with this result. */
function namesOf(
  found: ReadonlyMap<string, string>,
  result: string,
): readonly string[] {
  return [...found].filter(([, value]) => value === result)
    .map(([name]) => name);
}

describe("fileSystemContract()", () => {
  test("has many cases, of different names", () => {
    const names = fileSystemContract(() => ({
      fileSystem: new MemoryFileSystem(),
    })).map(({ name }) => name);
    expect(names.length).toBeGreaterThan(80);
    expect(new Set(names).size).toBe(names.length);
  });

  test("skips what a file system has not got", async () => {
    const found = await results(() => ({
      fileSystem: new MemoryFileSystem(),
      rawNames: true,
    }));
    expect(namesOf(found, "broken")).toEqual([]);
    const skipped = namesOf(found, "skipped");
    expect(skipped).toContain(
      "contents: a pipe or device is not opened, and nobody waits",
    );
    expect(skipped.length).toBeLessThan(30);
    expect(namesOf(found, "passed").length).toBeGreaterThan(60);
  });

  test.each<[string, (files: FileSystem) => Partial<FileSystem>, string]>([
    [
      "cuts reads short",
      (files) => ({
        open: async (path, mode) => {
          const file = await files.open(path, mode);
          return {
            size: file.size,
            write: (bytes, position) => file.write(bytes, position),
            close: () => file.close(),
            read: (into, position) => file.read(into.subarray(0, 3), position),
          };
        },
      }),
      "contents: a read fills a large buffer as far as the file goes",
    ],
    [
      "overwrites what is new",
      (files) => ({
        open: (path, mode) =>
          files.open(
            path,
            mode.access === "write" ? { ...mode, create: "always" } : mode,
          ),
      }),
      "contents: create: new refuses an existing file and keeps it",
    ],
    [
      "does not sort",
      (files) => ({
        list: (path, options) =>
          files.list(path, { ...options, sorted: false }),
      }),
      "listing: a large folder is listed whole, sorted when asked",
    ],
    [
      "removes full folders",
      (files) => ({
        removeDirectory: async (path) => {
          if (path === "/d") return;
          await files.removeDirectory(path);
        },
      }),
      "tree: a folder is removed when it is empty, the root never",
    ],
    [
      "lets errors of its own out",
      () => ({ remove: () => Promise.reject(new Error("ENOENT")) }),
      "tree: remove takes files and pipes, no folders",
    ],
  ])("finds one that %s", async (_what, change, name) => {
    const found = await results(() => {
      const files = new MemoryFileSystem();
      const fileSystem: FileSystem = {
        stat: (path, options) => files.stat(path, options),
        list: (path, options) => files.list(path, options),
        open: (path, mode) => files.open(path, mode),
        makeDirectory: (path) => files.makeDirectory(path),
        removeDirectory: (path) => files.removeDirectory(path),
        remove: (path) => files.remove(path),
        rename: (from, to) => files.rename(from, to),
        ...change(files),
      };
      return {
        fileSystem,
        rawNames: true,
        makeSpecial: (path) => files.makeSpecial(path),
      };
    });
    expect(namesOf(found, "broken")).toContain(name);
  });

  test("disposes of each fixture, whatever happens", async () => {
    let open = 0;
    const found = await results(() => {
      open++;
      return {
        fileSystem: new MemoryFileSystem(),
        rawNames: true,
        dispose: () => void open--,
      };
    });
    expect(namesOf(found, "broken").length).toBe(0);
    expect(namesOf(found, "skipped").length).toBeGreaterThan(0);
    expect(open).toBe(0);
  });
});

describe("the assertions of the contract", () => {
  const fails = (act: () => void): void => expect(act).toThrow(/^expected /);

  test("hold when they should, and fail when they should", () => {
    claim({ a: [1, { b: NaN }], c: undefined }).toEqual({ a: [1, { b: NaN }] });
    fails(() => claim({ a: 1, b: 2 }).toEqual({ a: 1 }));
    fails(() => claim({ a: 1 }).toEqual({ a: 1, b: 2 }));
    fails(() => claim([1, 2]).toEqual([1]));
    fails(() => claim([1]).toEqual([1, 2]));
    fails(() => claim({}).toEqual([]));
    fails(() => claim(null).toEqual({}));
    claim({ a: "xyz", b: 1 }).toMatchObject({ a: /y/ });
    fails(() => claim({ a: "xyz" }).toMatchObject({ a: /^y/ }));
    fails(() => claim({ a: "xyz" }).toMatchObject({ b: null }));
    claim(1).toBe(1);
    fails(() => claim("1").toBe(1));
    fails(() => claim(1).not.toBe(1));
    claim(2).toBeGreaterThan(1);
    fails(() => claim(2).toBeGreaterThan(2));
    fails(() => claim("3").toBeGreaterThan(2));
    claim(2).toBeGreaterThanOrEqual(2);
    fails(() => claim(1).toBeGreaterThanOrEqual(2));
    claim("x").toBeTypeOf("string");
    fails(() => claim(1).toBeTypeOf("string"));
    claim(["a"]).toContain("a");
    claim(["a"]).not.toContain("b");
    fails(() => claim(["a"]).not.toContain("a"));
  });

  test("of rejections fail when nothing is rejected", async () => {
    const error = Object.assign(new Error("x"), { code: "io" });
    await claim(Promise.reject(error)).rejects.toMatchObject({ code: "io" });
    await expect(
      claim(Promise.reject(error)).rejects.toMatchObject({ code: "busy" }),
    ).rejects.toThrow(/^expected Error \(io\): x to match/);
    await expect(claim(Promise.resolve(1)).rejects.toMatchObject({}))
      .rejects.toThrow("expected a rejection with {}, got 1");
  });
});

import { describe, expect, test } from "vitest";
import { atomicUploads } from "../../lib/fs/atomic_uploads.ts";
import { mountTable } from "../../lib/fs/mount_table.ts";
import { MemoryFileSystem } from "../../lib/fs/memory_file_system.ts";
import { subtree } from "../../lib/fs/subtree.ts";
import {
  bytesOf,
  expectCode,
  type FullFixture,
  put,
  READ,
  REPLACE,
} from "./_file_system_fixture.ts";
import { describeFileSystem } from "./file_system.ts";

describeFileSystem("memory", () => fixture(new MemoryFileSystem(), ""));

describeFileSystem("memory with atomic uploads", () => {
  const files = new MemoryFileSystem();
  return { ...fixture(files, ""), fileSystem: atomicUploads(files) };
});

describeFileSystem("memory, mounted", () => {
  const files = new MemoryFileSystem();
  return { ...fixture(files, ""), fileSystem: mountTable({ "/": files }) };
});

describeFileSystem("memory, mounted in another", () => {
  const files = new MemoryFileSystem();
  const table = mountTable({
    "/": new MemoryFileSystem(),
    "/deep/down": files,
  });
  return {
    ...fixture(files, ""),
    fileSystem: subtree(table, "/deep/down"),
  };
});

describeFileSystem("subtree of a memory", () => {
  const files = new MemoryFileSystem();
  files.writeFile("/home/other/secret", "secret");
  files.makeFolders("/home/ann");
  return {
    ...fixture(files, "/home/ann"),
    fileSystem: subtree(files, "/home/ann"),
    outside: ["../other", "/home/other", "..", "/", "../../.."],
  };
});

function fixture(files: MemoryFileSystem, folder: string): FullFixture {
  return {
    fileSystem: files,
    makeLink: (path, target) => files.makeLink(folder + path, target),
    makeSpecial: (path) => files.makeSpecial(folder + path),
    outside: ["../..", "../../etc"],
    inside: (path) => folder + path,
    rawNames: true,
    obeysModes: true,
    sparse: false,
    dispose: () => {},
  };
}

describe("MemoryFileSystem", () => {
  test("takes its time from the clock it is given", async () => {
    let time = 1000;
    const files = new MemoryFileSystem({ now: () => time });
    files.writeFile("/d/f", "a");
    time = 2000;
    const file = await files.open("/d/f", REPLACE);
    await file.write(bytesOf("b"), 0);
    expect((await files.stat("/d/f")).modified).toBe(2000);
    expect((await files.stat("/d")).modified).toBe(1000);
    time = 3000;
    await files.remove("/d/f");
    expect((await files.stat("/d")).modified).toBe(3000);
  });

  test("is full at its capacity and has room again after", async () => {
    const files = new MemoryFileSystem({ capacity: 10 });
    await put(files, "/a", "0123456");
    expect(await files.freeSpace("/")).toBe(3);
    await expectCode(put(files, "/b", "0123"), "no-space");
    await put(files, "/b", "012");
    expect(await files.freeSpace("/")).toBe(0);
    await files.rename("/b", "/a");
    expect(await files.freeSpace("/")).toBe(7);
    const open = await files.open("/a", READ);
    await files.remove("/a");
    await open.close();
    expect(await files.freeSpace("/")).toBe(10);
    expect(() => new MemoryFileSystem({ capacity: NaN })).toThrow(
      "Cannot hold NaN bytes: not a size",
    );
  });

  test("is seeded and read without waiting", () => {
    const files = new MemoryFileSystem();
    files.writeFile("/a/b/c", "abc");
    files.makeLink("/a/l", "b/c");
    expect(files.readFile("/a/l")).toEqual(bytesOf("abc"));
    files.writeFile("/a/l", new Uint8Array([1]));
    expect(files.readFile("/a/b/c")).toEqual(new Uint8Array([1]));
    expect(() => files.readFile("/no")).toThrow("not-found");
    expect(() => files.makeLink("/a/l", "x")).toThrow("exists");
  });
});

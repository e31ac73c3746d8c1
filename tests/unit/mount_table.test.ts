import { expect, test } from "vitest";
import { ConfigError, FileError } from "../../lib/base/errors.ts";
import { MemoryFileSystem } from "../../lib/fs/memory_file_system.ts";
import { mountTable } from "../../lib/fs/mount_table.ts";
import { readOnly } from "../../lib/fs/read_only.ts";
import type { FileSystem } from "../../lib/spi/file_system.ts";

async function names(
  tree: FileSystem,
  path: string,
  sorted = true,
): Promise<string[]> {
  const found: string[] = [];
  for await (const batch of tree.list(path, { stat: "self", sorted })) {
    for (const { name, stat } of batch) {
      expect(stat).not.toBeNull();
      found.push(name);
    }
  }
  return found;
}

async function codeOf(run: () => Promise<unknown>): Promise<string> {
  try {
    await run();
  } catch (error) {
    return error instanceof FileError ? error.code : String(error);
  }
  return "done";
}

function made(): {
  readonly base: MemoryFileSystem;
  readonly music: MemoryFileSystem;
  readonly deep: MemoryFileSystem;
  readonly tree: FileSystem;
} {
  const base = new MemoryFileSystem();
  const music = new MemoryFileSystem();
  const deep = new MemoryFileSystem();
  base.writeFile("/a", "a");
  base.writeFile("/z", "z");
  base.writeFile("/music/hidden", "hidden");
  music.writeFile("/song", "la");
  deep.writeFile("/d", "d");
  const tree = mountTable({ "/": base, "/music": music, "/x/y": deep });
  return { base, music, deep, tree };
}

test("each file system has its folder, and hides what lies there", async () => {
  const { tree } = made();
  expect(await names(tree, "/")).toEqual(["a", "music", "x", "z"]);
  expect((await names(tree, "/", false)).sort())
    .toEqual(["a", "music", "x", "z"]);
  expect(await names(tree, "/music")).toEqual(["song"]);
  expect(await names(tree, "/x")).toEqual(["y"]);
  expect(await names(tree, "/x/y")).toEqual(["d"]);
  expect((await tree.stat("/x")).kind).toBe("directory");
  expect(await codeOf(() => tree.stat("/music/hidden"))).toBe("not-found");
  expect(await codeOf(() => names(tree, "/nope"))).toBe("not-found");
  await tree.enter?.("/x");
  await tree.enter?.("/x/y");
  expect(await codeOf(async () => await tree.enter?.("/a")))
    .toBe("not-a-directory");
});

test("without a root there are folders on the way only", async () => {
  const music = new MemoryFileSystem();
  music.writeFile("/song", "la");
  const tree = mountTable({ "/home/music": music });
  expect(await names(tree, "/")).toEqual(["home"]);
  expect(await names(tree, "/home")).toEqual(["music"]);
  expect(await codeOf(() => tree.makeDirectory("/new"))).toBe("not-found");
  expect(await codeOf(() => tree.makeDirectory("/home"))).toBe("exists");
  expect(await codeOf(() => tree.stat("/home/other"))).toBe("not-found");
  expect((await tree.stat("/home/music/song")).size).toBe(2);
});

test("mount points stay where they are", async () => {
  const { tree } = made();
  for (const path of ["/music", "/x", "/x/y", "/"]) {
    expect(await codeOf(() => tree.remove(path))).toBe("is-a-directory");
    expect(await codeOf(() => tree.removeDirectory(path)))
      .toBe("not-permitted");
    expect(await codeOf(() => tree.rename(path, "/b"))).toBe("not-permitted");
    expect(await codeOf(() => tree.rename("/a", path))).toBe("not-permitted");
    expect(await codeOf(() => tree.makeDirectory(path))).toBe("exists");
  }
});

test("names change within a file system, not from one to another", async () => {
  const { tree, music } = made();
  await tree.rename("/music/song", "/music/tune");
  expect(new TextDecoder().decode(music.readFile("/tune"))).toBe("la");
  expect(await codeOf(() => tree.rename("/music/tune", "/tune")))
    .toBe("cross-device");
});

test("each file system decides what can be done in it", async () => {
  const { base, music } = made();
  const tree = mountTable({ "/": readOnly(base), "/music": music });
  expect(await codeOf(() => tree.remove("/a"))).toBe("read-only");
  await tree.remove("/music/song");
  expect(await codeOf(async () => await tree.setMode?.("/a", 0o600)))
    .toBe("unsupported");
  await tree.makeDirectory("/music/new");
  await tree.setMode?.("/music/new", 0o700);
  expect((await tree.stat("/music/new")).mode).toBe(0o700);
});

test("numbers of files are not the same in two file systems", async () => {
  const [one, two] = [new MemoryFileSystem(), new MemoryFileSystem()];
  one.writeFile("/f", "");
  two.writeFile("/f", "");
  expect((await one.stat("/f")).id).toBe((await two.stat("/f")).id);
  const tree = mountTable({ "/one": one, "/two": two });
  expect((await tree.stat("/one/f")).id).not.toBe(
    (await tree.stat("/two/f")).id,
  );
});

test("links are resolved where they are, places told from there", async () => {
  const { music, tree } = made();
  music.makeLink("/link", "song");
  expect(await tree.resolve?.("/music/link")).toBe("/music/song");
  expect(await tree.resolve?.("/music")).toBe("/music");
  expect(await tree.resolve?.("/x")).toBe("/x");
});

test("what is no table is refused", () => {
  expect(() => mountTable({})).toThrow(ConfigError);
  expect(() => mountTable({ "music": new MemoryFileSystem() }))
    .toThrow('Cannot mount at "music": not a virtual path');
});

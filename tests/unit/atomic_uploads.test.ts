import { expect, test } from "vitest";
import { MemoryFileSystem, type OpenMode } from "../../adapters/memory.ts";
import { FileError } from "../../lib/base/errors.ts";
import { atomicUploads } from "../../lib/fs/atomic_uploads.ts";
import { loggedIn } from "../session/_dialogue.ts";

const REPLACE: OpenMode = { access: "write", create: "always", truncate: true };
const NEW: OpenMode = { access: "write", create: "new", truncate: true };

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function text(files: MemoryFileSystem, path: string): string {
  return new TextDecoder().decode(files.readFile(path));
}

/** All names in a folder, the hidden ones too. */
async function names(files: MemoryFileSystem, folder = "/"): Promise<string[]> {
  const found: string[] = [];
  for await (
    const batch of files.list(folder, { stat: "none", sorted: true })
  ) {
    found.push(...batch.map(({ name }) => name));
  }
  return found;
}

test("the old file is there until the new one is complete", async () => {
  const files = new MemoryFileSystem();
  files.writeFile("/a", "old");
  await files.setMode("/a", 0o640);
  const tree = atomicUploads(files);
  const handle = await tree.open("/a", REPLACE);
  await handle.write(bytes("new content"), 0);
  expect(text(files, "/a")).toBe("old");
  expect(await names(files)).toHaveLength(2);
  await handle.close();
  await handle.close();
  expect(text(files, "/a")).toBe("new content");
  expect((await files.stat("/a")).mode).toBe(0o640);
  expect(await names(files)).toEqual(["a"]);
});

test("what does not finish leaves nothing behind", async () => {
  const files = new MemoryFileSystem();
  files.writeFile("/a", "old");
  const tree = atomicUploads(files);
  for (const [path, mode] of [["/a", REPLACE], ["/b", NEW]] as const) {
    const handle = await tree.open(path, mode);
    await handle.write(bytes("half"), 0);
    await handle.abort?.(new Error("cut"));
    await handle.close();
  }
  expect(await names(files)).toEqual(["a"]);
  expect(text(files, "/a")).toBe("old");
});

test("an upload goes with its folder when that is renamed", async () => {
  for (const name of ["/d/in/a", "/link/in/a"]) {
    for (const mode of [REPLACE, NEW]) {
      for (const isWhole of [true, false]) {
        const files = new MemoryFileSystem();
        files.makeFolders("/d/in");
        files.writeFile("/other", "");
        files.makeLink("/link", "/d");
        const tree = atomicUploads(files);
        const handle = await tree.open(name, mode);
        await handle.write(bytes("new"), 0);
        await tree.rename("/other", "/d/in/b");
        await tree.rename("/link/in", "/d/out");
        await tree.rename("/d", "/e");
        if (isWhole) await handle.close();
        else await handle.abort?.(new Error("cut"));
        expect(await names(files, "/e/out"))
          .toEqual(isWhole ? ["a", "b"] : ["b"]);
        if (isWhole) expect(text(files, "/e/out/a")).toBe("new");
      }
    }
  }
});

test("an upload keeps its name when the old file takes another", async () => {
  const files = new MemoryFileSystem();
  files.writeFile("/a", "old");
  const tree = atomicUploads(files);
  const handle = await tree.open("/a", REPLACE);
  await handle.write(bytes("new"), 0);
  await tree.rename("/a", "/b");
  await handle.close();
  expect(await names(files)).toEqual(["a", "b"]);
  expect([text(files, "/a"), text(files, "/b")]).toEqual(["new", "old"]);
});

test("it can be kept, where clients do not see it", async () => {
  const files = new MemoryFileSystem();
  const tree = atomicUploads(files, { broken: "keep", prefix: ".part-" });
  const handle = await tree.open("/a", REPLACE);
  await handle.write(bytes("half"), 0);
  await handle.abort?.(new Error("cut"));
  const [hidden = ""] = await names(files);
  expect(hidden).toMatch(/^\.part-[0-9a-f]{24}$/);
  expect(text(files, `/${hidden}`)).toBe("half");
  const seen = [];
  for await (const batch of tree.list("/", { stat: "none", sorted: true })) {
    seen.push(...batch);
  }
  expect(seen).toEqual([]);
  const refused = async (run: () => Promise<unknown>): Promise<string> => {
    try {
      await run();
    } catch (error) {
      return error instanceof FileError ? error.code : String(error);
    }
    return "allowed";
  };
  const path = `/${hidden}`;
  const { setMode } = tree;
  expect(await refused(() => tree.stat(path))).toBe("not-found");
  expect(await refused(() => tree.open(path, { access: "read" })))
    .toBe("not-found");
  expect(await refused(() => tree.remove(path))).toBe("not-found");
  expect(await refused(() => tree.rename(path, "/b"))).toBe("not-found");
  expect(await refused(async () => await setMode?.(path, 0o600)))
    .toBe("not-found");
  expect(await refused(() => tree.open("/.part-x", REPLACE)))
    .toBe("permission-denied");
  expect(await refused(() => tree.makeDirectory("/.part-x")))
    .toBe("permission-denied");
  files.writeFile("/c", "");
  expect(await refused(() => tree.rename("/c", "/.part-x")))
    .toBe("permission-denied");
});

test("a link stays one: what it leads to is replaced", async () => {
  const files = new MemoryFileSystem();
  files.writeFile("/d/target", "old");
  files.makeLink("/link", "d/target");
  const handle = await atomicUploads(files).open("/link", REPLACE);
  await handle.write(bytes("new"), 0);
  await handle.close();
  expect(text(files, "/d/target")).toBe("new");
  expect((await files.stat("/link", { followLinks: false })).kind)
    .toBe("link");
});

test("a new name is taken at once, and by nobody else", async () => {
  const files = new MemoryFileSystem();
  const tree = atomicUploads(files);
  const handle = await tree.open("/a", NEW);
  await expect(tree.open("/a", NEW)).rejects.toMatchObject({ code: "exists" });
  await handle.write(bytes("mine"), 0);
  await handle.close();
  expect(text(files, "/a")).toBe("mine");
});

test("through a session: cut, resumed, appended, whole", async () => {
  const files = new MemoryFileSystem();
  files.writeFile("/a", "old content");
  await using stage = await loggedIn({
    authorizer: {
      authenticate: ({ username }) =>
        Promise.resolve({
          name: username,
          fileSystem: atomicUploads(files),
          pathRules: false,
          allows: () => true,
        }),
    },
  });
  const { client } = stage;
  await client.command("TYPE I");
  const data = await client.passive();
  expect(await client.command("STOR a")).toMatch(/^1/);
  await data.write(bytes("half"));
  data.reset();
  expect(await client.reply()).toMatch(/^426 /);
  expect(text(files, "/a")).toBe("old content");
  expect(await names(files)).toEqual(["a"]);

  expect(await client.upload("STOR a", "new")).toMatch(/^226 /);
  expect(text(files, "/a")).toBe("new");
  expect(await client.upload("APPE a", " and more")).toMatch(/^226 /);
  expect(text(files, "/a")).toBe("new and more");
  expect(await client.command("REST 3")).toMatch(/^350 /);
  expect(await client.upload("STOR a", "est of all")).toMatch(/^226 /);
  expect(text(files, "/a")).toMatch(/^newest of all/);
});

import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { settle } from "../../adapters/_fake_clock.ts";
import { localFileSystem } from "../../adapters/_local_files.ts";
import { deferred } from "../../lib/base/deferred.ts";
import { FileError } from "../../lib/base/errors.ts";
import { atomicUploads } from "../../lib/fs/atomic_uploads.ts";
import { measure, type Quota } from "../../lib/fs/counted_tree.ts";
import { MemoryFileSystem } from "../../lib/fs/memory_file_system.ts";
import { QuotaBook } from "../../lib/fs/quota_book.ts";
import { subtree } from "../../lib/fs/subtree.ts";
import type { FileHandle, FileSystem } from "../../lib/spi/file_system.ts";
import {
  APPEND,
  expectCode,
  NEW,
  put,
  READ,
  REPLACE,
  RESTART,
} from "../contract/_file_system_fixture.ts";
import { SeededRandom } from "../support/random.ts";

const BIG: Quota = { bytes: 1e9, files: 1e6 };

let files: MemoryFileSystem;
let time: number;
let book: QuotaBook;
/** Of each user: what the quota is now. */
let quotas: Map<string, Quota | null>;

beforeEach(() => {
  files = new MemoryFileSystem();
  files.makeFolders("/ann");
  files.makeFolders("/bob");
  time = 0;
  book = new QuotaBook({ now: () => time });
  quotas = new Map();
});

/** The folder of a user; `/` is everybody's. */
function folderOf(root: string, quota: Quota | null): FileSystem {
  quotas.set(root, quota);
  return book.keep(
    { fileSystem: subtree(files, root), root },
    () => quotas.get(root) ?? null,
  );
}

/** What is really there. */
async function really(root: string): Promise<unknown> {
  return await measure(files, root, () => false);
}

async function write(file: FileHandle, length: number, at = 0): Promise<void> {
  await file.write(new Uint8Array(length), at);
}

describe("a quota of bytes", () => {
  test("lets in what fits, to the byte, and nothing more", async () => {
    const ann = folderOf("/ann", { bytes: 10 });
    await put(ann, "/a", "12345");
    await put(ann, "/b", "12345");
    expect(book.usage("/ann")).toEqual({ bytes: 10, files: 2 });
    await expectCode(put(ann, "/c", "1"), "quota-exceeded");
    await put(ann, "/d", "");
    expect(await ann.freeSpace!("/")).toBe(0);
    await put(ann, "/a", "123");
    expect(await ann.freeSpace!("/")).toBe(2);
    await ann.remove("/b");
    await put(ann, "/c", "1234567");
    expect(book.usage("/ann")).toEqual({ bytes: 10, files: 3 });
  });

  test("counts what was there before, in folders too", async () => {
    files.writeFile("/ann/x/y/z", "12345678");
    files.makeLink("/ann/l", "x/y/z");
    const ann = folderOf("/ann", { bytes: 10 });
    await put(ann, "/a", "12");
    expect(book.usage("/ann")).toEqual({ bytes: 10, files: 5 });
    await expectCode(put(ann, "/b", "1"), "quota-exceeded");
    // Through the link, in place of what is there.
    await put(ann, "/l", "12345");
    expect(book.usage("/ann")).toEqual(await really("/ann"));
  });

  test("is shared by uploads at the same time", async () => {
    const ann = folderOf("/ann", { bytes: 100 });
    const open = await Promise.all(
      Array.from({ length: 30 }, (_, at) => ann.open(`/${at}`, REPLACE)),
    );
    const ends = await Promise.allSettled(open.map((file) => write(file, 7)));
    expect(ends.filter(({ status }) => status === "fulfilled")).toHaveLength(
      14,
    );
    for (const file of open) await file.close();
    expect(book.usage("/ann")).toEqual({ bytes: 98, files: 30 });
    expect(await really("/ann")).toEqual({ bytes: 98, files: 30 });
  });

  test("counts a file that two write once, to its end", async () => {
    const ann = folderOf("/ann", BIG);
    const first = await ann.open("/a", REPLACE);
    await write(first, 10);
    const second = await ann.open("/a", RESTART);
    await write(second, 10, 5);
    expect(book.usage("/ann")!.bytes).toBe(15);
    const third = await ann.open("/a", APPEND);
    await write(third, 5);
    expect(book.usage("/ann")!.bytes).toBe(20);
    const fourth = await ann.open("/a", REPLACE);
    expect(book.usage("/ann")!.bytes).toBe(0);
    await write(first, 1, 10);
    for (const file of [first, second, third, fourth]) await file.close();
    expect(book.usage("/ann")).toEqual({ bytes: 11, files: 1 });
    expect(await really("/ann")).toEqual({ bytes: 11, files: 1 });
  });

  test("counts a removed file as long as it is being written", async () => {
    const ann = folderOf("/ann", { bytes: 10 });
    const file = await ann.open("/a", REPLACE);
    await write(file, 6);
    await ann.remove("/a");
    await expectCode(put(ann, "/b", "12345"), "quota-exceeded");
    await write(file, 4, 6);
    await expectCode(write(file, 1, 10), "quota-exceeded");
    await file.close();
    expect(book.usage("/ann")).toEqual({ bytes: 0, files: 1 });
  });
});

describe("a quota of files", () => {
  test("counts files, folders and links", async () => {
    const ann = folderOf("/ann", { files: 3 });
    await ann.makeDirectory("/d");
    await put(ann, "/d/a");
    await put(ann, "/b");
    await expectCode(put(ann, "/c"), "quota-exceeded");
    await expectCode(ann.makeDirectory("/e"), "quota-exceeded");
    await expectCode(ann.open("/c", NEW), "quota-exceeded");
    await expectCode(ann.open("/c", APPEND), "quota-exceeded");
    await put(ann, "/b", "again");
    await expectCode(ann.open("/b", NEW), "exists");
    await expectCode(ann.open("/no", RESTART), "not-found");
    await ann.rename("/b", "/d/a");
    await put(ann, "/c");
    await ann.remove("/c");
    await ann.remove("/d/a");
    await ann.removeDirectory("/d");
    expect(book.usage("/ann")).toEqual({ bytes: 0, files: 0 });
    await expectCode(ann.remove("/c"), "not-found");
    expect(book.usage("/ann")).toEqual({ bytes: 0, files: 0 });
  });
});

describe("folders inside each other", () => {
  test("are counted whoever changes them", async () => {
    const ann = folderOf("/ann", BIG);
    const all = folderOf("/", BIG);
    const bob = folderOf("/bob", null);
    await put(ann, "/a", "123");
    await put(all, "/ann/b", "45");
    await put(bob, "/c", "6");
    expect(book.usage("/ann")).toEqual({ bytes: 5, files: 2 });
    expect(book.usage("/")).toEqual({ bytes: 6, files: 5 });
    expect(book.usage("/bob")).toBeNull();
    await all.rename("/ann/a", "/bob/a");
    expect(book.usage("/ann")).toEqual({ bytes: 2, files: 1 });
    await all.rename("/bob", "/ann/bob");
    expect(book.usage("/ann")).toEqual({ bytes: 6, files: 4 });
    await all.rename("/ann/bob", "/bob");
    await all.remove("/ann/b");
    expect(book.usage("/ann")).toEqual({ bytes: 0, files: 0 });
    expect(book.usage("/")).toEqual(await really("/"));
  });

  test("are counted right when one is moved as a whole", async () => {
    const ann = folderOf("/ann", BIG);
    const all = folderOf("/", BIG);
    await put(ann, "/d", "123");
    await put(all, "/x", "");
    await all.rename("/ann", "/old");
    expect(book.usage("/ann")).toEqual({ bytes: 0, files: 0 });
    await all.rename("/old", "/ann");
    expect(book.usage("/ann")).toEqual({ bytes: 3, files: 1 });
    expect(book.usage("/")).toEqual(await really("/"));
  });

  test("are counted right when a file moves while it is written", async () => {
    const ann = folderOf("/ann", BIG);
    const all = folderOf("/", BIG);
    await put(ann, "/x", "");
    const file = await ann.open("/a", REPLACE);
    await write(file, 5);
    await all.makeDirectory("/ann/d");
    await all.rename("/ann/a", "/ann/d/a");
    await all.rename("/ann/d", "/bob/d");
    expect(book.usage("/ann")).toEqual({ bytes: 0, files: 1 });
    await write(file, 5, 5);
    await file.close();
    expect(book.usage("/ann")).toEqual({ bytes: 0, files: 1 });
    expect(book.usage("/")).toEqual(await really("/"));
  });
});

describe("counting", () => {
  test("begins when the work that nobody counted is over", async () => {
    const ann = folderOf("/ann", null);
    const bob = folderOf("/bob", null);
    const early = await ann.open("/a", REPLACE);
    await write(early, 3);
    quotas.set("/ann", { bytes: 10 });
    quotas.set("/bob", { bytes: 10 });
    await put(bob, "/x", "1");
    const late = put(ann, "/b", "12345");
    await settle();
    expect(book.usage("/ann")).toBeNull();
    await write(early, 3, 3);
    await early.close();
    await expectCode(late, "quota-exceeded");
    expect(book.usage("/ann")).toEqual({ bytes: 6, files: 2 });
  });

  test("does not miss what is written meanwhile", async () => {
    const gate = deferred<void>();
    let isSlow = true;
    const inner = subtree(files, "/ann");
    const slow: FileSystem = {
      ...inner,
      async *list(path, options) {
        for await (const batch of inner.list(path, options)) {
          yield batch;
          if (isSlow) await gate.promise;
        }
      },
    };
    const all = folderOf("/", BIG);
    await put(all, "/ann/old", "12");
    const file = await all.open("/ann/a", REPLACE);
    const gone = await all.open("/ann/b", REPLACE);
    await write(file, 3);
    await write(gone, 3);
    await all.remove("/ann/b");
    const ann = book.keep({ fileSystem: slow, root: "/ann" }, () => BIG);
    const counted = put(ann, "/c", "1");
    await settle();
    await write(file, 4, 3);
    await write(gone, 4, 3);
    isSlow = false;
    gate.resolve();
    await counted;
    expect(book.usage("/ann")).toEqual({ bytes: 2 + 7 + 7 + 1, files: 3 });
    await gone.close();
    await file.close();
    expect(book.usage("/ann")).toEqual(await really("/ann"));
  });

  test("looks at a file again whose writing failed", async () => {
    const small = new MemoryFileSystem({ capacity: 10 });
    const ann = book.keep({ fileSystem: small, root: "/ann" }, () => BIG);
    const file = await ann.open("/a", REPLACE);
    await write(file, 8);
    await expectCode(write(file, 8, 8), "no-space");
    expect(book.usage("/ann")!.bytes).toBe(16);
    await file.abort!(new Error("over"));
    expect(book.usage("/ann")).toEqual({ bytes: 8, files: 1 });
  });

  test("looks at a file again that is aborted, and may be gone", async () => {
    const inner = subtree(files, "/ann");
    const tidy: FileSystem = {
      ...inner,
      async open(path, mode) {
        const handle = await inner.open(path, mode);
        return {
          size: handle.size,
          read: (into, at) => handle.read(into, at),
          write: (bytes, at) => handle.write(bytes, at),
          close: () => handle.close(),
          abort: () => inner.remove(path),
        };
      },
    };
    const ann = book.keep({ fileSystem: tidy, root: "/ann" }, () => BIG);
    const file = await ann.open("/a", REPLACE);
    await write(file, 8);
    await file.abort!(new Error("over"));
    expect(book.usage("/ann")).toEqual({ bytes: 0, files: 0 });
  });

  test("is done again for a full folder, once a minute at most", async () => {
    const ann = folderOf("/ann", { bytes: 10 });
    await put(ann, "/a", "1234567890");
    // By another program.
    await files.remove("/ann/a");
    await expectCode(put(ann, "/b", "1"), "quota-exceeded");
    time = 59_999;
    await expectCode(put(ann, "/b", "1"), "quota-exceeded");
    time = 60_000;
    await put(ann, "/b", "1");
    expect(book.usage("/ann")).toEqual({ bytes: 1, files: 1 });
  });

  test("reading and looking are not changed at all", async () => {
    files.writeFile("/ann/a", "123");
    const ann = folderOf("/ann", { bytes: 0, files: 0 });
    const file = await ann.open("/a", READ);
    expect(file.size).toBe(3);
    await file.close();
    expect(book.usage("/ann")).toBeNull();
  });
});

/** Does many things at once, again and again; the count must be right. */
async function play(
  seed: number,
  open: (root: string) => FileSystem,
  shown: (fileSystem: FileSystem) => FileSystem = (fileSystem) => fileSystem,
): Promise<void> {
  const random = new SeededRandom(seed);
  const below = (limit: number) => random.below(limit);
  const all = open("/");
  const kept = (root: string, quota: Quota | null): FileSystem =>
    shown(book.keep({ fileSystem: open(root), root }, () => quota));
  // Whoever has the larger folder may fill the smaller ones further.
  const isAlone = seed % 3 === 0;
  const users = [
    ["/ann", kept("/ann", { bytes: 120, files: 4 })],
    ["/bob", kept("/bob", { bytes: 100 })],
    ["", kept("/", seed % 3 === 1 ? null : BIG)],
  ] as const;
  const names = ["/a", "/b", "/d", "/d/a", "/d/b", "/d/e", "/d/e/a"];
  const act = async (): Promise<void> => {
    const [root, fileSystem] = users[below(isAlone ? 2 : 3)]!;
    const pick = (): string => {
      const name = names[below(names.length)]!;
      return root === "" ? `/${["ann", "bob"][below(2)]}${name}` : name;
    };
    switch (below(8)) {
      case 0:
        return await fileSystem.makeDirectory(pick());
      case 1:
        return await fileSystem.removeDirectory(pick());
      case 2:
        return await fileSystem.remove(pick());
      case 3:
        return await fileSystem.rename(pick(), pick());
    }
    const mode = [REPLACE, NEW, RESTART, APPEND][below(4)]!;
    const file = await fileSystem.open(pick(), mode);
    try {
      for (let round = below(5); round > 0; round--) {
        await write(file, 1 + below(40), below(60));
        if (below(2) === 0) await settle();
      }
    } finally {
      await (below(3) === 0 && file.abort?.(null) || file.close());
    }
  };
  const failures = new Set<string>();
  for (let round = 0; round < 40; round++) {
    await Promise.all(
      Array.from({ length: 1 + below(8) }, () =>
        act().catch((error) => {
          if (!(error instanceof FileError)) throw error;
          failures.add(error.code);
        })),
    );
    for (const root of ["/", "/ann", "/bob"]) {
      const usage = book.usage(root);
      if (usage === null) continue;
      expect(usage, root).toEqual(await measure(all, root, () => false));
    }
    if (!isAlone) continue;
    expect(book.usage("/ann")?.bytes ?? 0).toBeLessThanOrEqual(120);
    expect(book.usage("/ann")?.files ?? 0).toBeLessThanOrEqual(4);
    expect(book.usage("/bob")?.bytes ?? 0).toBeLessThanOrEqual(100);
  }
  expect(failures).toContain("not-found");
  expect(failures).toContain("quota-exceeded");
}

describe("the count is right after many changes at once", () => {
  for (let seed = 1; seed <= 30; seed++) {
    test(`in memory, ${seed}`, () =>
      play(seed, (root) => subtree(files, root)));
  }

  for (let seed = 1; seed <= 10; seed++) {
    test(`with atomic uploads, ${seed}`, () =>
      play(seed, (root) => subtree(files, root), atomicUploads));
  }

  for (let seed = 1; seed <= 6; seed++) {
    test(`on a disk, by several threads, ${seed}`, async () => {
      const folder = mkdtempSync(join(tmpdir(), "anyftpd-quota-"));
      mkdirSync(join(folder, "ann"));
      mkdirSync(join(folder, "bob"));
      try {
        await play(
          seed,
          (root) => localFileSystem(join(folder, root), { blocking: false }),
        );
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  }
});

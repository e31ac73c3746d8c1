import type { AddCase } from "./cases.ts";
import { expect } from "./expect.ts";
import {
  entries,
  expectCode,
  type FullFixture,
  names,
  put,
} from "./file_system_fixture.ts";

/** Enough for several batches of every implementation. */
const MANY = 600;

function nameOf(index: number): string {
  return `file-${index}`;
}

/** What `list` answers for plain files and folders. */
export function listingCases(test: AddCase<FullFixture>): void {
  test("an empty folder has no entries", async ({ fileSystem }) => {
    expect(await entries(fileSystem, "/")).toEqual([]);
  });

  test("hidden names are listed, . and .. are not", async ({ fileSystem }) => {
    await put(fileSystem, "/.profile");
    await fileSystem.makeDirectory("/.git");
    expect(await names(fileSystem, "/")).toEqual([".git", ".profile"]);
  });

  test("entries tell what they are, or names alone", async ({ fileSystem, makeSpecial }) => {
    await put(fileSystem, "/f", "abc");
    await fileSystem.makeDirectory("/d");
    await makeSpecial("/p");
    for (const stat of ["self", "target"] as const) {
      for (const sorted of [true, false]) {
        const all = await entries(fileSystem, "/", { stat, sorted });
        const kinds = all.map((entry) => [entry.name, entry.stat?.kind]);
        expect(Object.fromEntries(kinds)).toEqual({
          d: "directory",
          f: "file",
          p: "other",
        });
        const file = all.find(({ name }) => name === "f");
        expect(file).toEqual({
          name: "f",
          stat: await fileSystem.stat("/f"),
        });
      }
    }
    const bare = await entries(fileSystem, "/", { stat: "none" });
    expect(bare).toEqual(["d", "f", "p"].map((name) => ({ name, stat: null })));
  });

  test("what is no folder is not listed, on the first step", async ({ fileSystem, makeSpecial }) => {
    await put(fileSystem, "/f");
    await makeSpecial("/p");
    const options = { sorted: false, stat: "none" } as const;
    for (
      const [path, code] of [
        ["/f", "not-a-directory"],
        ["/p", "not-a-directory"],
        ["/f/x", "not-a-directory"],
        ["/no", "not-found"],
      ] as const
    ) {
      const steps = fileSystem.list(path, options)[Symbol.asyncIterator]();
      await expectCode(steps.next(), code);
    }
  });

  test("a large folder is listed whole, sorted when asked", async ({ fileSystem }) => {
    const expected: string[] = [];
    for (let index = 0; index < MANY; index++) {
      expected.push(nameOf(index));
      await put(fileSystem, `/${nameOf(index)}`);
    }
    expected.sort();
    for (const stat of ["none", "self", "target"] as const) {
      expect(await names(fileSystem, "/", { stat, sorted: true }))
        .toEqual(expected);
      const unsorted = await names(fileSystem, "/", { stat, sorted: false });
      expect([...unsorted].sort()).toEqual(expected);
    }
  });

  test("entries that vanish meanwhile are skipped", async ({ fileSystem }) => {
    for (let index = 0; index < MANY; index++) {
      await put(fileSystem, `/${nameOf(index)}`);
    }
    const options = { sorted: true, stat: "self" } as const;
    // The last of all in sorted order, so not in the first batch.
    const gone = nameOf(99);
    const seen: string[] = [];
    for await (const batch of fileSystem.list("/", options)) {
      if (seen.length === 0) await fileSystem.remove(`/${gone}`);
      seen.push(...batch.map(({ name }) => name));
    }
    expect(seen.length).toBe(MANY - 1);
    expect(seen).not.toContain(gone);
  });

  test("a listing may be given up at any batch", async ({ fileSystem }) => {
    for (let index = 0; index < MANY; index++) {
      await put(fileSystem, `/${nameOf(index)}`);
    }
    for (const sorted of [true, false]) {
      for (let round = 0; round < 20; round++) {
        const options = { sorted, stat: "self" } as const;
        for await (const batch of fileSystem.list("/", options)) {
          expect(batch.length).toBeGreaterThan(0);
          break;
        }
      }
    }
    expect((await names(fileSystem, "/")).length).toBe(MANY);
  });

  test("a folder that is removed while it is listed ends", async ({ fileSystem }) => {
    await fileSystem.makeDirectory("/d");
    for (let index = 0; index < MANY; index++) {
      await put(fileSystem, `/d/${nameOf(index)}`);
    }
    const options = { sorted: false, stat: "self" } as const;
    let batches = 0;
    for await (const batch of fileSystem.list("/d", options)) {
      batches++;
      if (batches > 1) continue;
      expect(batch.length).toBeGreaterThan(0);
      for (const name of await names(fileSystem, "/d")) {
        await fileSystem.remove(`/d/${name}`);
      }
      await fileSystem.removeDirectory("/d");
    }
    expect(batches).toBeGreaterThanOrEqual(1);
  });
}

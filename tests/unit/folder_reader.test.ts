import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { folderCalls } from "../../adapters/_folder_calls.ts";
import { FolderReader } from "../../adapters/_folder_reader.ts";
import { hostPath, KEEPS_RAW_NAMES } from "../../adapters/_host_path.ts";
import { localStat } from "../../adapters/_local_stat.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "anyftpd-reader-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function open(): FolderReader {
  const reader = FolderReader.open(folder);
  if (reader === null) throw new Error("no C library");
  return reader;
}

function allNames(reader: FolderReader): string[] {
  const names: string[] = [];
  for (let part = reader.names(); part !== null; part = reader.names()) {
    names.push(...part);
  }
  return names;
}

// Elsewhere node:fs does it all: without koffi before Node 26, say.
describe.runIf(folderCalls() !== null)("FolderReader", () => {
  test("stat() says of every kind of entry what node:fs says", () => {
    writeFileSync(join(folder, "file"), "twelve bytes", { mode: 0o640 });
    utimesSync(join(folder, "file"), 1, 1_234_567_890.5);
    writeFileSync(join(folder, "old"), "");
    utimesSync(join(folder, "old"), -86_400.75, -86_400.75);
    mkdirSync(join(folder, "folder"), { mode: 0o1750 });
    symlinkSync("nowhere", join(folder, "link"));
    const reader = open();
    const names = allNames(reader);
    expect(names.sort()).toEqual(["file", "folder", "link", "old"]);
    for (const name of names) {
      const stats = lstatSync(join(folder, name));
      expect(reader.stat(name), name).toEqual(localStat(stats));
    }
    reader.close();
  });

  test("names() tells every name once, however many calls it takes", () => {
    const wanted = Array.from({ length: 3000 }, (_, at) => `${at}`.repeat(9));
    for (const name of wanted) writeFileSync(join(folder, name), "");
    const reader = open();
    expect(allNames(reader).sort()).toEqual(wanted.sort());
    expect(reader.names()).toBe(null);
    reader.close();
  });

  test("names of the longest kind and of many scripts are found again", () => {
    const wanted = [
      "x".repeat(255),
      "ä".repeat(127),
      "日本 語",
      "😀",
      " ",
      "\n",
    ];
    for (const name of wanted) writeFileSync(join(folder, name), "");
    const reader = open();
    expect(allNames(reader).sort()).toEqual(wanted.sort());
    for (const name of wanted) expect(reader.stat(name)?.kind).toBe("file");
    reader.close();
  });

  test.runIf(KEEPS_RAW_NAMES)(
    "names that are no text keep their bytes and are found again",
    () => {
      const wanted = ["a\udcff", "b\udc80c", "ok"];
      for (const name of wanted) {
        writeFileSync(hostPath(join(folder, "x").slice(0, -1) + name), "");
      }
      const reader = open();
      expect(allNames(reader).sort()).toEqual(wanted);
      for (const name of wanted) expect(reader.stat(name)?.kind).toBe("file");
      reader.close();
    },
  );

  test("stat() answers null for what has vanished", () => {
    const reader = open();
    expect(reader.stat("gone")).toBe(null);
    reader.close();
  });

  test("stat() leaves to others what it cannot look at", () => {
    const reader = open();
    expect(reader.stat("x".repeat(300))).toBe(undefined);
    reader.close();
  });

  test("names() of a folder that was removed are at their end", () => {
    const reader = open();
    rmSync(folder, { recursive: true });
    expect(reader.names()).toBe(null);
    reader.close();
  });

  test("open() throws what node:fs throws for what is no folder", () => {
    const file = join(folder, "file");
    writeFileSync(file, "");
    expect(() => FolderReader.open(file)).toThrow(/ENOTDIR/);
    expect(() => FolderReader.open(join(folder, "no"))).toThrow(/ENOENT/);
  });
});

import { expect, test } from "vitest";
import { MemoryFileSystem } from "../../lib/fs/memory_file_system.ts";
import { readOnly } from "../../lib/fs/read_only.ts";
import {
  APPEND,
  entries,
  expectCode,
  get,
  NEW,
  REPLACE,
  RESTART,
} from "../contract/_file_system_fixture.ts";

test("readOnly reads and lists as the file system does", async () => {
  const files = new MemoryFileSystem();
  files.writeFile("/d/f", "abc");
  files.makeLink("/l", "d");
  const reader = readOnly(files);
  expect(await get(reader, "/l/f")).toBe("abc");
  expect(await reader.stat("/l", { followLinks: false }))
    .toMatchObject({ kind: "link" });
  expect(await entries(reader, "/")).toEqual(await entries(files, "/"));
  expect(await reader.resolve!("/l/f")).toBe("/d/f");
  await reader.enter!("/l");
  expect(reader.locate).toBeUndefined();
});

test("readOnly refuses every change and makes none", async () => {
  const files = new MemoryFileSystem();
  files.writeFile("/d/f", "abc");
  const before = await entries(files, "/d");
  const reader = readOnly(files);
  for (const mode of [REPLACE, NEW, RESTART, APPEND]) {
    await expectCode(reader.open("/d/f", mode), "read-only");
    await expectCode(reader.open("/d/new", mode), "read-only");
  }
  await expectCode(reader.makeDirectory("/new"), "read-only");
  await expectCode(reader.removeDirectory("/d"), "read-only");
  await expectCode(reader.remove("/d/f"), "read-only");
  await expectCode(reader.rename("/d/f", "/g"), "read-only");
  expect(reader.setMode).toBeUndefined();
  expect(reader.setModified).toBeUndefined();
  expect(await entries(files, "/d")).toEqual(before);
});

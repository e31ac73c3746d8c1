import { execFileSync } from "node:child_process";
import {
  closeSync,
  constants,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import process from "node:process";
import { afterEach, beforeEach, expect, test } from "vitest";
import { adapterFileSystem } from "../contract/_adapter_file_system.ts";
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
import { furnish, JailFolders, snapshot } from "./jail_folders.ts";

let base: string;
let root: string;
let outside: string;
let folders: JailFolders;

beforeEach(() => {
  folders = new JailFolders();
  ({ base, root, outside } = folders);
});

afterEach(() => folders.remove());

test("a pipe is refused at once, with and without its other end", async () => {
  const files = adapterFileSystem(root);
  const pipe = `${root}/pipe`;
  execFileSync("mkfifo", [pipe]);
  symlinkSync("pipe", `${root}/link`);
  for (const other of [null, constants.O_RDWR | constants.O_NONBLOCK]) {
    const held = other === null ? null : openSync(pipe, other);
    for (const path of ["/pipe", "/link"]) {
      for (const mode of [READ, APPEND, REPLACE, RESTART]) {
        const started = performance.now();
        await expectCode(files.open(path, mode), "not-a-file");
        expect(performance.now() - started).toBeLessThan(1000);
      }
      await expectCode(entries(files, path), "not-a-directory");
    }
    if (held !== null) closeSync(held);
  }
  expect((await entries(files, "/"))[1]?.stat?.kind).toBe("other");
});

test("a socket is refused", async () => {
  const files = adapterFileSystem(root);
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(`${root}/socket`, () => resolve());
  });
  for (const mode of [READ, APPEND, REPLACE]) {
    await expectCode(files.open("/socket", mode), "not-a-file");
  }
  await new Promise((resolve) => server.close(resolve));
});

test("devices are out of reach over links", async () => {
  const files = adapterFileSystem(root);
  for (const device of ["zero", "null", "tty", "stdin", "full"]) {
    symlinkSync(`/dev/${device}`, `${root}/${device}`);
    for (const mode of [READ, APPEND, REPLACE]) {
      await expectCode(files.open(`/${device}`, mode), "outside-root");
    }
  }
});

test("the magic links of /proc lead nowhere", async () => {
  const files = adapterFileSystem(root);
  writeFileSync(`${outside}/secret`, "secret");
  const held = openSync(`${outside}/secret`, "r");
  const folder = openSync(outside, "r");
  for (
    const target of [
      "/proc/self/root",
      "/proc/self/cwd",
      "/proc/self/exe",
      "/proc/self/environ",
      "/proc/1/root",
      `/proc/self/fd/${held}`,
      `/proc/self/fd/${folder}`,
      `/proc/self/fd/${folder}/secret`,
      `/proc/${process.pid}/fd/${held}`,
      `/proc/thread-self/fd/${held}`,
      `/dev/fd/${held}`,
    ]
  ) {
    symlinkSync(target, `${root}/magic`);
    for (const path of ["/magic", "/magic/x", "/magic/secret"]) {
      await expectCode(files.stat(path), "outside-root");
      await expectCode(files.open(path, READ), "outside-root");
      await expectCode(files.open(path, REPLACE), "outside-root");
      await expectCode(entries(files, path), "outside-root");
      await expectCode(files.setMode!(path, 0), "outside-root");
    }
    await files.remove("/magic");
  }
  closeSync(held);
  closeSync(folder);
  expect(readFileSync(`${outside}/secret`, "utf8")).toBe("secret");
});

test("out over a link and back in is in", async () => {
  const files = adapterFileSystem(root);
  writeFileSync(`${root}/file`, "inside");
  symlinkSync("..", `${root}/up`);
  symlinkSync("up/root/up/root/file", `${root}/around`);
  expect(await get(files, "/up/root/file")).toBe("inside");
  expect(await get(files, "/around")).toBe("inside");
  expect(await files.resolve!("/up/root/new")).toBe("/new");
  await expectCode(files.stat("/up"), "outside-root");
  await expectCode(files.stat("/up/outside"), "outside-root");
  await expectCode(files.stat("/up/nothing"), "outside-root");
  await expectCode(files.removeDirectory("/up/root"), "outside-root");
  await expectCode(files.rename("/up/root", "/x"), "outside-root");
  await expectCode(files.makeDirectory("/up/made"), "outside-root");
  expect(readdirSync(base).sort()).toEqual(["outside", "root"]);
});

test("a folder whose name begins like the root is outside", async () => {
  const files = adapterFileSystem(root);
  mkdirSync(`${base}/root-2`);
  writeFileSync(`${base}/root-2/file`, "outside");
  symlinkSync("../root-2", `${root}/link`);
  await expectCode(files.open("/link/file", READ), "outside-root");
  await expectCode(entries(files, "/link"), "outside-root");
});

test("chains of links end somewhere or are refused", async () => {
  const files = adapterFileSystem(root);
  writeFileSync(`${root}/link-0`, "inside");
  for (let link = 1; link <= 60; link++) {
    symlinkSync(`link-${link - 1}`, `${root}/link-${link}`);
  }
  expect(await get(files, "/link-40")).toBe("inside");
  for (const link of [41, 60]) {
    await expectCode(files.open(`/link-${link}`, READ), "too-many-links");
    await expectCode(files.open(`/link-${link}`, REPLACE), "too-many-links");
  }
  expect((await names(files, "/")).length).toBe(61);
});

test("a new file over a link to nothing stays inside", async () => {
  const files = adapterFileSystem(root);
  mkdirSync(`${root}/d`);
  symlinkSync("../outside/new", `${root}/out`);
  symlinkSync("../d/../../outside/new", `${root}/d/out`);
  symlinkSync(`${outside}/new`, `${root}/absolute`);
  symlinkSync("d/../d/new", `${root}/in`);
  for (const path of ["/out", "/d/out", "/absolute"]) {
    for (const mode of [REPLACE, APPEND, RESTART]) {
      await expectCode(files.open(path, mode), "outside-root");
    }
    await expectCode(files.open(path, NEW), "exists");
  }
  await put(files, "/in", "inside");
  expect(readFileSync(`${root}/d/new`, "utf8")).toBe("inside");
  expect(readdirSync(outside)).toEqual([]);
});

test("a removed link, or one renamed over, spares its target", async () => {
  const files = adapterFileSystem(root);
  furnish(`${outside}/d`, "outside!", 1);
  symlinkSync(`${outside}/d`, `${root}/folder`);
  symlinkSync(`${outside}/d/file`, `${root}/file`);
  symlinkSync(`${outside}/d/file`, `${root}/other`);
  const before = snapshot(outside);
  await put(files, "/new", "inside");
  await files.rename("/new", "/other");
  await files.remove("/folder");
  await files.remove("/file");
  expect(snapshot(outside)).toEqual(before);
  expect(readdirSync(root)).toEqual(["other"]);
});

test("a hard link is a file like any other", async () => {
  const files = adapterFileSystem(root);
  writeFileSync(`${root}/a`, "inside");
  linkSync(`${root}/a`, `${root}/b`);
  expect(await files.stat("/a")).toMatchObject({ links: 2 });
  expect((await files.stat("/a")).id).toBe((await files.stat("/b")).id);
  await files.remove("/a");
  expect(await get(files, "/b")).toBe("inside");
});

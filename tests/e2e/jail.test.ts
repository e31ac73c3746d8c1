import { type ChildProcess, spawn } from "node:child_process";
import {
  closeSync,
  constants,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  localFileSystem,
  type LocalFileSystemOptions,
} from "../../adapters/_local_file_system.ts";
import type { FileSystem } from "../../lib/spi/file_system.ts";
import {
  APPEND,
  bytesOf,
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

/** How long paths are swapped while calls are made. */
const ATTACK_MS = 1500;

let base: string;
let root: string;
let outside: string;

beforeEach(() => {
  base = realpathSync(mkdtempSync(`${tmpdir()}/anyftpd-jail-`));
  root = `${base}/root`;
  outside = `${base}/outside`;
  mkdirSync(root);
  mkdirSync(outside);
});

afterEach(() => rmSync(base, { recursive: true, force: true }));

/** Everything about a tree that must not change. */
function snapshot(folder: string): readonly string[] {
  return readdirSync(folder).sort().flatMap((name) => {
    const path = `${folder}/${name}`;
    const { mode, mtimeMs, ino, size } = lstatSync(path);
    const facts = [path, mode, mtimeMs, ino, size].join(" ");
    if (lstatSync(path).isDirectory()) return [facts, ...snapshot(path)];
    if (lstatSync(path).isSymbolicLink()) return [facts, readlinkSync(path)];
    return [facts, readFileSync(path, "utf8")];
  });
}

/** Fills a folder with the same names as its twin and other contents. */
function furnish(folder: string, content: string, pieces: number): void {
  mkdirSync(folder, { recursive: true });
  mkdirSync(`${folder}/sub`);
  writeFileSync(`${folder}/file`, content);
  writeFileSync(`${folder}/sub/file`, content);
  writeFileSync(`${folder}/marker-${content}`, content);
  for (let piece = 0; piece < pieces; piece++) {
    writeFileSync(`${folder}/victim-${piece}`, content);
    writeFileSync(`${folder}/moving-${piece}`, content);
    mkdirSync(`${folder}/empty-${piece}`);
  }
}

async function startSwapping(...paths: string[]): Promise<ChildProcess> {
  const script = fileURLToPath(new URL("jail_swapper.mjs", import.meta.url));
  const flags = "Deno" in globalThis ? ["run", "-A"] : [];
  const child = spawn(process.execPath, [...flags, script, ...paths], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await new Promise((resolve) => child.stdout!.once("data", resolve));
  return child;
}

async function stop(child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await ended;
}

/** How often calls went well, and what they failed with. */
class Tally {
  readonly counts: Map<string, number> = new Map();

  async take(call: Promise<unknown>): Promise<void> {
    const outcome = await call.then(() => "ok", (error) => error.code);
    this.counts.set(outcome, (this.counts.get(outcome) ?? 0) + 1);
  }

  get(outcome: string): number {
    return this.counts.get(outcome) ?? 0;
  }

  /** Failed expectations, and codes that no swap explains. */
  surprises(): readonly string[] {
    const known = ["ok", "outside-root", "not-found", "busy", "exists"];
    return [...this.counts.keys()].filter((code) => !known.includes(code));
  }
}

describe.each<[string, LocalFileSystemOptions]>([
  ["blocking", { blocking: true }],
  ["pooled", { blocking: false }],
])("while a folder is swapped for a link out (%s)", (_name, options) => {
  test("nothing outside is read, made, changed or removed", async () => {
    const pieces = 4000;
    furnish(`${root}/swap`, "inside", pieces);
    furnish(outside, "outside!", pieces);
    symlinkSync(outside, `${root}/swap.link`);
    writeFileSync(`${root}/file`, "inside");
    symlinkSync(`${outside}/file`, `${root}/file.link`);
    const before = snapshot(outside);
    const files = localFileSystem(root, options);
    const tally = new Tally();

    const child = await startSwapping(`${root}/swap`, `${root}/file`);
    const end = Date.now() + ATTACK_MS;
    for (let piece = 0; piece < pieces && Date.now() < end; piece++) {
      for (const call of attacks(files, piece)) await tally.take(call());
    }
    await stop(child);

    expect(snapshot(outside)).toEqual(before);
    // The attack was one: both states were met.
    expect(tally.get("ok")).toBeGreaterThan(50);
    expect(tally.get("outside-root")).toBeGreaterThan(50);
    expect(tally.surprises()).toEqual([]);
  });
});

/** Calls on names that lie inside and outside alike. */
function attacks(
  files: FileSystem,
  piece: number,
): readonly (() => Promise<unknown>)[] {
  const inside = async (path: string): Promise<void> => {
    expect(await get(files, path)).toBe("inside");
  };
  const write = async (path: string, mode: typeof REPLACE): Promise<void> => {
    const file = await files.open(path, mode);
    await file.write(bytesOf("inside"), 0);
    await file.close();
  };
  return [
    () => inside("/swap/file"),
    () => inside("/swap/sub/file"),
    () => inside("/file"),
    () => write("/swap/file", REPLACE),
    () => write("/swap/sub/file", RESTART),
    () => write("/file", REPLACE),
    () => write(`/swap/new-${piece}`, NEW),
    () => write(`/swap/sub/new-${piece}`, REPLACE),
    () => write(`/swap/log-${piece}`, APPEND),
    () => files.makeDirectory(`/swap/made-${piece}`),
    () => files.makeDirectory(`/swap/sub/made-${piece}`),
    () => files.removeDirectory(`/swap/empty-${piece}`),
    () => files.remove(`/swap/victim-${piece}`),
    () => files.rename(`/swap/moving-${piece}`, `/swap/moved-${piece}`),
    () => files.rename(`/swap/moved-${piece}`, `/taken-${piece}`),
    () => files.rename(`/taken-${piece}`, `/swap/sub/given-${piece}`),
    () => files.setMode!("/swap/file", 0o600),
    () => files.setMode!("/file", 0o600),
    () => files.setModified!("/swap/sub/file", 1e12),
    () => files.enter!("/swap"),
    async () => {
      expect((await files.stat("/swap/file")).size).toBeLessThan(7);
    },
    async () => {
      const path = "/swap/sub/file";
      const stat = await files.stat(path, { followLinks: false });
      expect(stat.size).toBeLessThan(7);
    },
    async () => {
      expect(await files.resolve!("/swap/file")).toMatch(
        /^\/swap(?:\.held)?\/file$/,
      );
    },
    async () => {
      if (piece % 20 > 0) return;
      const listed = await names(files, "/swap", { stat: "none" });
      expect(listed).not.toContain("marker-outside!");
    },
    async () => {
      const listed = await entries(files, "/swap/sub", { stat: "target" });
      for (const { name, stat } of listed) {
        if (name === "file") expect(stat!.size).toBeLessThan(7);
      }
    },
  ];
}

test("without descriptors, nothing outside is read or written", async () => {
  furnish(`${root}/swap`, "inside", 0);
  furnish(outside, "outside!", 0);
  symlinkSync(outside, `${root}/swap.link`);
  writeFileSync(`${root}/file`, "inside");
  symlinkSync(`${outside}/file`, `${root}/file.link`);
  const before = snapshot(outside);
  const files = localFileSystem(root, { descriptors: false });
  const tally = new Tally();
  const child = await startSwapping(`${root}/swap`, `${root}/file`);
  const end = Date.now() + ATTACK_MS;
  while (Date.now() < end) {
    for (const call of attacks(files, 0).slice(0, 6)) await tally.take(call());
  }
  await stop(child);
  expect(snapshot(outside)).toEqual(before);
  expect(tally.get("ok")).toBeGreaterThan(50);
  expect(tally.get("outside-root")).toBeGreaterThan(50);
  expect(tally.surprises()).toEqual([]);
});

describe("what stands still", () => {
  test("a pipe is refused at once, with and without its other end", async () => {
    const files = localFileSystem(root);
    const pipe = `${root}/pipe`;
    await run("mkfifo", pipe);
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
    const files = localFileSystem(root);
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
    const files = localFileSystem(root);
    for (const device of ["zero", "null", "tty", "stdin", "full"]) {
      symlinkSync(`/dev/${device}`, `${root}/${device}`);
      for (const mode of [READ, APPEND, REPLACE]) {
        await expectCode(files.open(`/${device}`, mode), "outside-root");
      }
    }
  });

  test("the magic links of /proc lead nowhere", async () => {
    const files = localFileSystem(root);
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
    const files = localFileSystem(root);
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
    const files = localFileSystem(root);
    mkdirSync(`${base}/root-2`);
    writeFileSync(`${base}/root-2/file`, "outside");
    symlinkSync("../root-2", `${root}/link`);
    await expectCode(files.open("/link/file", READ), "outside-root");
    await expectCode(entries(files, "/link"), "outside-root");
  });

  test("chains of links end somewhere or are refused", async () => {
    const files = localFileSystem(root);
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
    const files = localFileSystem(root);
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
    const files = localFileSystem(root);
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
    const files = localFileSystem(root);
    writeFileSync(`${root}/a`, "inside");
    linkSync(`${root}/a`, `${root}/b`);
    expect(await files.stat("/a")).toMatchObject({ links: 2 });
    expect((await files.stat("/a")).id).toBe((await files.stat("/b")).id);
    await files.remove("/a");
    expect(await get(files, "/b")).toBe("inside");
  });
});

async function run(command: string, ...args: string[]): Promise<void> {
  const child = spawn(command, args, { stdio: "ignore" });
  await new Promise((resolve) => child.once("exit", resolve));
}

import { type ChildProcess, spawn } from "node:child_process";
import { symlinkSync, writeFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { LocalFileSystemOptions } from "../../adapters/_local_files.ts";
import type { FileSystem } from "../../lib/spi/file_system.ts";
import { adapterFileSystem } from "../contract/_adapter_file_system.ts";
import {
  APPEND,
  bytesOf,
  entries,
  get,
  names,
  NEW,
  REPLACE,
  RESTART,
} from "../contract/_file_system_fixture.ts";
import { furnish, JailFolders, snapshot } from "./jail_folders.ts";

/** How long paths are swapped while calls are made. */
const ATTACK_MS = 1500;

let root: string;
let outside: string;
let folders: JailFolders;

beforeEach(() => {
  folders = new JailFolders();
  ({ root, outside } = folders);
});

afterEach(() => folders.remove(), 60_000);

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
  surprises(...more: readonly string[]): readonly string[] {
    const known = [
      "ok",
      "outside-root",
      "not-found",
      "busy",
      "exists",
      ...more,
    ];
    return [...this.counts.keys()].filter((code) => !known.includes(code));
  }
}

describe.each<[string, LocalFileSystemOptions]>([
  ["blocking", { blocking: true }],
  ["pooled", { blocking: false }],
])("while a folder is swapped for a link out (%s)", (_name, options) => {
  test("nothing outside is read, made, changed or removed", async () => {
    const pieces = 1500;
    furnish(`${root}/swap`, "inside", pieces);
    furnish(outside, "outside!", pieces);
    symlinkSync(outside, `${root}/swap.link`);
    writeFileSync(`${root}/file`, "inside");
    symlinkSync(`${outside}/file`, `${root}/file.link`);
    const before = snapshot(outside);
    const files = adapterFileSystem(root, options);
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
  const files = adapterFileSystem(root, { descriptors: false });
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
  // A link may stand where a file was when it was checked.
  expect(tally.surprises("too-many-links", "not-a-file")).toEqual([]);
});

import { execFileSync } from "node:child_process";
import {
  chmodSync,
  closeSync,
  fstatSync,
  lutimesSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { setImmediate } from "node:timers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { denoFileCalls } from "../../adapters/_deno_file_calls.ts";
import { type FileCalls, nodeFileCalls } from "../../adapters/_file_calls.ts";
import { localStat } from "../../adapters/_local_stat.ts";

const ON_DENO = "Deno" in globalThis;
const KINDS = ["blocking", "pooled"] as const;

let folder: string;

beforeEach(() => {
  folder = realpathSync(mkdtempSync(`${tmpdir()}/anyftpd-calls-`));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

test.skipIf(ON_DENO)("the calls of Deno are refused elsewhere", () => {
  expect(() => denoFileCalls()).toThrow(
    "Cannot use the deno adapter: globalThis.Deno is missing",
  );
});

describe.runIf(ON_DENO).each(KINDS)("the %s calls of Deno", (kind) => {
  test("say of every file what node:fs says", async () => {
    const ours = denoFileCalls()[kind];
    const theirs = nodeFileCalls[kind];
    for (const path of [...furnish(), "/dev/null", "/", "/proc/self/fd"]) {
      expect(localStat(await ours.lstat(path)), path)
        .toEqual(localStat(await theirs.lstat(path)));
      expect(await outcome(() => ours.stat(path)), path)
        .toEqual(await outcome(() => theirs.stat(path)));
      expect(await ours.linkAt(path)).toBe(await theirs.linkAt(path));
    }
  });

  test("fail as node:fs fails", async () => {
    const ours = denoFileCalls()[kind];
    const theirs = nodeFileCalls[kind];
    const [file] = furnish();
    const paths = [`${folder}/no`, `${file}/x`, `${folder}/${"x".repeat(256)}`];
    for (const path of paths) {
      for (const call of ["stat", "lstat", "linkAt"] as const) {
        expect(await outcome(() => ours[call](path)), `${call} ${path}`)
          .toEqual(await outcome(() => theirs[call](path)));
      }
      expect(await outcome(() => namesIn(ours, path)), path)
        .toEqual(await outcome(() => namesIn(theirs, path)));
    }
  });

  test("know an open file by its descriptor and by its path", async () => {
    const ours = denoFileCalls()[kind];
    const [file] = furnish();
    const descriptor = openSync(file!, "r");
    const stat = localStat(fstatSync(descriptor));
    const alias = `/proc/self/fd/${descriptor}`;
    expect(localStat(await ours.fstat(descriptor))).toEqual(stat);
    expect(localStat(await ours.fstat(descriptor, alias))).toEqual(stat);
    const { dev, ino } = await ours.fstat(descriptor);
    expect(await ours.lstat(file!)).toMatchObject({ dev, ino });
    closeSync(descriptor);
  });

  test("read names in parts, and close the folder", async () => {
    const ours = denoFileCalls()[kind];
    const names = Array.from({ length: 600 }, (_, at) => `file-${at}`);
    for (const name of names) writeFileSync(`${folder}/${name}`, "");
    const parts: string[][] = [];
    for await (const part of ours.readNames(folder, 256)) parts.push(part);
    expect(parts.map(({ length }) => length)).toEqual([256, 256, 88]);
    expect(parts.flat().sort()).toEqual(names.sort());
    for (let round = 0; round < 10; round++) {
      for await (const part of ours.readNames(folder, 1)) {
        expect(part).toHaveLength(1);
        expect(openPaths()).toContain(folder);
        break;
      }
    }
    expect(openPaths()).not.toContain(folder);
  });

  test("let others have their turn while names are read", async () => {
    const ours = denoFileCalls()[kind];
    for (let at = 0; at < 5000; at++) writeFileSync(`${folder}/${at}`, "");
    let shared = 0;
    for (let round = 0; round < 10; round++) {
      if (await turnsWhile(() => readAll(ours)) > 1) shared++;
    }
    // Reading all at once would leave them one turn, in each round.
    expect(shared).toBeGreaterThan(4);
  });
});

async function readAll(calls: FileCalls): Promise<void> {
  for await (const part of calls.readNames(folder, 10_000)) {
    expect(part).toHaveLength(5000);
  }
}

/** How often others have their turn until `work` is done. */
async function turnsWhile(work: () => Promise<void>): Promise<number> {
  let turns = 0;
  let working = true;
  const count = (): void => {
    turns++;
    if (working) setImmediate(count);
  };
  setImmediate(count);
  await work();
  working = false;
  return turns;
}

/** What the descriptors of this program lead to. */
function openPaths(): readonly string[] {
  return readdirSync("/proc/self/fd").map((descriptor) => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`);
    } catch {
      return ""; // That of reading the folder itself.
    }
  });
}

/** Files of many kinds. */
function furnish(): readonly string[] {
  const at = (name: string): string => `${folder}/${name}`;
  writeFileSync(at("file"), "abc");
  chmodSync(at("file"), 0o4751);
  writeFileSync(at("large"), "");
  truncateSync(at("large"), 2 ** 41 + 1);
  writeFileSync(at("old"), "");
  utimesSync(at("old"), -86_400.5, -86_400.5);
  writeFileSync(at("late"), "");
  utimesSync(at("late"), 7_258_118_400.75, 7_258_118_400.75);
  mkdirSync(at("folder"));
  chmodSync(at("folder"), 0o1777);
  symlinkSync("file", at("link"));
  lutimesSync(at("link"), 1.25, 1.25);
  symlinkSync("nowhere", at("dangling"));
  symlinkSync("round", at("round"));
  execFileSync("mkfifo", [at("pipe")]);
  const names = ["file", "large", "old", "late", "folder", "link"];
  return [...names, "dangling", "round", "pipe"].map(at);
}

async function outcome(call: () => unknown): Promise<unknown> {
  try {
    const result = await call();
    return result !== null && typeof result === "object" && "ino" in result
      ? localStat(result as Parameters<typeof localStat>[0])
      : result;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code;
  }
}

async function namesIn(calls: FileCalls, path: string): Promise<unknown> {
  for await (const part of calls.readNames(path, 256)) return part;
  return [];
}

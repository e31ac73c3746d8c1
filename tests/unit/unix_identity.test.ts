import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import process from "node:process";
import { describe, expect, test } from "vitest";
import {
  prepareIdentity,
  UnixIdentities,
} from "../../adapters/_unix_identity.ts";

const identities = UnixIdentities.open();
const isRoot = identities?.isSuperuser ?? false;
const NOBODY = { uid: 65_534, gid: 65_533, groups: [7, 65_532] };
const nobody = prepareIdentity(NOBODY);

/** What files are judged by, of each thread of this process. */
function credentials(): Map<string, string> {
  const found = new Map<string, string>();
  for (const thread of readdirSync("/proc/self/task")) {
    const status = readFileSync(`/proc/self/task/${thread}/status`, "utf8");
    const last = (name: string): string =>
      new RegExp(`^${name}:.*\\t(\\d+)$`, "m").exec(status)![1]!;
    const groups = /^Groups:[ \t]*(.*?)[ \t]*$/m.exec(status)![1]!;
    found.set(thread, `${last("Uid")} ${last("Gid")} [${groups}]`);
  }
  return found;
}

describe.skipIf(!isRoot)("a section (as root of a Linux)", () => {
  test("changes the credentials of its own thread, and of no other", () => {
    const self = readlinkSync("/proc/thread-self").split("/").at(-1)!;
    const before = credentials();
    expect(before.size).toBeGreaterThan(1);
    const inside = identities!.as(nobody, credentials);
    for (const [thread, own] of before) {
      expect(inside.get(thread)).toBe(
        thread === self ? "65534 65533 [7 65532]" : own,
      );
    }
    expect(credentials()).toEqual(before);
  });

  test("takes the powers of root, and gives them back", () => {
    const read = (): string => readFileSync("/etc/shadow", "utf8");
    expect(() => identities!.as(nobody, read)).toThrow(/EACCES|denied/);
    expect(read()).not.toBe("");
  });

  test("ends when its act throws, and hands the error on", () => {
    const before = credentials();
    const error = new Error("no");
    expect(() =>
      identities!.as(nobody, () => {
        throw error;
      })
    ).toThrow(error);
    expect(credentials()).toEqual(before);
  });

  test("refuses an act that gives way, and one within another", () => {
    const before = credentials();
    expect(() => identities!.as(nobody, () => Promise.resolve())).toThrow(
      "the act gives way",
    );
    expect(() => identities!.as(nobody, () => identities!.as(nobody, () => 1)))
      .toThrow("in a section");
    expect(credentials()).toEqual(before);
    expect(identities!.as(nobody, () => 1)).toBe(1);
  });
});

test("there are identities on Linux, where C can be called", () => {
  // `npm ci` brings koffi, and the tests of Deno run with --allow-all.
  if (process.platform === "linux") expect(identities).not.toBeNull();
  else expect(identities).toBeNull();
});

import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import process from "node:process";
import { describe, expect, test } from "vitest";
import {
  prepareIdentity,
  UnixIdentities,
} from "../../adapters/_unix_identity.ts";

const identities = UnixIdentities.open();
const isRoot = identities?.isSuperuser ?? false;
const nobody = prepareIdentity({
  uid: 65_534,
  gid: 65_533,
  groups: [7, 65_532],
});
const NOBODY = "65534 65533 [7 65532]";

/** What files are judged by, of each thread of this process. */
function credentials(): Map<string, string> {
  const found = new Map<string, string>();
  for (const thread of readdirSync("/proc/self/task")) {
    let status: string;
    try {
      status = readFileSync(`/proc/self/task/${thread}/status`, "utf8");
    } catch {
      // Runtimes end threads as they like.
      continue;
    }
    const last = (name: string): string =>
      new RegExp(`^${name}:.*\\t(\\d+)$`, "m").exec(status)![1]!;
    const groups = /^Groups:[ \t]*(.*?)[ \t]*$/m.exec(status)![1]!;
    found.set(thread, `${last("Uid")} ${last("Gid")} [${groups}]`);
  }
  return found;
}

/** The thread that asks. */
function self(): string {
  return readlinkSync("/proc/thread-self").split("/").at(-1)!;
}

describe.skipIf(!isRoot)("a section (as root of a Linux)", () => {
  const own = isRoot ? credentials().get(self())! : "";

  const expectOwn = (): void => {
    expect(own).toMatch(/^0 0 /);
    expect(new Set(credentials().values())).toEqual(new Set([own]));
  };

  test("changes the credentials of its own thread, and of no other", () => {
    const thread = self();
    const inside = identities!.as(nobody, credentials);
    expect(inside.get(thread)).toBe(NOBODY);
    inside.delete(thread);
    expect(inside.size).toBeGreaterThan(0);
    expect(new Set(inside.values())).toEqual(new Set([own]));
    expectOwn();
  });

  test("takes the powers of root, and gives them back", () => {
    const read = (): string => readFileSync("/etc/shadow", "utf8");
    expect(() => identities!.as(nobody, read)).toThrow(/EACCES|denied/);
    expect(read()).not.toBe("");
  });

  test("ends when its act throws, and hands the error on", () => {
    const error = new Error("no");
    expect(() =>
      identities!.as(nobody, () => {
        throw error;
      })
    ).toThrow(error);
    expectOwn();
  });

  test("refuses an act that gives way, and one within another", () => {
    expect(() => identities!.as(nobody, () => Promise.resolve())).toThrow(
      "the act gives way",
    );
    expect(() => identities!.as(nobody, () => identities!.as(nobody, () => 1)))
      .toThrow("in a section");
    expectOwn();
    expect(identities!.as(nobody, () => 1)).toBe(1);
  });
});

test("there are identities on Linux, where C can be called", () => {
  // `npm ci` brings koffi, and the tests of Deno run with --allow-all.
  if (process.platform === "linux") expect(identities).not.toBeNull();
  else expect(identities).toBeNull();
});

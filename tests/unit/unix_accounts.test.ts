import { execFileSync } from "node:child_process";
import process from "node:process";
import { describe, expect, test } from "vitest";
import {
  problemOf,
  UnixAccounts,
  usableHash,
} from "../../adapters/_unix_accounts.ts";
import { costOf, sampleHashes, UnixCrypt } from "../../adapters/_unix_crypt.ts";
import { isListedShell } from "../../adapters/_unix_users.ts";

const LINUX = process.platform === "linux";

describe.skipIf(!LINUX)("the users of a Linux", () => {
  const accounts = LINUX ? UnixAccounts.open()! : null!;

  test("are those that the C library knows", () => {
    const lines = execFileSync("getent", ["passwd"], { encoding: "utf8" })
      .trim().split("\n").slice(0, 20);
    expect(lines.length).toBeGreaterThan(1);
    for (const line of lines) {
      const [name = "", , uid, gid, , home, shell] = line.split(":");
      const groups = execFileSync("id", ["-G", name], { encoding: "utf8" });
      const found = accounts.find(name)!;
      expect(found).toMatchObject({
        name,
        uid: Number(uid),
        gid: Number(gid),
        home,
        shell,
      });
      expect([...found.groups].sort()).toEqual(
        groups.trim().split(" ").map(Number).sort(),
      );
    }
  });

  test("are none of a name that is missing, empty or cut by NUL", () => {
    for (const name of ["", "no such user", "root\0", "\0", "root\0x"]) {
      expect(accounts.find(name)).toBeNull();
      expect(accounts.secret(name, 0)).toEqual({ hash: null, problem: null });
    }
  });
});

describe("the state of an account", () => {
  test.each([
    // changed, max, expires, today
    [100, 99_999, -1, 20_000, null],
    [-1, -1, -1, 20_000, null],
    [100, 99_999, 20_001, 20_000, null],
    [100, 99_999, 20_000, 20_000, "the account has expired"],
    [100, 99_999, 0, 20_000, "the account has expired"],
    [0, 99_999, -1, 20_000, "the password must be changed"],
    [19_970, 30, -1, 20_000, null],
    [19_969, 30, -1, 20_000, "the password has expired"],
  ])("follows from %i %i %i on day %i", (changed, max, expires, today, why) => {
    expect(problemOf(changed, max, expires, today)).toBe(why);
  });

  test("has no hash where it is locked, or has no password", () => {
    for (const text of ["", "!", "*", "!!", "!$y$j9T$a$b", "*LK*", "x"]) {
      expect(usableHash(text)).toBeNull();
    }
    expect(usableHash("$y$j9T$a$b")).toBe("$y$j9T$a$b");
  });
});

describe.skipIf(!LINUX)("crypt(3)", () => {
  const crypt = LINUX ? UnixCrypt.open()! : null!;

  // The first made by perl's crypt, the others by openssl's own functions.
  test.each([
    [
      "secret",
      "$y$j9T$abcdefgh$IUWJt2doU4Kf6E/JP1UkAT3S5O3Q7SSA8SJirXIlEu9",
    ],
    [
      "Hello world!",
      "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnI" +
      "FNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1",
    ],
    [
      "Hello world!",
      "$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5",
    ],
  ])("knows the password %s of %s, and no other", (password, hash) => {
    expect(crypt.verify(hash, password)).toBe(true);
    for (const wrong of ["", `${password}x`, `${password}\0`, "Secret"]) {
      expect(crypt.verify(hash, wrong)).toBe(false);
    }
  });

  test("takes nothing that is no hash for one", () => {
    for (const text of ["", "*0", "*1", "!", "x", "$y$", "$nope$a$b"]) {
      expect(crypt.verify(text, "secret")).toBe(false);
      expect(crypt.verify(text, "")).toBe(false);
      expect(crypt.verify(text, text)).toBe(false);
    }
  });
});

describe("the samples that every login checks", () => {
  test("are one hash of each method and number of rounds", () => {
    const shadow = [
      "root:*:1:0:99999:7:::",
      "ann:$y$j9T$aa$bb:1::::::",
      "bob:$y$j9T$cc$dd:1::::::",
      "eve:$6$aa$bb:1::::::",
      "old:$6$rounds=9000$aa$bb:1::::::",
      "gone:!$6$aa$bb:1::::::",
      "none::1::::::",
      "",
    ].join("\n");
    expect([...sampleHashes(shadow).keys()].sort()).toEqual(
      ["6", "6$rounds=9000", "y$j9T"],
    );
  });

  test("are there where nobody has a password, and are few", () => {
    expect(sampleHashes("root:*:1::::::\n").size).toBe(1);
    const lines = Array.from(
      { length: 99 },
      (_, at) => `u${at}:$6$rounds=${1000 + at}$a$b:1::::::`,
    );
    expect(sampleHashes(lines.join("\n")).size).toBe(4);
  });

  test.each([
    ["$2b$12$abc", "2b$12"],
    ["$1$salt$hash", "1"],
    ["$7$CU..../....salt$hash", "$7$CU..../...."],
    ["abJnggxhB/yWI", ""],
  ])("tell the cost of %s", (hash, cost) => {
    expect(costOf(hash)).toBe(cost);
  });
});

test("a shell is listed by a line that is no comment", () => {
  const text = "# /bin/no\n/bin/sh\n /bin/bash # mine\n\n#/bin/zsh\n";
  expect(isListedShell(text, "/bin/sh")).toBe(true);
  expect(isListedShell(text, "/bin/bash")).toBe(true);
  for (const shell of ["/bin/no", "/bin/zsh", "/bin/s", "bin/sh"]) {
    expect(isListedShell(text, shell)).toBe(false);
  }
});

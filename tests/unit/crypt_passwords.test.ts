import process from "node:process";
import { describe, expect, test } from "vitest";
import { bcryptPasswords } from "../../adapters/_bcrypt.ts";
import { md5CryptPasswords } from "../../adapters/_md5_crypt.ts";
import { passwordVerifiers } from "../../adapters/_password_verifiers.ts";
import { shaCryptPasswords } from "../../adapters/_sha_crypt.ts";
import { UnixCrypt } from "../../adapters/_unix_crypt.ts";
import { yescryptPasswords } from "../../adapters/_yescrypt.ts";
import type { PasswordVerifier } from "../../lib/auth/password_scheme.ts";

type Vector = readonly [password: string, hash: string];

const LONG = "a very much longer text to encrypt.  This one even stretches " +
  "over morethan one line.";

/** Of the specification of SHA-crypt, and what crypt(3) of glibc makes. */
const SHA: readonly Vector[] = [
  [
    "Hello world!",
    "$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5",
  ],
  [
    "Hello world!",
    "$5$rounds=10000$saltstringsaltst$" +
    "3xv.VbSHBb41AL9AvLeujZkZRBAwqFMz2.opqey6IcA",
  ],
  [
    "This is just a test",
    "$5$rounds=5000$toolongsaltstrin$" +
    "Un/5jzAHMgOGZ5.mWJpuVolil07guHPvOW8mGRcvxa5",
  ],
  [
    LONG,
    "$5$rounds=1400$anotherlongsalts$" +
    "Rx.j8H.h8HjEDGomFU8bDkXm3XIUnzyxf12oP84Bnq1",
  ],
  [
    "we have a short salt string but not a short password",
    "$5$rounds=77777$short$JiO1O3ZpDAxGJeaDIuqCoEFysAe1mZNJRs3pw0KQRd/",
  ],
  [
    "Hello world!",
    "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI6" +
    "8u4OTLiBFdcbYEdFCoEOfaS35inz1",
  ],
  [
    "Hello world!",
    "$6$rounds=10000$saltstringsaltst$OW1/O6BYHV6BcXZu8QVeXbDWra3Oeqh0sbHbbM" +
    "CVNSnCM/UrjmM0Dp8vOuZeHBy/YTBmSK6H9qs/y3RnOaw5v.",
  ],
  [
    LONG,
    "$6$rounds=1400$anotherlongsalts$POfYwTEok97VWcjxIiSOjiykti.o/pQs.wPvMxQ" +
    "6Fm7I6IoYN3CmLs66x9t0oSwbtEW7o7UmJEiDwGqd8p4ur1",
  ],
  [
    "",
    "$6$s$.ZBEl9liET9mKM6jGxl//vp8wOnIJwfkp.7sG2Ahu2q68bf4LasDRE6k5T5NPzLqBF" +
    "x3oUbMl6xWpBsFfgm6..",
  ],
];

/** What crypt(3) and openssl make. */
const MD5: readonly Vector[] = [
  ["password", "$1$12345678$o2n/JiO/h5VviOInWJ4OQ/"],
  ["", "$1$abc$Or2rbeUYTvt12aiVzMuS/."],
  ["x".repeat(40), "$1$saltsalt$lTT80f5GEB.8cfLv43D0D1"],
  ["password", "$apr1$12345678$9pHAGSBYtlmFtid2xxNog0"],
];

/** Of the tests of crypt_blowfish, and what crypt(3) makes. */
const BCRYPT: readonly Vector[] = [
  ["U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"],
  [
    "ä".repeat(40),
    "$2b$05$CCCCCCCCCCCCCCCCCCCCC.IqDKCc1ebLjHW4PmaaNvKR2QTjkEzTq",
  ],
  [
    "password",
    "$2y$10$abcdefghijklmnopqrstuu5Lo0g67CiD3M4RpN1BmBb4Crp5w7dbK",
  ],
];

function describeVerifier(
  verifier: PasswordVerifier,
  vectors: readonly Vector[],
  broken: readonly string[],
): void {
  const { name, cost, verify } = verifier;
  describe(name, () => {
    for (const [password, hash] of vectors) {
      test(`knows the password of ${hash.slice(0, 40)}`, async () => {
        expect(cost(hash)).toBeTypeOf("string");
        expect(await verify(hash, password)).toBe(true);
        expect(await verify(hash, `x${password}`)).toBe(false);
        const last = hash.at(-10) === "x" ? "y" : "x";
        const other = hash.slice(0, -10) + last + hash.slice(-9);
        expect(await verify(other, password)).toBe(false);
      });
    }
    test.each(broken)("%j is no hash", async (text) => {
      expect(cost(text)).toBeNull();
      expect(await verify(text, "Hello world!")).toBe(false);
    });
    test("is among those that the command asks, and alone", () => {
      const [, hash] = vectors[0]!;
      const asked = passwordVerifiers.filter((one) => one.cost(hash) !== null);
      expect(asked).toEqual([verifier]);
    });
  });
}

describeVerifier(shaCryptPasswords, SHA, [
  "",
  "$5$",
  "$5$saltstring$",
  "$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc",
  "$6$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5",
  "$5$rounds=2000001$s$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5",
  "$5$rounds=x$s$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5",
  "$y$j9T$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5",
]);
describeVerifier(md5CryptPasswords, MD5, [
  "",
  "$1$12345678$o2n/JiO/h5VviOInWJ4OQ",
  "$1$12345678",
  "$2$12345678$o2n/JiO/h5VviOInWJ4OQ/",
]);
describeVerifier(bcryptPasswords, BCRYPT, [
  "",
  "$2x$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
  "$2a$03$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
  "$2a$17$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
  "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOe",
]);

test("the time of a hash follows from its cost, not from its salt", () => {
  const { cost } = shaCryptPasswords;
  const end = "$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5";
  expect(cost(`$5$a${end}`)).toBe(cost(`$5$other${end}`));
  expect(cost(`$5$a${end}`)).toBe(cost(`$5$rounds=5000$a${end}`));
  // Fewer are done as the least.
  expect(cost(`$5$rounds=10$a${end}`)).toBe(cost(`$5$rounds=1000$a${end}`));
  expect(cost(`$5$a${end}`)).not.toBe(cost(`$5$rounds=5001$a${end}`));
});

test("bytes that are not text are taken as they are", async () => {
  // `caf` and the byte 0xE9, as crypt(3) hashes it.
  const hash = "$5$salt$q03XuSLDozDgsyjNJJjiHO2WlKJmnVLQeOojAn5kO01";
  expect(await shaCryptPasswords.verify(hash, "caf\udce9")).toBe(true);
  expect(await shaCryptPasswords.verify(hash, "café")).toBe(false);
});

test("other work has its turn while a slow hash is checked", async () => {
  const [password, hash] = SHA[4]!;
  const timer = new AbortController();
  let turns = 0;
  const count = (): void => {
    if (timer.signal.aborted) return;
    turns++;
    setImmediate(count);
  };
  count();
  expect(await shaCryptPasswords.verify(hash, password)).toBe(true);
  timer.abort();
  // 77,777 rounds take 50 ms at the very least.
  expect(turns).toBeGreaterThan(3);
});

describe("yescrypt", () => {
  // What crypt(3) of libxcrypt makes of "secret".
  const HASH = "$y$j9T$uvVd3ZmS4zXq1cG0aB.Pe1$" +
    "TVDdWimGptSIJJI6gx1dpfbmVI1FFAf8zaYbloCbMd0";

  test("is checked by the system, where it can be asked", async () => {
    const full = HASH;
    if (!canAsk()) {
      expect(yescryptPasswords.cost(full)).toBeNull();
      return;
    }
    expect(yescryptPasswords.cost(full)).toBe("y j9T");
    expect(passwordVerifiers.find((known) => known.cost(full) !== null))
      .toBe(yescryptPasswords);
    // Node 20 starts no thread from TypeScript; tests/e2e/cli_users.test.ts
    // has the built one.
    if (!startsThreads()) return;
    expect(await yescryptPasswords.verify(full, "secret")).toBe(true);
    expect(await yescryptPasswords.verify(full, "Secret")).toBe(false);
    expect(await yescryptPasswords.verify(full, "secret\0")).toBe(false);
  });

  test("that asks for more than 64 MiB is refused", () => {
    const rest = `$uvVd3ZmS4zXq1cG0aB.Pe1$${"x".repeat(43)}`;
    for (const parameters of ["jCT", "jFT", "j9TT", "9T", "j9T7"]) {
      expect(yescryptPasswords.cost(`$y$${parameters}${rest}`)).toBeNull();
    }
    expect(yescryptPasswords.cost("$y$j9T$short$x")).toBeNull();
  });
});

function canAsk(): boolean {
  try {
    return process.platform === "linux" && UnixCrypt.open() !== null;
  } catch {
    return false;
  }
}

function startsThreads(): boolean {
  if ("Deno" in globalThis || "Bun" in globalThis) return true;
  const { typescript } = process.features as { readonly typescript?: unknown };
  return Boolean(typescript);
}

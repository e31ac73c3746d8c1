import { describe, expect, test } from "vitest";
import {
  hashIterations,
  hashPassword,
  isPasswordHash,
  verifyPassword,
} from "../../lib/auth/password.ts";
import { ConfigError } from "../../lib/base/errors.ts";

/** Made by Python: hashlib.pbkdf2_hmac("sha256", b"p\xc3\xa4ss", salt, 1000). */
const FROM_PYTHON =
  "pbkdf2-sha256$1000$MDEyMzQ1Njc4OWFiY2RlZg==$b2Cb/b6T319FuYj9nuEyLlLFyfEAGV4+qZ1Zs2290LQ=";

const SALT = "AAAAAAAAAAAAAAAAAAAAAA==";
const HASH = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
const quick = { iterations: 10 };

describe("hashPassword()", () => {
  test("makes a hash that only the password fits", async () => {
    const hash = await hashPassword("secret", quick);
    expect(hash).toMatch(
      /^pbkdf2-sha256\$10\$[A-Za-z0-9+/]{22}==\$[A-Za-z0-9+/]{43}=$/,
    );
    expect(isPasswordHash(hash)).toBe(true);
    expect(await verifyPassword({ hash }, "secret")).toBe(true);
    for (const wrong of ["", "Secret", "secret ", "secre", hash]) {
      expect(await verifyPassword({ hash }, wrong)).toBe(false);
    }
  });

  test("is never the same twice", async () => {
    const [one, two] = await Promise.all([
      hashPassword("secret", quick),
      hashPassword("secret", quick),
    ]);
    expect(one).not.toBe(two);
  });

  test("takes 600,000 iterations unless told", async () => {
    const hash = await hashPassword("secret");
    expect(hashIterations(hash)).toBe(600_000);
    expect(await verifyPassword({ hash }, "secret")).toBe(true);
  });

  test("hashes an empty password too", async () => {
    const hash = await hashPassword("", quick);
    expect(await verifyPassword({ hash }, "")).toBe(true);
    expect(await verifyPassword({ hash }, "x")).toBe(false);
  });

  test.each([0, -1, 1.5, NaN, 1e9])("refuses %d iterations", async (number) => {
    await expect(hashPassword("x", { iterations: number }))
      .rejects.toThrow(ConfigError);
  });
});

describe("verifyPassword()", () => {
  test("knows a hash that another program made", async () => {
    expect(await verifyPassword({ hash: FROM_PYTHON }, "päss")).toBe(true);
    expect(await verifyPassword({ hash: FROM_PYTHON }, "pass")).toBe(false);
  });

  test("compares clear passwords", async () => {
    expect(await verifyPassword("secret", "secret")).toBe(true);
    expect(await verifyPassword("secret", "secret2")).toBe(false);
    expect(await verifyPassword("secret", "")).toBe(false);
    expect(await verifyPassword("", "")).toBe(true);
  });

  test("compares clear passwords of all lengths, byte by byte", async () => {
    // Beyond 64 the stored one is not padded, and up to there it is.
    for (const length of [1, 2, 31, 63, 64, 65, 128, 500]) {
      for (const letter of ["a", "\u00e4", "\0"]) {
        const stored = letter.repeat(length);
        expect(await verifyPassword(stored, stored)).toBe(true);
        const wrong = [
          ...[stored + letter, stored.slice(1), stored + stored, stored + "\0"],
          ...["", "x" + stored.slice(1), stored.slice(0, -1) + "x"],
          stored.slice(0, -1) + "\u0100",
        ];
        for (const attempt of wrong) {
          expect(await verifyPassword(stored, attempt)).toBe(false);
        }
      }
    }
    // As many bytes as the padding makes of it.
    for (const stored of ["", "abc"]) {
      const padded = stored.padEnd(64, "\0");
      expect(await verifyPassword(stored, padded)).toBe(false);
      expect(await verifyPassword(padded, stored)).toBe(false);
    }
  });

  test("bytes that are not text make different passwords", async () => {
    expect(await verifyPassword("a\udce9", "a\udcea")).toBe(false);
    expect(await verifyPassword("a\udce9", "a\ufffd")).toBe(false);
    expect(await verifyPassword("a\udce9", "a\udce9")).toBe(true);
  });

  test.each([
    "",
    "secret",
    "$$$",
    "pbkdf2-sha256$10",
    `pbkdf2-sha256$10$${SALT}$`,
    `pbkdf2-sha256$10$$${HASH}`,
    `pbkdf2-sha256$0$${SALT}$${HASH}`,
    `pbkdf2-sha256$-1$${SALT}$${HASH}`,
    `pbkdf2-sha256$1e3$${SALT}$${HASH}`,
    `pbkdf2-sha256$999999999999$${SALT}$${HASH}`,
    `pbkdf2-sha512$10$${SALT}$${HASH}`,
    `pbkdf2-sha256$10$${SALT}$${HASH}$`,
    `pbkdf2-sha256$10$${SALT}$AAAA`,
    `pbkdf2-sha256$10$!!!!$${HASH}`,
  ])("the malformed hash %j matches nothing", async (hash) => {
    expect(isPasswordHash(hash)).toBe(false);
    expect(hashIterations(hash)).toBeNull();
    for (const password of ["", "secret", hash]) {
      expect(await verifyPassword({ hash }, password)).toBe(false);
    }
  });
});

import { expect, test } from "vitest";
import { scryptPasswords } from "../../adapters/_scrypt.ts";

const { cost, hash, verify } = scryptPasswords;

// RFC 7914 section 12.
const SODIUM = "$scrypt$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU$" +
  "cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofLVQylVYT8Pz2LUlwUk" +
  "Kpr55h6F3A1lHkDfzwF7RVdYhw";

test("checks the hash of RFC 7914", async () => {
  expect(await verify(SODIUM, "pleaseletmein")).toBe(true);
  expect(await verify(SODIUM, "pleaseletmeIn")).toBe(false);
});

test("a hash is salted and fits its password alone", async () => {
  const [first, second] = await Promise.all([hash("pass"), hash("pass")]);
  expect(first).toMatch(/^\$scrypt\$ln=15,r=8,p=3\$[\w+/]{22}\$[\w+/]{43}$/);
  expect(first).not.toBe(second);
  expect(await verify(first, "pass")).toBe(true);
  expect(await verify(first, "")).toBe(false);
  expect(cost(first)).toBe(cost(second));
  expect(cost(first)).not.toBe(cost(SODIUM));
});

test("bytes that are no text do not become equal", async () => {
  const made = await hash("\udc80");
  expect(await verify(made, "\udc80")).toBe(true);
  expect(await verify(made, "\udc81")).toBe(false);
  expect(await verify(made, "\ufffd")).toBe(false);
});

const SALT = "U29kaXVtQ2hsb3JpZGU";
const KEY = "A".repeat(43);
for (
  const text of [
    "",
    "secret",
    "$scrypt$",
    `$scrypt$ln=0,r=8,p=1$${SALT}$${KEY}`,
    `$scrypt$ln=14,r=0,p=1$${SALT}$${KEY}`,
    `$scrypt$ln=14,r=8,p=0$${SALT}$${KEY}`,
    `$scrypt$ln=14,r=8,p=1$${SALT}$`,
    `$scrypt$ln=14,r=8,p=1$${SALT}$AAAA`,
    `$scrypt$ln=14,r=8,p=1$${SALT}$${KEY}$`,
    `$scrypt$ln=14,r=8,p=1$so dium$${KEY}`,
    // 1 TiB, and hours.
    `$scrypt$ln=30,r=8,p=1$${SALT}$${KEY}`,
    `$scrypt$ln=20,r=8,p=999$${SALT}$${KEY}`,
    "pbkdf2-sha256$1$AAAA$AAAAAAAAAAAAAAAAAAAAAA==",
  ]
) {
  test(`"${text}" is no hash, and nothing matches it`, async () => {
    expect(cost(text)).toBeNull();
    expect(await verify(text, "")).toBe(false);
  });
}

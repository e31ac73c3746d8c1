import process from "node:process";
import { expect, test } from "vitest";
import { argon2idPasswords, HAS_ARGON2 } from "../../adapters/_argon2.ts";
import { runtimeName } from "../../adapters/_runtime.ts";

// From the tests of the reference implementation.
const KNOWN = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$" +
  "CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";

/** Whether the runtime has Argon2 itself. */
function isExpected(): boolean {
  const [major, minor] = process.versions.node.split(".").map(Number);
  switch (runtimeName()) {
    case "node":
      return major! > 24 || (major === 24 && minor! >= 7);
    case "bun":
      return true;
    default:
      return false;
  }
}

test("argon2id is quick on Bun, and on Node from 24.7 on", () => {
  expect(HAS_ARGON2).toBe(isExpected());
});

test("checks the hash of the reference", async () => {
  const { verify } = argon2idPasswords;
  expect(await verify(KNOWN, "password")).toBe(true);
  expect(await verify(KNOWN, "passwore")).toBe(false);
});

test("a hash fits its password alone", async () => {
  const { cost, hash, verify } = argon2idPasswords;
  const made = await hash("p\udc80");
  expect(made).toMatch(
    /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/,
  );
  expect(await hash("p\udc80")).not.toBe(made);
  expect(await verify(made, "p\udc80")).toBe(true);
  expect(await verify(made, "p\udc81")).toBe(false);
  expect(cost(made)).not.toBe(cost(KNOWN));
});

for (
  const text of [
    "",
    KNOWN.replace("argon2id", "argon2i"),
    KNOWN.replace("v=19", "v=16"),
    KNOWN.replace("t=2", "t=0"),
    KNOWN.replace("p=1", "p=0"),
    KNOWN.replace("p=1", "p=256"),
    KNOWN.replace("m=65536", "m=7"),
    KNOWN.replace("m=65536", "m=9999999"),
    KNOWN.replace("t=2", "t=9999"),
    KNOWN.replace("c29tZXNhbHQ", "c29t"),
    KNOWN.slice(0, -30),
    `${KNOWN}$`,
  ]
) {
  test(`"${text}" is no hash`, async () => {
    expect(argon2idPasswords.cost(text)).toBeNull();
    expect(await argon2idPasswords.verify(text, "password")).toBe(false);
  });
}

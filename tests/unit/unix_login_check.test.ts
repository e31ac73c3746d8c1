import { describe, expect, test } from "vitest";
import type { UnixSecret } from "../../adapters/_unix_accounts.ts";
import {
  type UnixLoginAnswer,
  UnixLoginCheck,
} from "../../adapters/_unix_login_check.ts";

const SECRETS: Readonly<Record<string, UnixSecret>> = {
  ann: { hash: "$y$j9T$salt$ann", problem: null },
  bob: { hash: "$6$salt$bob", problem: null },
  old: { hash: "$6$salt$old", problem: "the account has expired" },
  locked: { hash: null, problem: null },
  // Of a directory service, whose hashes /etc/shadow does not have.
  far: { hash: "$2b$12$far", problem: null },
};

const SHADOW = [
  "ann:$y$j9T$salt$ann:1::::::",
  "bob:$6$salt$bob:1::::::",
  "old:$6$salt$old:1:::::2:",
  "locked:!:1::::::",
].join("\n");

/** Names are passwords; what was checked is written down. */
function look(
  username: string,
  password: string | null,
  mustMatch = true,
): { readonly answer: UnixLoginAnswer; readonly checked: readonly string[] } {
  const checked: string[] = [];
  const check = new UnixLoginCheck(
    {
      find: (name) =>
        name in SECRETS
          ? { name, uid: 1, gid: 1, groups: [1], home: "/", shell: "" }
          : null,
      secret: (name) => SECRETS[name] ?? { hash: null, problem: null },
    },
    {
      verify(hash, text) {
        checked.push(hash);
        return hash.endsWith(`$${text}`);
      },
    },
    () => SHADOW,
  );
  return { answer: check.answer({ username, password, mustMatch }), checked };
}

/** The methods that were worked for. */
function costs(checked: readonly string[]): string[] {
  return checked.map((hash) => hash.split("$")[1]!).sort();
}

test("the password of the user's own hash is right, and no other", () => {
  expect(look("ann", "ann").answer.kind).toBe("accepted");
  expect(look("bob", "bob").answer.kind).toBe("accepted");
  expect(look("far", "far").answer.kind).toBe("accepted");
  for (const [name, password] of [["ann", "bob"], ["bob", "ann"]] as const) {
    expect(look(name, password).answer).toEqual({
      kind: "refused",
      reason: "wrong password",
    });
  }
});

test.each([
  ["nobody", "nobody", "no such user"],
  ["nobody", "ann", "no such user"],
  ["locked", "", "the account has no password"],
  ["locked", "ann", "the account has no password"],
  ["old", "old", "the account has expired"],
  ["old", "x", "wrong password"],
])("%s with the password %j is refused: %s", (name, password, reason) => {
  expect(look(name, password).answer).toEqual({ kind: "refused", reason });
});

describe("the work of a login", () => {
  test.each(["ann", "bob", "old", "locked", "nobody"])(
    "is the same for %s, whatever the password",
    (name) => {
      for (const password of [name, "x", ""]) {
        for (const mustMatch of [true, false]) {
          expect(costs(look(name, password, mustMatch).checked)).toEqual([
            "6",
            "y",
          ]);
        }
      }
    },
  );

  test("is none where no password is asked for", () => {
    const { answer, checked } = look("ann", null);
    expect(answer.kind).toBe("accepted");
    expect(checked).toEqual([]);
    expect(look("old", null).answer.kind).toBe("refused");
  });
});

test("a password that is replaced need not be the system's", () => {
  expect(look("ann", "x", false).answer.kind).toBe("accepted");
  expect(look("locked", "x", false).answer.kind).toBe("accepted");
  expect(look("old", "x", false).answer.kind).toBe("refused");
  expect(look("nobody", "x", false).answer.kind).toBe("refused");
});

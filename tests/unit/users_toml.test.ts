import { parse } from "smol-toml";
import { describe, expect, test } from "vitest";
import { usersFormat } from "../../adapters/_toml.ts";
import { pbkdf2Passwords } from "../../lib/auth/password_scheme.ts";
import {
  addUser,
  changePassword,
  removeUser,
} from "../../lib/auth/users_edit.ts";
import {
  parseUsers,
  parseUsersEntry,
  type UserEntry,
} from "../../lib/auth/users_file.ts";
import { jsonUsers } from "../../lib/auth/users_format.ts";
import { tomlUsersFormat } from "../../lib/auth/users_toml.ts";

const HASH = "pbkdf2-sha256$1$AAAA$AAAAAAAAAAAAAAAAAAAAAA==";
const toml = tomlUsersFormat(parse);

const FILE = `\
# All users.
"$schema" = "users.schema.json"

[users.ann] # the boss
password = "${HASH}" # from 2025
directory = 'ann'
expires = 2030-12-31
networks = [
  "10.0.0.0/8", # the office
]

[users.ann.limits]
sessions = 2

# Is in the other building.
[ users . "bob b." ]
password = '${HASH}'

[users."bob b.".folders."/in"]
permissions = "elw"
# The end.
`;

describe("a users file in TOML", () => {
  test("means the same as in JSON", () => {
    const { users } = parseUsersEntry(FILE, toml);
    expect(users).toEqual({
      ann: {
        password: HASH,
        directory: "ann",
        expires: "2030-12-31",
        networks: ["10.0.0.0/8"],
        limits: { sessions: 2 },
      },
      "bob b.": {
        password: HASH,
        folders: { "/in": { permissions: "elw" } },
      },
    });
    const table = parseUsers(FILE, [pbkdf2Passwords], toml);
    expect(table.users.get("ann")?.expires).toBe(Date.UTC(2030, 11, 31));
    expect(parseUsersEntry("", toml)).toEqual({ users: {} });
  });

  test("may have a moment as TOML writes it", () => {
    const expires = (text: string): string | undefined =>
      parseUsersEntry(`[users.ann]\nexpires = ${text}\n`, toml)
        .users["ann"]?.expires;
    expect(expires("2030-12-31T18:00:00Z")).toBe("2030-12-31T18:00:00Z");
    expect(expires("2030-12-31T18:00:00+02:00")).toBe(
      "2030-12-31T18:00:00+02:00",
    );
    expect(() => expires("2030-12-31T18:00:00")).toThrow("users.ann.expires");
    expect(() => expires("18:00:00")).toThrow("users.ann.expires");
  });

  test("is refused with the place of a mistake, and no hash", () => {
    const text = `[users.ann]\npassword = "${HASH}\n`;
    expect(() => parseUsersEntry(text, toml)).toThrow(
      /^Cannot use the users file: it is no TOML: line 2, column \d+$/,
    );
    expect(() => parseUsersEntry("[user.ann]", toml)).toThrow(
      "Cannot use the users file: user: is not known",
    );
  });

  test("is known by its name", async () => {
    expect((await usersFormat("/etc/Users.TOML")).name).toBe("TOML");
    expect(await usersFormat("/etc/users.json")).toBe(jsonUsers);
  });
});

describe("a change", () => {
  test("of a password touches no other character", () => {
    const changed = changePassword(FILE, "ann", "NEW", toml);
    expect(changed).toBe(FILE.replace(`"${HASH}" #`, '"NEW" #'));
    const other = changePassword(FILE, "bob b.", "NEW", toml);
    expect(other).toBe(FILE.replace(`'${HASH}'`, '"NEW"'));
  });

  test("gives a password to who had none", () => {
    const text = "[users.anonymous]\nhome = '/pub'\n";
    expect(changePassword(text, "anonymous", "NEW", toml)).toBe(
      "[users.anonymous]\npassword = \"NEW\"\nhome = '/pub'\n",
    );
    expect(changePassword("[users.anonymous]", "anonymous", "NEW", toml)).toBe(
      '[users.anonymous]\npassword = "NEW"\n',
    );
  });

  test("removes the tables of a user, and no comment of others", () => {
    expect(removeUser(FILE, "ann", toml)).toBe(`\
# All users.
"$schema" = "users.schema.json"

# Is in the other building.
${FILE.slice(FILE.indexOf("[ users"))}`);
    expect(removeUser(FILE, "bob b.", toml)).toBe(
      `${FILE.slice(0, FILE.indexOf("[ users"))}# The end.\n`,
    );
    expect(removeUser("[users.ann]\nhome = '/'", "ann", toml)).toBe("");
  });

  test.each<[string, UserEntry]>([
    ["bob", { password: HASH }],
    ["carol", {}],
    ['a "quoted" näme', { loginMessage: "a\n\\b\t\x7f'\"ü😀", home: "/ü" }],
    ["__proto__", { enabled: false }],
    ["constructor", { networks: ["10.0.0.0/8", "::1"] }],
    ["x.y", {
      password: HASH,
      folders: {
        "/in": { permissions: "elw", recursive: false },
        "/a b": { permissions: "" },
      },
      limits: { uploadRate: 5 },
      quota: { bytes: 2 ** 50, files: 1 },
      tls: { data: "required" },
    }],
  ])("adds user %j with all that there is", (name, user) => {
    for (const before of [null, "# Nobody.", FILE]) {
      const text = addUser(before, name, user, toml);
      expect(text.startsWith(before ?? "")).toBe(true);
      const { users } = toml.parse(text) as { users: object };
      expect(Object.getOwnPropertyDescriptor(users, name)?.value)
        .toEqual(user);
      expect(() => addUser(text, name, user, toml)).toThrow("exists already");
      expect(parseUsersEntry(removeUser(text, name, toml), toml))
        .toEqual(parseUsersEntry(before ?? "", toml));
    }
  });

  test.each([
    `users = { ann = { password = "${HASH}" } }`,
    `[users]\nann.password = "${HASH}"`,
    `[users]\nann = { password = "${HASH}" }`,
    `[users.ann]\npassword = """${HASH}"""`,
    `[users.ann]\nloginMessage = """\npassword = "x"\n"""\npassword = "${HASH}"`,
    `[users.bob]\nloginMessage = """\n[users.ann]\n"""\n[users]\nann.home="/"`,
  ])("that only people can make is refused: %j", (text) => {
    const before = parseUsersEntry(text, toml);
    expect(before.users).toHaveProperty("ann");
    const refusal = /^Cannot (change|remove) user "ann": .* change it by hand$/;
    expect(() => changePassword(text, "ann", "NEW", toml)).toThrow(refusal);
    if (/^\[users.ann\]/.test(text)) {
      expect(parseUsersEntry(removeUser(text, "ann", toml), toml))
        .toEqual({ users: {} });
    } else expect(() => removeUser(text, "ann", toml)).toThrow(refusal);
  });

  test("of nobody is refused", () => {
    expect(() => changePassword(FILE, "eve", "NEW", toml)).toThrow(
      'Cannot change user "eve": no such user',
    );
    expect(() => removeUser(FILE, "eve", toml)).toThrow("no such user");
  });

  test("keeps the ends of lines of another system", () => {
    const text = FILE.replaceAll("\n", "\r\n");
    expect(changePassword(text, "ann", "NEW", toml)).toBe(
      text.replace(`"${HASH}" #`, '"NEW" #'),
    );
    expect(removeUser(text, "bob b.", toml)).not.toContain("bob");
  });
});

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  type PasswordScheme,
  pbkdf2Passwords,
} from "../../lib/auth/password_scheme.ts";
import {
  parseExpiry,
  parseUsers,
  refusalOf,
  type UserEntry,
} from "../../lib/auth/users_file.ts";
import { USERS_SCHEMA } from "../../lib/auth/users_schema.ts";
import { ConfigError } from "../../lib/base/errors.ts";

const HASH = "pbkdf2-sha256$1$AAAA$AAAAAAAAAAAAAAAAAAAAAA==";
const OTHER = "pbkdf2-sha256$2$AAAA$AAAAAAAAAAAAAAAAAAAAAA==";
const SCHEMES: readonly PasswordScheme[] = [pbkdf2Passwords];

function fileOf(users: unknown): string {
  return JSON.stringify({ users });
}

function errorOf(text: string): string {
  try {
    parseUsers(text, SCHEMES);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return "none";
}

/** What is wrong with a user who has this too. */
function wrong(entry: object): string {
  const text = fileOf({ ann: { password: HASH, ...entry } });
  return errorOf(text).replace("Cannot use the users file: users.ann.", "");
}

describe("parseUsers()", () => {
  test("reads all that a user may have", () => {
    const entry: UserEntry = {
      password: HASH,
      directory: "ann",
      home: "/in",
      permissions: "elr",
      folders: {
        "/in/": { permissions: "elw" },
        "/out": { permissions: "", recursive: false },
      },
      enabled: true,
      expires: "2030-12-31",
      networks: ["10.0.0.0/8", "::1"],
      limits: { downloadRate: 1, uploadRate: 2, sessions: 3 },
      quota: { bytes: 4, files: 5 },
      tls: { control: "required", data: "off" },
      loginMessage: "hello",
      quitMessage: "bye",
    };
    const { users, samples } = parseUsers(fileOf({ ann: entry }), SCHEMES);
    expect(users.get("ann")).toEqual({
      name: "ann",
      entry,
      password: {
        scheme: pbkdf2Passwords,
        text: HASH,
        cost: `pbkdf2 ${pbkdf2Passwords.cost(HASH)}`,
      },
      actions: ["enter", "list", "read"],
      folders: [
        {
          directory: "/in",
          recursive: true,
          actions: ["enter", "list", "write"],
        },
        { directory: "/out", recursive: false, actions: [] },
      ],
      expires: Date.UTC(2030, 11, 31),
      networks: [
        { bytes: [10, 0, 0, 0], prefix: 8 },
        { bytes: [...new Array(15).fill(0), 1], prefix: 128 },
      ],
    });
    expect(samples).toHaveLength(1);
  });

  test("has one sample of each cost", () => {
    const { users, samples } = parseUsers(
      fileOf({
        a: { password: HASH },
        b: { password: OTHER },
        c: { password: HASH.replace("AAAA", "BBBB") },
        anonymous: {},
      }),
      SCHEMES,
    );
    expect(users.get("anonymous")!.password).toBeNull();
    expect(new Set(samples.map(({ cost }) => cost)).size).toBe(2);
    expect(samples).toHaveLength(2);
  });

  test("takes names that are traps for what they are", () => {
    const text = `{"users":{"__proto__":{"password":"${HASH}"},` +
      `"constructor":{"password":"${HASH}"},"1":{"password":"${HASH}"}}}`;
    const { users } = parseUsers(text, SCHEMES);
    expect([...users.keys()].sort()).toEqual(["1", "__proto__", "constructor"]);
    expect(errorOf('{"users":{},"__proto__":{}}')).toContain(
      "__proto__: is not known",
    );
    expect(errorOf("{}")).toContain("users: is missing");
    expect(errorOf('\ufeff{"$schema":"x","users":{}}')).toBe("none");
  });

  for (
    const [entry, message] of [
      [{ password: 5 }, "password: must be the hash of a password"],
      [{ password: "" }, "password: must not be empty"],
      [
        { password: "secret" },
        "password: is no hash that can be checked here (pbkdf2)",
      ],
      [{ enabled: 1 }, "enabled: must be true or false"],
      [{ enable: true }, "enable: is not known; did you mean enabled?"],
      [{ home: "in" }, "home: must be an absolute path"],
      [
        { permissions: "elx" },
        "permissions: must be letters out of elradfmwMT",
      ],
      [{ permissions: null }, "permissions: must be letters out of elradfmwMT"],
      [{ directory: "" }, "directory: must not be empty"],
      [{ folders: [] }, "folders: must be an object"],
      [
        { folders: { in: { permissions: "" } } },
        "folders.in (the name): must be an absolute path",
      ],
      [
        { folders: { "/in": {} } },
        'folders["/in"].permissions: is missing',
      ],
      [
        { folders: { "/./": { permissions: "" } } },
        'folders["/./"]: is all there is; users.ann.permissions says what is ' +
        "allowed in it",
      ],
      [{ limits: { sessions: -1 } }, "limits.sessions: must be at least 0"],
      [
        { limits: { sessions: 1.5 } },
        "limits.sessions: must be a whole number",
      ],
      [{ limits: { speed: 1 } }, "limits.speed: is not known"],
      [{ quota: { bytes: -1 } }, "quota.bytes: must be at least 0"],
      [{ quota: 5 }, "quota: must be an object"],
      [
        { tls: { control: "yes" } },
        'tls.control: must be "off", "allowed" or "required"',
      ],
      [
        { expires: "tomorrow" },
        "expires: must be a date such as 2030-12-31 or 2030-12-31T18:00:00Z",
      ],
      [{ expires: "2030-02-30" }, "expires: no such date"],
      [{ networks: "10.0.0.0/8" }, "networks: must be a list of networks"],
      [
        { networks: ["::1", "10.0.0.1/8"] },
        'networks[1]: "10.0.0.1/8" is no network such as 192.168.0.0/16, with ' +
        "zeros behind the prefix",
      ],
    ] as const
  ) {
    test(`names the place: ${JSON.stringify(entry)}`, () => {
      expect(wrong(entry)).toBe(message);
    });
  }

  test("asks everybody but anonymous for a password", () => {
    expect(errorOf(fileOf({ "a b": {} }))).toBe(
      'Cannot use the users file: users["a b"].password: is missing',
    );
    expect(errorOf(fileOf({ "": { password: HASH } }))).toContain(
      'users[""] (the name): must be a name without control characters',
    );
    expect(errorOf(fileOf({ "a\n": { password: HASH } }))).toContain(
      "must be a name without control characters",
    );
  });

  test("shows no hash when the file is no JSON, wherever it breaks", () => {
    const text = JSON.stringify(
      { users: { ann: { password: HASH } } },
      null,
      1,
    );
    for (let end = 0; end < text.length; end++) {
      for (const broken of [text.slice(0, end), `${text.slice(0, end)}\0x`]) {
        const message = errorOf(broken + text.slice(end + 1));
        expect(message).not.toContain("AAAAAA");
        expect(errorOf(broken)).not.toContain("AAAAAA");
      }
    }
    expect(errorOf("[")).toMatch(
      /^Cannot use the users file: it is no JSON: ./,
    );
    expect(errorOf("[]")).toBe(
      "Cannot use the users file: the file: must be an object with the " +
        "member users",
    );
  });
});

test("parseExpiry() knows days, hours and zones, and what does not exist", () => {
  expect(parseExpiry("2030-12-31")).toBe(Date.UTC(2030, 11, 31));
  expect(parseExpiry("2030-12-31T18:00Z")).toBe(Date.UTC(2030, 11, 31, 18));
  expect(parseExpiry("2030-12-31T18:00:05+02:00"))
    .toBe(Date.UTC(2030, 11, 31, 16, 0, 5));
  for (const text of ["2030-02-29", "2030-13-01", "2030-04-31", "2030-1-1"]) {
    expect(parseExpiry(text), text).toBeNull();
  }
  expect(parseExpiry("2030-12-31T25:00Z")).toBeNull();
  expect(parseExpiry("2028-02-29")).toBe(Date.UTC(2028, 1, 29));
});

test("refusalOf() tells why, and expires at the very moment", () => {
  const why = (entry: UserEntry, time = 0) => {
    const text = fileOf({ ann: { password: HASH, ...entry } });
    const user = parseUsers(text, SCHEMES).users.get("ann")!;
    return refusalOf(user, "10.1.1.1", time);
  };
  expect(why({})).toBeNull();
  expect(why({ enabled: false })).toBe("the user is disabled");
  const expires = "2030-12-31";
  expect(why({ expires }, Date.UTC(2030, 11, 31) - 1)).toBeNull();
  expect(why({ expires }, Date.UTC(2030, 11, 31)))
    .toBe("the user expired on 2030-12-31");
  expect(why({ networks: ["10.0.0.0/8"] })).toBeNull();
  expect(why({ networks: ["::1", "10.1.1.1"] })).toBeNull();
  expect(why({ networks: ["11.0.0.0/8"] }))
    .toBe("the user may not come from there");
  expect(why({ networks: [] })).toBe("the user may not come from there");
});

test("the example of the README is a users file", () => {
  const readme = readFileSync(new URL("../../README.md", import.meta.url));
  const [, example] = /```json\n([\s\S]*?)```/.exec(String(readme))!;
  expect(example).toContain("$scrypt$ln=15,r=8,p=3$HASH");
  const { users } = parseUsers(
    example!.replace(/"\$scrypt\$.*?"/, JSON.stringify(HASH)),
    SCHEMES,
  );
  expect([...users.keys()]).toEqual(["ann", "anonymous"]);
});

test("the published schema is the one that files are checked with", async () => {
  await expect(JSON.stringify(USERS_SCHEMA, null, 2) + "\n")
    .toMatchFileSnapshot("../../schema/users.schema.json");
});

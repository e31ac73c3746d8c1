import { beforeEach, describe, expect, test } from "vitest";
import { verifyPassword } from "../../lib/auth/password.ts";
import type { PasswordScheme } from "../../lib/auth/password_scheme.ts";
import { main } from "../../lib/cli/main.ts";
import { parseCommandLineOptions } from "../../lib/cli/options.ts";
import { HASH_SPECS, USER_SPECS } from "../../lib/cli/user_options.ts";
import { HASH_USAGE, USER_USAGE } from "../../lib/cli/user_usage.ts";
import { FakeCliHost } from "./cli_fake_host.ts";

const plain: PasswordScheme = {
  name: "plain",
  cost: (hash) => hash.startsWith("=") ? "1" : null,
  verify: (hash, password) => Promise.resolve(hash === `=${password}`),
  hash: (password) => Promise.resolve(`=${password}`),
};

let host: FakeCliHost;
beforeEach(() => {
  host = new FakeCliHost();
  host.passwordSchemes = [plain, ...host.passwordSchemes];
  host.stdin.text = "secret\nmore\n";
});

/** Runs a command that works; answers what it printed. */
async function run(line: string): Promise<string> {
  host.stdout.text = "";
  expect([await main(line.split(" "), host), host.stderr.text]).toEqual([
    0,
    "",
  ]);
  return host.stdout.text;
}

/** The users of the file. */
function users(): unknown {
  return JSON.parse(host.textFiles.get("u.json")!).users;
}

const WARNING = "anyftpd: warning: other users of this machine can see a " +
  "password on the command line\n";

describe("anyftpd hash", () => {
  test("prints the hash of the first line of standard input", async () => {
    expect(await run("hash")).toBe("=secret\n");
    host.stdin.text = "no end";
    expect(await run("hash --password-file -")).toBe("=no end\n");
    host.textFiles.set("file", "\ufefffrom file\r\nmore");
    expect(await run("hash --password-file file")).toBe("=from file\n");
  });

  test("hashes in the way that is asked for", async () => {
    const hash = (await run("hash --scheme pbkdf2")).trimEnd();
    expect(await verifyPassword({ hash }, "secret")).toBe(true);
  });

  test("asks twice at a terminal, and shows nothing", async () => {
    host.stdin.isTerminal = true;
    host.stdin.answers.push("typed", "typed");
    expect(await run("hash")).toBe("=typed\n");
    expect(host.stdin.questions).toEqual(["Password: ", "The same again: "]);
  });

  test("warns of a password that everybody can see", async () => {
    expect(await main(["hash", "-P", "seen"], host)).toBe(0);
    expect(host.stdout.text).toBe("=seen\n");
    expect(host.stderr.text).toBe(WARNING);
  });

  for (
    const [answers, message] of [
      [["one", "two"], "Cannot go on: the two passwords differ"],
      [["one", null], "Cannot go on: no password was given"],
      [[null], "Cannot go on: no password was given"],
      [[""], "the password must not be empty"],
    ] as const
  ) {
    test(`refuses ${JSON.stringify(answers)} at a terminal`, async () => {
      host.stdin.isTerminal = true;
      host.stdin.answers.push(...answers);
      expect(await main(["hash"], host)).toBe(2);
      expect(host.stderr.text).toContain(`anyftpd: error: ${message}\n`);
      expect(host.stdout.text).toBe("");
    });
  }

  for (
    const [line, message] of [
      [
        "hash secret",
        "hash: a password is no argument: other users of this machine could " +
        "see it",
      ],
      [
        "hash --scheme md5",
        "argument --scheme: invalid value: 'md5' (expected plain or pbkdf2)",
      ],
      [
        "hash -P a --password-file b",
        "argument --password-file: not allowed with -P/--password",
      ],
      ["hash --nope", "unknown option: --nope"],
    ] as const
  ) {
    test(`refuses: ${line}`, async () => {
      expect(await main(line.split(" "), host)).toBe(2);
      expect(host.stderr.text).toContain(`anyftpd: error: ${message}\n`);
      expect(host.stdout.text).toBe("");
    });
  }
});

describe("anyftpd user", () => {
  test("add makes a file, and adds to it", async () => {
    expect(await run("user add ann --users u.json")).toBe(
      'added user "ann"\n',
    );
    expect(host.textFiles.get("u.json")).toBe(`{
  "users": {
    "ann": {
      "password": "=secret"
    }
  }
}
`);
    await run("user add --users=u.json anonymous");
    await run(
      "user add bob --users u.json -d files/bob --home /in --permissions elrw " +
        "--disabled --expires 2030-12-31 --networks 10.0.0.0/8,::1 " +
        "--max-sessions 2 --download-rate 1M --upload-rate 500 " +
        "--quota 1.5G --max-files 100 --tls-required",
    );
    host.stdin.text = "x";
    await run("user add cid --users u.json -w -d /srv");
    expect(users()).toEqual({
      ann: { password: "=secret" },
      anonymous: {},
      bob: {
        password: "=more",
        directory: "/home/ann/files/bob",
        home: "/in",
        permissions: "elrw",
        enabled: false,
        expires: "2030-12-31",
        networks: ["10.0.0.0/8", "::1"],
        limits: { downloadRate: 1048576, uploadRate: 500, sessions: 2 },
        quota: { bytes: 1610612736, files: 100 },
        tls: { control: "required", data: "required" },
      },
      cid: { password: "=x", permissions: "elradfmwMT", directory: "/srv" },
    });
  });

  test("passwd changes the password and nothing else", async () => {
    const file = {
      $schema: "s",
      users: {
        ann: { password: "=old", home: "/in" },
        bob: { password: "=b" },
      },
    };
    host.textFiles.set("u.json", JSON.stringify(file));
    expect(await run("user passwd ann --users u.json")).toBe(
      'password changed of user "ann"\n',
    );
    expect(JSON.parse(host.textFiles.get("u.json")!)).toEqual({
      $schema: "s",
      users: {
        ann: { password: "=secret", home: "/in" },
        bob: { password: "=b" },
      },
    });
  });

  test("del removes one user", async () => {
    await run("user add ann --users u.json");
    await run("user add __proto__ --users u.json");
    await run("user del ann --users u.json");
    expect(host.textFiles.get("u.json")).toContain('"__proto__": {');
    expect(await run("user del __proto__ --users u.json")).toBe(
      'removed user "__proto__"\n',
    );
    expect(users()).toEqual({});
  });

  test("list shows who there is, and no password", async () => {
    host.textFiles.set(
      "u.json",
      JSON.stringify({
        users: {
          ann: { password: "=1", permissions: "elr", directory: "/srv/ann" },
          robert: { password: "=2", enabled: false },
          "ol d": { password: "=3", expires: "1970-01-01" },
        },
      }),
    );
    expect(await run("user list --users u.json")).toBe(
      "NAME    STATE     PERMISSIONS  DIRECTORY\n" +
        "ann     enabled   elr          /srv/ann\n" +
        "robert  disabled  (default)    (shared)\n" +
        "ol d    expired   (default)    (shared)\n",
    );
    expect(JSON.parse(await run("user list --json --users u.json"))).toEqual({
      ann: { permissions: "elr", directory: "/srv/ann" },
      robert: { enabled: false },
      "ol d": { expires: "1970-01-01" },
    });
  });

  for (
    const [line, message] of [
      ["user", "user: expected add, passwd, del or list"],
      [
        "user rm ann",
        "user: unknown command: 'rm' (expected add, passwd, del or list)",
      ],
      ["user add", "user add: expected the name of a user"],
      ["user add ann", "user add: --users is required"],
      ["user add ann bob --users u.json", "unexpected argument: 'bob'"],
      ["user list ann --users u.json", "unexpected argument: 'ann'"],
      ["user del ann --write", "unknown option: --write"],
      [
        "user add ann --users u.json -w --permissions e",
        "argument --permissions: not allowed with -w/--write",
      ],
      [
        "user add ann --users u.json --permissions x",
        'argument --permissions: Cannot use permissions "x": no such ' +
        'permission "x"',
      ],
      [
        "user add ann --users u.json --home in",
        "argument --home: invalid value: 'in' (expected a path from / on)",
      ],
      [
        "user add ann --users u.json -d=",
        "argument -d/--directory: must not be empty",
      ],
      [
        "user add ann --users u.json --expires 2030-02-30",
        "argument --expires: invalid value: '2030-02-30' (expected a date " +
        "such as 2030-12-31)",
      ],
      [
        "user add ann --users u.json --networks ::1,10.0.0.1/8",
        "argument --networks: invalid value: '10.0.0.1/8' (expected a " +
        "network such as 192.168.0.0/16, with zeros behind the prefix)",
      ],
      [
        "user add ann --users u.json --max-sessions -1",
        "argument --max-sessions: expected one argument",
      ],
      [
        "user add ann --users u.json --quota 1X",
        "argument --quota: invalid size: '1X' (expected bytes such as 500M " +
        "or 1.5G)",
      ],
      [
        "user add old --users u.json",
        'Cannot add user "old": the user exists already',
      ],
      [
        "user passwd ann --users u.json",
        'Cannot change user "ann": no such user',
      ],
      ["user del ann --users u.json", 'Cannot remove user "ann": no such user'],
      [
        "user del ann --users no.json",
        'Cannot read "no.json": no such file or directory',
      ],
      [
        "user list --users no.json",
        'Cannot read "no.json": no such file or directory',
      ],
      [
        "user add ann --users bad.json",
        "Cannot use the users file: users: is missing",
      ],
    ] as const
  ) {
    test(`refuses, and asks for no password: ${line}`, async () => {
      const old = '{"users":{"old":{"password":"="}}}';
      host.textFiles.set("u.json", old);
      host.textFiles.set("bad.json", "{}");
      expect(await main(line.split(" "), host)).toBe(2);
      expect(host.stderr.text.split("\n")[0]).toBe(
        `anyftpd: error: ${message}`,
      );
      expect(host.stdin.text).toBe("secret\nmore\n");
      expect(host.textFiles.get("u.json")).toBe(old);
    });
  }

  test("refuses names that nobody can type", async () => {
    for (const name of ["", "a\nb", "\x7f", "\u0085"]) {
      const args = ["user", "add", name, "--users", "u.json"];
      expect(await main(args, host)).toBe(2);
      expect(host.stderr.text).toContain("the name of a user must not");
      expect(host.textFiles.has("u.json")).toBe(false);
    }
  });
});

describe("the help of the commands", () => {
  for (
    const line of ["user -h", "user --help", "user add -h", "user list -h"]
  ) {
    test(`is shown for ${line}`, async () => {
      expect(await run(line)).toBe(USER_USAGE);
    });
  }

  test("is shown for hash --help", async () => {
    expect(await run("hash --help")).toBe(HASH_USAGE);
  });

  test("explains every option, each with its letter and value", () => {
    const told = (usage: string): readonly string[] =>
      [...usage.matchAll(/^ {2}(?:-(\w), | {4})--([a-z-]+)(?: ([A-Z]+))?/gm)]
        .map(([, short, name, value]) =>
          `${name} ${short ?? ""} ${value !== undefined}`
        ).sort();
    const known = (specs: typeof HASH_SPECS): readonly string[] =>
      [
        ...new Set(specs.map(({ name, short, takesValue }) =>
          `${name} ${short ?? ""} ${takesValue === true}`
        )),
      ].sort();
    expect(told(HASH_USAGE)).toEqual(known(HASH_SPECS));
    expect(told(USER_USAGE))
      .toEqual(known(Object.values(USER_SPECS).flat()));
  });

  test("fits 80 columns", () => {
    for (const line of [...USER_USAGE.split("\n"), ...HASH_USAGE.split("\n")]) {
      expect(line.length, line).toBeLessThanOrEqual(80);
      expect(line).toBe(line.trimEnd());
    }
  });
});

test("folders called user and hash can still be shared", () => {
  expect(parseCommandLineOptions(["./user"])).toMatchObject({
    options: { directory: "./user" },
  });
  expect(parseCommandLineOptions(["-w", "hash"])).toMatchObject({
    options: { directory: "hash" },
  });
});

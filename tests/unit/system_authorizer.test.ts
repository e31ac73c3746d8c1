import { beforeEach, describe, expect, test } from "vitest";
import { hashPassword } from "../../lib/auth/password.ts";
import { SystemAuthorizer } from "../../lib/auth/system_authorizer.ts";
import type { SystemAuthorizerOptions } from "../../lib/auth/system_options.ts";
import type {
  SystemProof,
  SystemUser,
  SystemUsers,
} from "../../lib/auth/system_users.ts";
import { ConfigError } from "../../lib/base/errors.ts";
import { MemoryFileSystem } from "../../lib/fs/memory_file_system.ts";
import { readOnly } from "../../lib/fs/read_only.ts";
import type { Account, Action } from "../../lib/spi/authorizer.ts";
import { countDerivations } from "../support/derivations.ts";

const SIGNAL = new AbortController().signal;

let users: Map<string, SystemUser & { readonly password: string }>;
let folders: Set<string>;
let asked: { readonly username: string; readonly proof: SystemProof }[];
let opened: { readonly folder: string; readonly jail: boolean }[];
let log: string[];

const files = new MemoryFileSystem();

const HASH = await hashPassword("own", { iterations: 10 });

/** A system that knows `users`, whose shells are valid if they end in `sh`. */
const system: SystemUsers = {
  needsPasswords: false,
  find: (username) => users.get(username) ?? null,
  hasValidShell: ({ shell }) => shell?.endsWith("sh") ?? true,
  hasFolder: (path) => folders.has(path),
  logIn(username, proof) {
    asked.push({ username, proof });
    const user = users.get(username);
    const right = user !== undefined &&
      (proof.kind !== "password" || proof.password === user.password);
    if (!right) return Promise.resolve({ kind: "refused", reason: "wrong" });
    return Promise.resolve({
      kind: "accepted",
      user,
      open(folder, jail) {
        opened.push({ folder, jail });
        return { fileSystem: files, home: jail ? "/" : folder };
      },
    });
  },
};

beforeEach(() => {
  users = new Map();
  add("ann", {});
  add("bob", {});
  add("ftp", { shell: "/bin/false", home: "/srv/ftp" });
  add("root", { isSuperuser: true });
  folders = new Set(["/home/ann", "/home/bob", "/srv/ftp", "/srv/x"]);
  asked = [];
  opened = [];
  log = [];
});

function add(name: string, user: Partial<SystemUser>): void {
  users.set(name, {
    name,
    home: `/home/${name}`,
    shell: "/bin/sh",
    isSuperuser: false,
    password: `of ${name}`,
    ...user,
  });
}

function make(
  options: Partial<SystemAuthorizerOptions> = {},
): SystemAuthorizer {
  return new SystemAuthorizer({
    users: system,
    log: (level, message) => log.push(`${level} ${message}`),
    ...options,
  });
}

function login(
  authorizer: SystemAuthorizer,
  username: string,
  password = `of ${username}`,
): Promise<Account | null> {
  return authorizer.authenticate({
    username,
    password,
    remote: { hostname: "10.0.0.1", port: 1 },
    local: { hostname: "127.0.0.1", port: 21 },
    secure: false,
    peerCertificate: null,
  }, SIGNAL);
}

async function allows(account: Account, action: Action): Promise<boolean> {
  return await account.allows(action, {
    path: "/x",
    isDirectory: () => Promise.resolve(false),
  });
}

describe("a user of the system", () => {
  test("gets in with the system's password, to do everything", async () => {
    const account = (await login(make(), "ann"))!;
    expect(account).toMatchObject({
      name: "ann",
      fileSystem: files,
      home: "/",
      loginMessage: "Login successful.",
      quitMessage: "Goodbye.",
      pathRules: false,
    });
    expect(opened).toEqual([{ folder: "/home/ann", jail: true }]);
    expect(await allows(account, "read")).toBe(true);
    expect(await allows(account, "chmod")).toBe(true);
    expect(await login(make(), "ann", "of bob")).toBeNull();
    expect(await login(make(), "nobody")).toBeNull();
  });

  test("has what the options give", async () => {
    const shared = readOnly(files);
    const account = (await login(
      make({
        permissions: "el",
        loginMessage: "Hello.",
        quitMessage: "Bye.",
        limits: { sessions: 2 },
        jail: false,
        share: () => shared,
      }),
      "ann",
    ))!;
    expect(account).toMatchObject({
      fileSystem: shared,
      home: "/home/ann",
      loginMessage: "Hello.",
      quitMessage: "Bye.",
      limits: { sessions: 2 },
    });
    expect(opened).toEqual([{ folder: "/home/ann", jail: false }]);
    expect(await allows(account, "list")).toBe(true);
    expect(await allows(account, "read")).toBe(false);
  });

  test("has the home that the system tells at that login", async () => {
    const authorizer = make();
    await login(authorizer, "ann");
    add("ann", { home: "/srv/x" });
    await login(authorizer, "ann");
    expect(opened.map(({ folder }) => folder)).toEqual([
      "/home/ann",
      "/srv/x",
    ]);
  });

  test("who is rejected or not allowed reads no other text", async () => {
    for (
      const options of [{ rejectedUsers: ["ann"] }, {
        allowedUsers: ["bob"],
      }]
    ) {
      const authorizer = make(options);
      expect(await login(authorizer, "ann")).toBeNull();
      expect(await login(authorizer, "bob")).not.toBeNull();
    }
    // The system was asked all the same: it takes as long.
    expect(asked.map(({ username }) => username)).toEqual([
      "ann",
      "bob",
      "ann",
      "bob",
    ]);
    expect(log[0]).toBe(
      'info refused user "ann" from 10.0.0.1: the user is not allowed',
    );
  });

  test("with another name for one who is rejected is kept out", async () => {
    users.set("ANN", users.get("ann")!);
    const authorizer = make({ rejectedUsers: ["ann"] });
    expect(await login(authorizer, "ANN", "of ann")).toBeNull();
  });

  test("needs a valid shell, unless told otherwise", async () => {
    await expect(login(make(), "ftp")).rejects.toThrow(
      "User ftp doesn't have a valid shell.",
    );
    expect(await login(make(), "ftp", "wrong")).toBeNull();
    const lax = make({ requireValidShell: false });
    expect(await login(lax, "ftp")).not.toBeNull();
  });

  test("who is the superuser must be named", async () => {
    expect(await login(make(), "root")).toBeNull();
    folders.add("/home/root");
    expect(await login(make({ allowedUsers: ["root"] }), "root")).not
      .toBeNull();
  });
});

describe("anonymous", () => {
  test("is not let in unless there is a user for it", async () => {
    await expect(login(make(), "anonymous")).rejects.toThrow(
      "Anonymous access not allowed.",
    );
    expect(asked).toEqual([]);
    expect(make().hasUser("anonymous")).toBe(false);
  });

  test("has home and rights of that user, and reads", async () => {
    const authorizer = make({ anonymousUser: "ftp", allowedUsers: ["ann"] });
    expect(authorizer.hasUser("anonymous")).toBe(true);
    const account = (await login(authorizer, "anonymous", "any"))!;
    expect(account.name).toBe("anonymous");
    expect(asked).toEqual([{ username: "ftp", proof: { kind: "none" } }]);
    expect(opened).toEqual([{ folder: "/srv/ftp", jail: true }]);
    expect(await allows(account, "read")).toBe(true);
    expect(await allows(account, "write")).toBe(false);
    // The user itself does not get in by it.
    expect(await login(authorizer, "ftp")).toBeNull();
  });
});

describe("where the system ignores the case of names", () => {
  const blind: SystemUsers = {
    ...system,
    find: (username) => system.find(username.toLowerCase()),
    logIn: (username, proof, signal) =>
      system.logIn(username.toLowerCase(), proof, signal),
  };

  test("overrides hold however the name is written", async () => {
    const limits = { sessions: 1 };
    for (const configured of ["ann", "Ann"]) {
      const authorizer = make({ users: blind });
      authorizer.overrideUser(configured, { permissions: "elr", limits });
      for (const typed of ["ann", "Ann", "ANN"]) {
        const account = (await login(authorizer, typed, "of ann"))!;
        expect(account).toMatchObject({ name: "ann", limits });
        expect(await allows(account, "write")).toBe(false);
      }
    }
  });

  test("a replaced password replaces the system's", async () => {
    for (const configured of ["ann", "Ann"]) {
      const authorizer = make({ users: blind });
      authorizer.overrideUser(configured, { password: "new" });
      for (const typed of ["ann", "Ann", "ANN"]) {
        expect(await login(authorizer, typed, "of ann")).toBe(null);
      }
      for (const typed of new Set(["ann", configured])) {
        expect(await login(authorizer, typed, "new")).not.toBe(null);
      }
      expect(
        await authorizer.account("ANN", {
          remote: { hostname: "10.0.0.1", port: 1 },
        }),
      ).toMatchObject({ name: "ann" });
    }
    expect(log).toContain(
      'info refused user "ANN" from 10.0.0.1: the password is replaced',
    );
  });
});

describe("overrideUser", () => {
  test("checks two passwords at the same time, whoever asks", async () => {
    const authorizer = make();
    authorizer.overrideUser("ann", { password: { hash: HASH } });
    using derivations = countDerivations();
    const answers = await Promise.all(
      Array.from(
        { length: 10 },
        (_, at) =>
          at % 2 ? login(authorizer, "ann", "own") : login(authorizer, "bob"),
      ),
    );
    expect(answers.map((answer) => answer?.name)).toEqual(
      answers.map((_, at) => at % 2 ? "ann" : "bob"),
    );
    expect(derivations).toMatchObject({ most: 2, all: 10 });
  });

  test("changes what is given, for one user, and nothing else", async () => {
    const authorizer = make();
    authorizer.overrideUser("ann", { permissions: "elr" });
    const account = (await login(authorizer, "ann"))!;
    expect(await allows(account, "write")).toBe(false);
    expect(account.loginMessage).toBe("Login successful.");
    expect(opened).toEqual([{ folder: "/home/ann", jail: true }]);
    const other = (await login(authorizer, "bob"))!;
    expect(await allows(other, "write")).toBe(true);
    authorizer.overrideUser("ann", {
      home: "/srv/x",
      loginMessage: "Hello.",
      quitMessage: "Bye.",
      limits: { sessions: 1 },
    });
    // A second call replaces the first.
    const again = (await login(authorizer, "ann"))!;
    expect(await allows(again, "write")).toBe(true);
    expect(again).toMatchObject({
      loginMessage: "Hello.",
      quitMessage: "Bye.",
      limits: { sessions: 1 },
    });
    expect(opened.at(-1)).toEqual({ folder: "/srv/x", jail: true });
  });

  test.each([
    ["in clear", "own"],
    ["hashed", { hash: HASH }],
  ])("replaces the password, %s", async (_, password) => {
    const authorizer = make();
    authorizer.overrideUser("ann", { password });
    expect(await login(authorizer, "ann", "own")).not.toBeNull();
    expect(await login(authorizer, "ann", "of ann")).toBeNull();
    expect(await login(authorizer, "ann", "")).toBeNull();
    expect(await login(authorizer, "bob", "of bob")).not.toBeNull();
    expect(await login(authorizer, "bob", "own")).toBeNull();
    expect(asked[0]!.proof).toEqual({ kind: "replaced", password: "own" });
    // The password of the system is still paid for in time.
    expect(asked).toHaveLength(5);
  });

  test("lets nobody in without a password who has an empty one", async () => {
    const authorizer = make();
    authorizer.overrideUser("ann", { permissions: "elr" });
    expect(await login(authorizer, "ann", "")).toBeNull();
  });

  test("works for anonymous, but for the password", async () => {
    const authorizer = make({ anonymousUser: "ftp" });
    authorizer.overrideUser("anonymous", {
      permissions: "elrw",
      home: "/srv/x",
    });
    const account = (await login(authorizer, "anonymous"))!;
    expect(await allows(account, "write")).toBe(true);
    expect(opened).toEqual([{ folder: "/srv/x", jail: true }]);
    expect(log).toContain("warn write permissions assigned to anonymous user.");
    expect(() => authorizer.overrideUser("anonymous", { password: "x" }))
      .toThrow("anonymous has no password");
  });

  test.each([
    ["eve", { permissions: "e" }, "no such user"],
    ["anonymous", { permissions: "e" }, "no such user"],
    ["ann", {}, "nothing is given"],
    ["ann", { permissions: "x" }, 'no such permission "x"'],
    ["ann", { home: "/none" }, 'no such directory "/none"'],
    ["ann", { password: { hash: "x" } }, "hash is malformed"],
    ["bob", { permissions: "e" }, "not an allowed user"],
    ["ftp", { permissions: "e" }, "not a valid shell"],
  ])("refuses for %s %j: %s", (name, override, problem) => {
    const authorizer = make({ rejectedUsers: ["bob"] });
    const act = (): void => authorizer.overrideUser(name, override);
    expect(act).toThrow(ConfigError);
    expect(act).toThrow(problem);
  });
});

describe("account", () => {
  const from = { remote: { hostname: "10.0.0.1", port: 1 } };

  test("needs no password, for who may log in", async () => {
    const authorizer = make({ rejectedUsers: ["bob"] });
    expect(await authorizer.account("ann", from)).toMatchObject({
      name: "ann",
      home: "/",
    });
    expect(asked).toEqual([{ username: "ann", proof: { kind: "none" } }]);
    for (const name of ["bob", "root", "nobody", "anonymous"]) {
      expect(await authorizer.account(name, from)).toBeNull();
    }
    await expect(authorizer.account("ftp", from)).rejects.toThrow("shell");
  });

  test("is refused where the system needs a password", async () => {
    const authorizer = make({ users: { ...system, needsPasswords: true } });
    await expect(authorizer.account("ann", from)).rejects.toThrow(ConfigError);
  });
});

test("no password is replaced where the system needs the user's own", () => {
  const authorizer = make({ users: { ...system, needsPasswords: true } });
  expect(() => authorizer.overrideUser("ann", { password: "x" })).toThrow(
    "this system needs the user's own password",
  );
  authorizer.overrideUser("ann", { permissions: "elr" });
});

test.each<[Partial<SystemAuthorizerOptions>, string]>([
  [{ permissions: "elx" }, 'no such permission "x"'],
  [{ allowedUsers: [], rejectedUsers: [] }, "mutually exclusive"],
  [{ anonymousUser: "eve" }, 'no such user "eve"'],
  [{ anonymousUser: "root" }, 'no valid home set for user "root"'],
  [{ allowedUsers: ["anonymous"] }, 'invalid username "anonymous"'],
  [{ rejectedUsers: ["anonymous"] }, 'invalid username "anonymous"'],
  [{ allowedUsers: ["eve"] }, 'unknown user "eve"'],
  [{ rejectedUsers: ["eve"] }, 'unknown user "eve"'],
  [{ allowedUsers: ["root"] }, 'no valid home set for user "root"'],
  [{ allowedUsers: ["ftp"] }, 'user "ftp" has not a valid shell'],
])("options that do not hold are refused: %j", (options, problem) => {
  expect(() => make(options)).toThrow(ConfigError);
  expect(() => make(options)).toThrow(problem);
});

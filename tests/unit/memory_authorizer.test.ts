import { describe, expect, test } from "vitest";
import {
  MemoryAuthorizer,
  type MemoryUserOptions,
} from "../../lib/auth/memory_authorizer.ts";
import { hashPassword } from "../../lib/auth/password.ts";
import {
  AuthenticationError,
  ConfigError,
  FileError,
} from "../../lib/base/errors.ts";
import type {
  Account,
  Action,
  LoginRequest,
} from "../../lib/spi/authorizer.ts";
import type { FileStat, FileSystem } from "../../lib/spi/file_system.ts";
import { countDerivations } from "../support/derivations.ts";

const FOLDERS = ["/", "/pub", "/pub/in", "/link"];

/** Only what the authorizer asks for; `/link` leads to `/pub/in`. */
const fileSystem = {
  stat: (path: string): Promise<FileStat> => {
    const known = FOLDERS.includes(path) || path === "/file";
    if (!known) return Promise.reject(new FileError("not-found", "no"));
    const kind = path === "/file" ? "file" : "directory";
    return Promise.resolve({ kind, size: 0, modified: 0 });
  },
  resolve: (path: string) =>
    Promise.resolve(path.replace(/^\/link/, "/pub/in")),
} as Partial<FileSystem> as FileSystem;

const request = (username: string, password: string): LoginRequest => ({
  username,
  password,
  remote: { hostname: "127.0.0.1", port: 50000 },
  local: { hostname: "127.0.0.1", port: 21 },
  secure: false,
  peerCertificate: null,
});

const login = (to: MemoryAuthorizer, username: string, password: string) =>
  to.authenticate(request(username, password));

async function account(
  more: Partial<MemoryUserOptions> = {},
): Promise<[MemoryAuthorizer, Account]> {
  const authorizer = new MemoryAuthorizer();
  authorizer.addUser({
    username: "bob",
    password: "secret",
    fileSystem,
    ...more,
  });
  const found = await login(authorizer, "bob", "secret");
  return [authorizer, found!];
}

const may = async (who: Account, action: Action, path: string) =>
  await who.allows(action, {
    path,
    isDirectory: async () => (await fileSystem.stat(path)).kind === "directory",
  });

describe("MemoryAuthorizer users", () => {
  test("are added, listed and removed", () => {
    const authorizer = new MemoryAuthorizer();
    authorizer.addUser({ username: "bob", password: "x", fileSystem });
    authorizer.addAnonymous({ fileSystem });
    expect(authorizer.usernames).toEqual(["bob", "anonymous"]);
    expect(authorizer.hasUser("bob")).toBe(true);
    expect(authorizer.hasUser("BOB")).toBe(false);
    authorizer.removeUser("bob");
    expect(authorizer.usernames).toEqual(["anonymous"]);
    expect(() => authorizer.removeUser("bob")).toThrow(
      new ConfigError('Cannot remove user "bob": no such user'),
    );
  });

  test("belong to one authorizer", () => {
    const one = new MemoryAuthorizer();
    one.addAnonymous({ fileSystem });
    expect(new MemoryAuthorizer().usernames).toEqual([]);
  });

  test.each(
    [
      [{ username: "ann" }, 'Cannot add user "ann": user already exists'],
      [{ username: "" }, 'Cannot add user "": the name is empty'],
      [
        { permissions: "elz" },
        'Cannot use permissions "elz": no such permission "z"',
      ],
      [{ password: undefined }, 'Cannot add user "bob": there is no password'],
      [{ password: null }, 'Cannot add user "bob": there is no password'],
      [
        { password: { hash: "" } },
        'Cannot add user "bob": the password hash is malformed',
      ],
      [
        { password: { hash: "secret" } },
        'Cannot add user "bob": the password hash is malformed',
      ],
      [
        { limits: { sessions: -1 } },
        'Cannot add user "bob": a limit cannot be -1',
      ],
    ],
  )("with %j are refused when they are added", (more, message) => {
    const authorizer = new MemoryAuthorizer();
    authorizer.addUser({ username: "ann", password: "x", fileSystem });
    const user = { username: "bob", password: "x", fileSystem, ...more };
    expect(() => authorizer.addUser(user as MemoryUserOptions))
      .toThrow(new ConfigError(message));
    expect(authorizer.usernames).toEqual(["ann"]);
  });

  test("warn when anonymous may write, each time", async () => {
    const warnings: string[] = [];
    const authorizer = new MemoryAuthorizer({
      onWarning: (message) => warnings.push(message),
    });
    const text = "write permissions assigned to anonymous user.";
    authorizer.addUser({
      username: "bob",
      password: "x",
      fileSystem,
      permissions: "elradfmwMT",
    });
    authorizer.addAnonymous({ fileSystem });
    expect(warnings).toEqual([]);
    await authorizer.overridePermissions("anonymous", "/pub", "elrw");
    expect(warnings).toEqual([text]);
    authorizer.removeUser("anonymous");
    authorizer.addAnonymous({ fileSystem, permissions: "elrT" });
    expect(warnings).toEqual([text, text]);
  });
});

describe("MemoryAuthorizer.authenticate()", () => {
  test("lets in who knows the password and nobody else", async () => {
    const [authorizer, bob] = await account();
    expect(bob.name).toBe("bob");
    expect(bob.fileSystem).toBe(fileSystem);
    expect(bob.home).toBe("/");
    for (
      const [name, word] of [
        ["bob", "Secret"],
        ["bob", ""],
        ["Bob", "secret"],
        ["eve", "secret"],
        ["", ""],
        ["__proto__", ""],
      ] as const
    ) {
      expect(await login(authorizer, name, word)).toBeNull();
    }
  });

  test("hands out what the user was given", async () => {
    const limits = { sessions: 2, downloadRate: 1000 };
    const [, bob] = await account({
      home: "pub/",
      loginMessage: "Hi",
      quitMessage: "Bye",
      limits,
    });
    expect(bob).toMatchObject({
      home: "/pub",
      loginMessage: "Hi",
      quitMessage: "Bye",
      limits,
    });
  });

  test("checks hashed passwords, beside clear ones", async () => {
    const authorizer = new MemoryAuthorizer();
    const hash = await hashPassword("hashed", { iterations: 10 });
    authorizer.addUser({ username: "ann", password: { hash }, fileSystem });
    authorizer.addUser({ username: "bob", password: "clear", fileSystem });
    expect((await login(authorizer, "ann", "hashed"))?.name).toBe("ann");
    expect((await login(authorizer, "bob", "clear"))?.name).toBe("bob");
    expect(await login(authorizer, "ann", "clear")).toBeNull();
    expect(await login(authorizer, "ann", hash)).toBeNull();
    expect(await login(authorizer, "bob", "hashed")).toBeNull();
    expect(await login(authorizer, "eve", "")).toBeNull();
  });

  test("takes as long for a name that does not exist", async () => {
    const authorizer = new MemoryAuthorizer();
    const hash = await hashPassword("x", { iterations: 300_000 });
    authorizer.addUser({ username: "ann", password: { hash }, fileSystem });
    authorizer.addUser({ username: "bob", password: "x", fileSystem });
    const best: Record<string, number> = {};
    // By turns: another program may keep the processor for a while.
    for (let round = 0; round < 8; round++) {
      for (const username of ["ann", "eve", "bob"]) {
        const start = performance.now();
        expect(await login(authorizer, username, "y")).toBeNull();
        const time = performance.now() - start;
        best[username] = Math.min(best[username] ?? Infinity, time);
      }
    }
    expect(best["eve"]).toBeGreaterThan(best["ann"]! / 3);
    expect(best["bob"]).toBeGreaterThan(best["ann"]! / 3);
  });

  test("anonymous needs no password, and has to be allowed", async () => {
    const authorizer = new MemoryAuthorizer();
    await expect(login(authorizer, "anonymous", "me@example.com"))
      .rejects.toThrow(
        new AuthenticationError("Anonymous access not allowed."),
      );
    authorizer.addAnonymous({ fileSystem });
    for (const password of ["", "me@example.com"]) {
      expect((await login(authorizer, "anonymous", password))?.name)
        .toBe("anonymous");
    }
    expect(await login(authorizer, "Anonymous", "")).toBeNull();
  });

  test("checks two passwords at the same time, whoever asks", async () => {
    const hash = await hashPassword("secret", { iterations: 1_000 });
    const [authorizer] = await account({ password: { hash } });
    using derivations = countDerivations();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, at) =>
        login(
          authorizer,
          at % 2 ? "bob" : "eve",
          at % 3 ? "secret" : "no",
        )),
    );
    expect(answers.map((answer) => answer?.name ?? null)).toEqual(
      answers.map((_, at) => at % 2 && at % 3 ? "bob" : null),
    );
    expect(derivations).toMatchObject({ most: 2, all: 20 });
  });

  test("does not let in a user who is removed meanwhile", async () => {
    const [authorizer] = await account();
    const answer = login(authorizer, "bob", "secret");
    authorizer.removeUser("bob");
    expect(await answer).toBeNull();
  });
});

describe("Account.allows()", () => {
  test("goes by the letters; elr unless told", async () => {
    const [, reader] = await account();
    expect(await may(reader, "enter", "/")).toBe(true);
    expect(await may(reader, "list", "/")).toBe(true);
    expect(await may(reader, "read", "/file")).toBe(true);
    expect(await may(reader, "write", "/file")).toBe(false);
    const [, nobody] = await account({ permissions: "" });
    expect(await may(nobody, "enter", "/")).toBe(false);
  });

  test("allows nothing once the user is removed, also if added again", async () => {
    const [authorizer, bob] = await account();
    authorizer.removeUser("bob");
    expect(await may(bob, "read", "/file")).toBe(false);
    authorizer.addUser({ username: "bob", password: "new", fileSystem });
    expect(await may(bob, "read", "/file")).toBe(false);
  });
});

describe("MemoryAuthorizer.overridePermissions()", () => {
  test("changes what open sessions may do", async () => {
    const [authorizer, bob] = await account();
    expect(bob.pathRules).toBe(false);
    await authorizer.overridePermissions("bob", "pub/", "w", {
      recursive: true,
    });
    expect(bob.pathRules).toBe(true);
    expect(await may(bob, "write", "/pub/in/new")).toBe(true);
    expect(await may(bob, "read", "/pub/in/new")).toBe(false);
    expect(await may(bob, "write", "/new")).toBe(false);
  });

  test("is not recursive unless told", async () => {
    const [authorizer, bob] = await account();
    await authorizer.overridePermissions("bob", "/pub", "w");
    expect(await may(bob, "write", "/pub")).toBe(true);
    expect(await may(bob, "write", "/pub/in")).toBe(false);
  });

  test("follows links to the folder that is meant", async () => {
    const [authorizer, bob] = await account();
    await authorizer.overridePermissions("bob", "/link", "w");
    expect(await may(bob, "write", "/pub/in")).toBe(true);
  });

  test.each([
    ["eve", "/pub", "elr", '"eve" in "/pub": no such user'],
    ["bob", "/none", "elr", '"bob" in "/none": no such directory'],
    ["bob", "/file", "elr", '"bob" in "/file": not a directory'],
    ["bob", "/", "elr", '"bob" in "/": it is the home directory'],
    ["bob", "/pub/..", "elr", '"bob" in "/pub/..": it is the home directory'],
  ])("refuses %s in %s with %s", async (name, folder, letters, message) => {
    const [authorizer, bob] = await account();
    await expect(authorizer.overridePermissions(name, folder, letters))
      .rejects.toThrow(
        new ConfigError(`Cannot override permissions of ${message}`),
      );
    expect(bob.pathRules).toBe(false);
  });

  test("refuses a letter that has no meaning", async () => {
    const [authorizer] = await account();
    await expect(authorizer.overridePermissions("bob", "/pub", "z"))
      .rejects.toThrow('Cannot use permissions "z": no such permission "z"');
  });
});

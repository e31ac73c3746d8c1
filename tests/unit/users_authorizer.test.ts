import { beforeEach, describe, expect, test } from "vitest";
import { CertificateAuthorizer } from "../../lib/auth/certificate_authorizer.ts";
import type { PasswordScheme } from "../../lib/auth/password_scheme.ts";
import {
  UsersAuthorizer,
  type UsersAuthorizerOptions,
} from "../../lib/auth/users_authorizer.ts";
import type { UserEntry } from "../../lib/auth/users_file.ts";
import { ConfigError } from "../../lib/base/errors.ts";
import { QuotaBook } from "../../lib/fs/quota_book.ts";
import { MemoryFileSystem } from "../../lib/fs/memory_file_system.ts";
import type { Account, Action } from "../../lib/spi/authorizer.ts";

const SIGNAL = new AbortController().signal;

/** `N:password` takes N units of time; what was checked is written down. */
let checked: string[] = [];
const plain: PasswordScheme = {
  name: "plain",
  cost: (hash) => /^\d+(?=:)/.exec(hash)?.[0] ?? null,
  verify(hash, password) {
    checked.push(hash);
    return Promise.resolve(hash.slice(hash.indexOf(":") + 1) === password);
  },
  hash: (password) => Promise.resolve(`1:${password}`),
};

let text: string | Error;
let time: number;
let log: string[];
let opened: string[];
let folders: Map<string, MemoryFileSystem>;

beforeEach(() => {
  checked = [];
  time = Date.UTC(2026, 0, 1);
  log = [];
  opened = [];
  folders = new Map([["/srv/ann", new MemoryFileSystem()]]);
  set({ ann: { password: "1:secret" } });
});

function set(users: Record<string, UserEntry>): void {
  text = JSON.stringify({ users });
}

const common = new MemoryFileSystem();

function make(options: Partial<UsersAuthorizerOptions> = {}): UsersAuthorizer {
  return new UsersAuthorizer({
    text: () => {
      if (text instanceof Error) throw text;
      return text;
    },
    openFolder: (directory) => {
      opened.push(directory);
      const folder = folders.get(directory);
      if (folder !== undefined) return folder;
      throw new ConfigError(`Cannot share "${directory}": no such directory`);
    },
    fileSystem: common,
    schemes: [plain],
    clock: { wallTime: () => time },
    log: (level, message) => log.push(`${level} ${message}`),
    ...options,
  });
}

function login(
  users: UsersAuthorizer,
  username: string,
  password: string,
  hostname = "10.0.0.1",
): Promise<Account | null> {
  return users.authenticate({
    username,
    password,
    remote: { hostname, port: 1 },
    local: { hostname: "127.0.0.1", port: 21 },
    secure: false,
    peerCertificate: null,
  }, SIGNAL);
}

async function allows(
  account: Account,
  action: Action,
  path = "/",
): Promise<boolean> {
  return await account.allows(action, {
    path,
    isDirectory: () => Promise.resolve(false),
  });
}

describe("a login", () => {
  test("with the right password makes an account of the entry", async () => {
    set({
      ann: {
        password: "1:secret",
        directory: "/srv/ann",
        home: "/in",
        limits: { sessions: 2 },
        tls: { control: "required" },
        loginMessage: "Hello.",
        quitMessage: "Bye.",
      },
    });
    expect(await login(make(), "ann", "secret")).toMatchObject({
      name: "ann",
      fileSystem: folders.get("/srv/ann"),
      home: "/in",
      limits: { sessions: 2 },
      tls: { control: "required" },
      loginMessage: "Hello.",
      quitMessage: "Bye.",
      pathRules: false,
    });
    expect(opened).toEqual(["/srv/ann"]);
  });

  test("has defaults, and the common folder", async () => {
    const account = (await login(make(), "ann", "secret"))!;
    expect(account).toMatchObject({
      fileSystem: common,
      home: "/",
      loginMessage: "Login successful.",
      quitMessage: "Goodbye.",
      limits: {},
      tls: {},
    });
    expect(await allows(account, "read")).toBe(true);
    expect(await allows(account, "write")).toBe(false);
    const writer = await login(make({ permissions: "w" }), "ann", "secret");
    expect(await allows(writer!, "write")).toBe(true);
    expect(await allows(writer!, "read")).toBe(false);
  });

  test("is refused for other passwords and names", async () => {
    const users = make();
    for (
      const [name, password] of [
        ["ann", ""],
        ["ann", "Secret"],
        ["Ann", "secret"],
        ["", "secret"],
        ["__proto__", "secret"],
        ["bob", "secret"],
      ] as const
    ) {
      expect(await login(users, name, password), name).toBeNull();
    }
  });

  test("checks hashes of the same costs, whoever it is", async () => {
    set({
      ann: { password: "1:a" },
      bob: { password: "2:b" },
      cid: { password: "1:c" },
      off: { password: "2:o", enabled: false },
      old: { password: "3:x", expires: "2025-01-01" },
      far: { password: "3:f", networks: ["11.0.0.0/8"] },
    });
    const users = make();
    const all = ["ann", "bob", "cid", "off", "old", "far", "nobody"];
    for (const name of all) {
      for (const password of ["a", "b", "c", "o", "x", "f", ""]) {
        checked = [];
        await login(users, name, password);
        expect(checked.map((hash) => hash.slice(0, 2)), name)
          .toEqual(["1:", "2:", "3:"]);
      }
    }
    // The password of a stranger's hash opens nothing.
    expect(await login(users, "nobody", "a")).toBeNull();
    expect(await login(users, "bob", "a")).toBeNull();
    expect(await login(users, "cid", "a")).toBeNull();
    expect((await login(users, "cid", "c"))?.name).toBe("cid");
  });

  test("of who is kept out is refused and logged, if it was right", async () => {
    set({
      off: { password: "1:p", enabled: false },
      old: { password: "1:p", expires: "2026-01-01" },
      far: { password: "1:p", networks: ["11.0.0.0/8"] },
    });
    const users = make();
    for (const name of ["off", "old", "far"]) {
      expect(await login(users, name, "wrong")).toBeNull();
      expect(await login(users, name, "p")).toBeNull();
    }
    expect(log).toEqual([
      'info refused user "off" from 10.0.0.1: the user is disabled',
      'info refused user "old" from 10.0.0.1: the user expired on 2026-01-01',
      'info refused user "far" from 10.0.0.1: the user may not come from ' +
      "there",
    ]);
    expect(await login(users, "far", "p", "::ffff:11.0.0.5")).not.toBeNull();
  });

  test("as anonymous needs an entry, and no password unless it has", async () => {
    await expect(login(make(), "anonymous", "x")).rejects.toThrow(
      "Anonymous access not allowed.",
    );
    set({ anonymous: { permissions: "elrw" } });
    expect((await login(make(), "anonymous", "x"))?.name).toBe("anonymous");
    expect(log).toEqual([
      "warn write permissions assigned to anonymous user.",
    ]);
    set({ anonymous: { password: "1:p" } });
    expect(await login(make(), "anonymous", "x")).toBeNull();
    expect(await login(make(), "anonymous", "p")).not.toBeNull();
  });

  test("to a folder that is not there fails until it is", async () => {
    set({ ann: { password: "1:secret", directory: "/srv/new" } });
    const users = make();
    const why = 'Cannot share "/srv/new": no such directory';
    expect(log).toEqual([`warn user "ann" cannot log in: ${why}`]);
    await expect(login(users, "ann", "secret")).rejects.toThrow(why);
    folders.set("/srv/new", new MemoryFileSystem());
    expect((await login(users, "ann", "secret"))?.fileSystem)
      .toBe(folders.get("/srv/new"));
    set({ ann: { password: "1:secret" } });
    const { fileSystem: _, ...none } = { fileSystem: common };
    await expect(
      login(
        new UsersAuthorizer({
          text: () => text as string,
          openFolder: () => common,
          schemes: [plain],
          clock: { wallTime: () => time },
          ...none,
        }),
        "ann",
        "secret",
      ),
    ).rejects.toThrow("no directory is given");
  });

  test("while the password is changed is refused", async () => {
    const slow: PasswordScheme = {
      ...plain,
      verify(hash, password) {
        set({ ann: { password: "1:other" } });
        return plain.verify(hash, password);
      },
    };
    const users = make({ schemes: [slow] });
    expect(await login(users, "ann", "secret")).toBeNull();
    expect(await login(users, "ann", "other")).not.toBeNull();
  });
});

test("a client's certificate lets in whom the file lets in", async () => {
  set({
    ann: { password: "1:secret", home: "/in" },
    far: { password: "1:secret", networks: ["11.0.0.0/8"] },
  });
  const users = make();
  const authorizer = new CertificateAuthorizer({
    user: ({ commonName }) => commonName,
    account: (name, request) => users.account(name, request),
    passwords: users,
  }, (der) => ({
    subject: "",
    commonName: new TextDecoder().decode(der),
    issuer: "",
    alternativeNames: [],
    fingerprint: "",
    serialNumber: "",
    der,
  }));
  const recognized = (username: string, hostname = "10.0.0.1") =>
    authorizer.recognize({
      username,
      remote: { hostname, port: 1 },
      local: { hostname: "127.0.0.1", port: 21 },
      secure: true,
      peerCertificate: new TextEncoder().encode(username),
    });
  expect(await recognized("ann")).toMatchObject({ name: "ann", home: "/in" });
  expect(await recognized("far")).toBeNull();
  expect(await recognized("far", "11.0.0.1")).toMatchObject({ name: "far" });
  expect(await recognized("nobody")).toBeNull();
  expect(log).toEqual([
    'info refused user "far" from 10.0.0.1: the user may not come from there',
  ]);
});

describe("a user with a quota", () => {
  const file = (quota: UserEntry["quota"]): void =>
    set({
      ann: { password: "1:secret", permissions: "w", quota } as UserEntry,
    });

  test("is kept to it, as the file has it now", async () => {
    file({ files: 1 });
    const quotas = new QuotaBook();
    const users = make({ quotas });
    const { fileSystem } = (await login(users, "ann", "secret"))!;
    await fileSystem.makeDirectory("/quota1");
    const second = () => fileSystem.makeDirectory("/quota2");
    await expect(second()).rejects.toMatchObject({ code: "quota-exceeded" });
    file({ files: 2 });
    await second();
    expect(quotas.usage("/")?.files).toBe(2);
    // Out of the file: the last quota holds for what is still open.
    set({});
    await expect(fileSystem.makeDirectory("/quota3")).rejects
      .toMatchObject({ code: "quota-exceeded" });
    await fileSystem.removeDirectory("/quota1");
    await fileSystem.removeDirectory("/quota2");
  });

  test("is a mistake where nobody keeps quotas", () => {
    file({ bytes: 5 });
    expect(() => make()).toThrow(
      'Cannot use the users file: user "ann" has a quota, and no quotas are ' +
        "kept here",
    );
  });
});

describe("a file that changes", () => {
  test("holds for open sessions too", async () => {
    const users = make();
    const account = (await login(users, "ann", "secret"))!;
    const password = "1:secret";
    const may = () => allows(account, "read");
    set({ ann: { password, permissions: "w" } });
    expect(await may()).toBe(false);
    expect(await allows(account, "write")).toBe(true);
    set({ ann: { password: "1:other" } });
    expect(await may()).toBe(true);
    for (
      const entry of [
        { enabled: false },
        { expires: "2025-12-31" },
        { networks: ["11.0.0.0/8"] },
        { directory: "/srv/ann" },
      ]
    ) {
      set({ ann: { password, ...entry } });
      expect(await may(), JSON.stringify(entry)).toBe(false);
    }
    set({ ann: { password, expires: "2026-01-02" } });
    expect(await may()).toBe(true);
    time = Date.UTC(2026, 0, 2);
    expect(await may()).toBe(false);
    set({});
    expect(await may()).toBe(false);
    expect(users.usernames).toEqual([]);
  });

  test("serves on with the last good users, and is logged once", async () => {
    const users = make();
    const good = text as string;
    text = good.slice(0, -1);
    for (let round = 0; round < 3; round++) {
      expect(await login(users, "ann", "secret")).not.toBeNull();
    }
    expect(log).toHaveLength(1);
    expect(log[0]).toMatch(
      /^error Cannot use the users file: .*; the last good users serve on$/,
    );
    text = new ConfigError('Cannot read "users": no such file');
    for (let round = 0; round < 3; round++) {
      expect(await login(users, "ann", "secret")).not.toBeNull();
    }
    expect(log.slice(1)).toEqual([
      'error Cannot read "users": no such file; the last good users serve on',
    ]);
    set({ ann: { password: "1:new" }, bob: { password: "1:b" } });
    expect(await login(users, "ann", "secret")).toBeNull();
    expect(log.slice(2)).toEqual(["info users read again: 2."]);
    text = new ConfigError('Cannot read "users": no such file');
    users.reload();
    expect(log).toHaveLength(4);
  });

  test("must be good at the start", () => {
    text = "{}";
    expect(() => make()).toThrow("users: is missing");
    text = new ConfigError("Cannot read it");
    expect(() => make()).toThrow("Cannot read it");
  });

  test("is looked at at once when asked to", () => {
    const asked: boolean[] = [];
    const users = make({
      text: (atOnce) => {
        asked.push(atOnce);
        return text as string;
      },
    });
    users.reload();
    expect(users.usernames).toEqual(["ann"]);
    expect(asked).toEqual([true, true, false]);
  });
});

describe("folders with permissions of their own", () => {
  test("hold, the deepest first, below them unless told not to", async () => {
    set({
      ann: {
        password: "1:secret",
        permissions: "elr",
        folders: {
          "/in": { permissions: "w" },
          "/in/deep": { permissions: "d", recursive: false },
        },
      },
    });
    const account = (await login(make(), "ann", "secret"))!;
    expect(account.pathRules).toBe(true);
    expect(await allows(account, "read", "/x")).toBe(true);
    expect(await allows(account, "read", "/in/x")).toBe(false);
    expect(await allows(account, "write", "/in/a/b")).toBe(true);
    expect(await allows(account, "delete", "/in/deep/x")).toBe(true);
    expect(await allows(account, "write", "/in/deep/a/b")).toBe(true);
    expect(await allows(account, "delete", "/in/deep/a/b")).toBe(false);
  });

  test("that are links are meant under both names", async () => {
    const files = folders.get("/srv/ann")!;
    files.makeFolders("/real");
    files.makeLink("/link", "/real");
    set({
      ann: {
        password: "1:secret",
        directory: "/srv/ann",
        folders: { "/link": { permissions: "w" } },
      },
    });
    const account = (await login(make(), "ann", "secret"))!;
    for (const path of ["/link/x", "/real/x"]) {
      expect(await allows(account, "write", path), path).toBe(true);
      expect(await allows(account, "read", path), path).toBe(false);
    }
  });

  test("hold when they come while a session is open", async () => {
    const users = make();
    const account = (await login(users, "ann", "secret"))!;
    expect(account.pathRules).toBe(false);
    set({
      ann: { password: "1:secret", folders: { "/x": { permissions: "" } } },
    });
    expect(account.pathRules).toBe(true);
    expect(await allows(account, "read", "/x/y")).toBe(false);
    expect(await allows(account, "read", "/y")).toBe(true);
  });
});

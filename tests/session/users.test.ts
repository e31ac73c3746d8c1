import { expect, test } from "vitest";
import { MemoryFileSystem, settle } from "../../adapters/memory.ts";
import type { PasswordScheme } from "../../lib/auth/password_scheme.ts";
import { UsersAuthorizer } from "../../lib/auth/users_authorizer.ts";
import type { UserEntry } from "../../lib/auth/users_file.ts";
import { deferred } from "../../lib/base/deferred.ts";
import { QuotaBook } from "../../lib/fs/quota_book.ts";
import type { LogRecord } from "../../lib/spi/log.ts";
import { dialogue, greeted, type Stage, stored } from "./_dialogue.ts";

const plain: PasswordScheme = {
  name: "plain",
  cost: (hash) => hash.startsWith("=") ? "1" : null,
  verify: (hash, password) => Promise.resolve(hash === `=${password}`),
  hash: (password) => Promise.resolve(`=${password}`),
};

/** A users file of the test, and a server that reads it. */
async function served(
  users: Record<string, UserEntry>,
  scheme: PasswordScheme = plain,
): Promise<{
  readonly stage: Stage;
  readonly set: (users: Record<string, UserEntry>) => void;
  readonly log: string[];
}> {
  let text = JSON.stringify({ users });
  const log: string[] = [];
  const files = new MemoryFileSystem();
  files.makeFolders("/in");
  files.makeFolders("/out");
  files.writeFile("/out/a", "content");
  const time = { now: 0 };
  const stage = await greeted({
    authorizer: new UsersAuthorizer({
      text: () => text,
      openFolder: () => files,
      fileSystem: files,
      schemes: [scheme],
      quotas: new QuotaBook(),
      clock: { wallTime: () => time.now },
      log: (_, message) => log.push(message),
    }),
    log: ({ level, message }: LogRecord) => {
      if (level === "error" || level === "warn") log.push(message);
    },
    failedLoginDelayMs: 0,
  });
  return {
    stage: { ...stage, files },
    set: (changed) => text = JSON.stringify({ users: changed }),
    log,
  };
}

const LOGIN = ["PASS secret", "230 Login successful."] as const;

test("a user of a file logs in, at home, and may do what it says", async () => {
  const { stage } = await served({
    ann: {
      password: "=secret",
      home: "/in",
      permissions: "elr",
      folders: { "/in": { permissions: "elrw" } },
      loginMessage: "Hello ann.",
      quitMessage: "Bye ann.",
    },
  });
  await using server = stage;
  const { client } = server;
  await dialogue(client, [
    ["USER ann", "331 Username ok, send password."],
    ["PASS secret", "230 Hello ann."],
    ["PWD", '257 "/in" is the current directory.'],
  ]);
  expect(await client.upload("STOR b", "new")).toBe("226 Transfer complete.");
  expect(stored(server, "/in/b")).toBe("new");
  await dialogue(client, [
    ["STOR /out/b", "550 Not enough privileges."],
    ["DELE b", "550 Not enough privileges."],
    ["QUIT", "221 Bye ann."],
  ]);
});

test("whoever is taken out of the file may do nothing more", async () => {
  const ann: UserEntry = { password: "=secret" };
  const { stage, set } = await served({ ann });
  await using server = stage;
  const { client } = server;
  await dialogue(client, [
    ["USER ann", /^331 /],
    LOGIN,
    ["CWD /out", /^250 /],
  ]);
  set({ ann: { ...ann, enabled: false } });
  await dialogue(client, [
    ["CWD /in", "550 Not enough privileges."],
    ["RETR a", "550 Not enough privileges."],
  ]);
  set({ ann });
  await dialogue(client, [["CWD /in", /^250 /]]);
  set({});
  await dialogue(client, [
    ["CWD /out", "550 Not enough privileges."],
    ["USER ann", /^331 /],
    ["PASS secret", "530 Authentication failed."],
  ]);
});

test("who is kept out is told what everybody is told", async () => {
  const { stage, log } = await served({
    off: { password: "=secret", enabled: false },
    far: { password: "=secret", networks: ["10.0.0.0/8"] },
  });
  await using server = stage;
  for (const name of ["off", "far", "nobody"]) {
    for (const password of ["secret", "wrong"]) {
      const client = await server.connect();
      await dialogue(client, [
        [`USER ${name}`, "331 Username ok, send password."],
        [`PASS ${password}`, "530 Authentication failed."],
      ]);
      client.close();
    }
  }
  const near = await server.connect("10.1.2.3");
  await dialogue(near, [["USER far", /^331 /], LOGIN]);
  expect(log).toEqual([
    'refused user "off" from 127.0.0.1: the user is disabled',
    'refused user "far" from 127.0.0.1: the user may not come from there',
  ]);
});

test("a limit of sessions and a demand for TLS are kept", async () => {
  const { stage } = await served({
    one: { password: "=secret", limits: { sessions: 1 } },
    tls: { password: "=secret", tls: { control: "required" } },
  });
  await using server = stage;
  await dialogue(server.client, [["USER one", /^331 /], LOGIN]);
  const second = await server.connect();
  await dialogue(second, [
    ["USER one", /^331 /],
    ["PASS secret", "530 Too many sessions of this user."],
    ["USER tls", /^331 /],
    ["PASS secret", "530 SSL/TLS required on the control channel."],
  ]);
  await dialogue(server.client, [["QUIT", /^221 /]]);
  await dialogue(second, [["USER one", /^331 /], LOGIN]);
});

test("a quota is kept, and told of", async () => {
  const { stage } = await served({
    ann: {
      password: "=secret",
      permissions: "elradfmw",
      quota: { bytes: 17, files: 5 },
    },
  });
  await using server = stage;
  const { client } = server;
  await dialogue(client, [["USER ann", /^331 /], LOGIN]);
  expect(await client.upload("STOR b", "1234567890"))
    .toBe("226 Transfer complete.");
  expect(await client.upload("STOR c", "1"))
    .toMatch(/Disk quota exceeded/);
  expect(stored(server, "/c")).toBe("");
  await dialogue(client, [
    ["MKD d", "550 Disk quota exceeded."],
    ["DELE c", /^250 /],
    ["MKD d", /^257 /],
    ["DELE b", /^250 /],
  ]);
  expect(await client.upload("STOR b", "123")).toBe("226 Transfer complete.");
});

test("passwords that wait are not checked once the server closes", async () => {
  const gate = deferred<void>();
  let checks = 0;
  const { stage } = await served({ ann: { password: "=secret" } }, {
    ...plain,
    async verify(hash, password) {
      checks++;
      await gate.promise;
      return plain.verify(hash, password);
    },
  });
  await using server = stage;
  const clients = await Promise.all(
    Array.from({ length: 20 }, () => server.connect()),
  );
  for (const client of clients) {
    await client.send("USER ann\r\nPASS secret\r\n");
    await settle();
  }
  expect(checks).toBe(2);
  const closed = server.server.close();
  await settle();
  gate.resolve();
  await closed;
  expect(checks).toBe(2);
});

import { beforeAll, beforeEach, expect, test } from "vitest";
import { hashPassword } from "../../lib/auth/password.ts";
import { main } from "../../lib/cli/main.ts";
import { MemoryFileSystem } from "../../lib/fs/memory_file_system.ts";
import { connectClient, FakeCliHost } from "./cli_fake_host.ts";

let password: string;
beforeAll(async () => {
  password = await hashPassword("secret", { iterations: 10 });
});

let host: FakeCliHost;
beforeEach(() => {
  host = new FakeCliHost();
  host.folders.set("/home/ann/bob", new MemoryFileSystem());
});

function set(users: object): void {
  host.textFiles.set("users.json", JSON.stringify({ users }));
}

for (
  const [line, message, hint] of [
    [
      "--users users.json -u ann -P x",
      "argument --users: not allowed with -u/--username",
      "Try 'anyftpd --help'\n",
    ],
    [
      "--users=",
      "argument --users: must not be empty",
      "Try 'anyftpd --help'\n",
    ],
    ["--users nope.json", 'Cannot read "nope.json": no such file', ""],
    [
      "--users users.json",
      "Cannot use the users file: users.ann.password: is missing",
      "",
    ],
  ] as const
) {
  test(`${line} is refused`, async () => {
    set({ ann: {} });
    expect(await main(line.split(" "), host)).toBe(2);
    expect(host.stderr.text).toBe(`anyftpd: error: ${message}\n${hint}`);
  });
}

test("--users lets in who is in the file, each as it says", async () => {
  set({
    ann: { password, permissions: "elr" },
    bob: { password, directory: "bob" },
  });
  // Time flies below, so no session may end for being idle.
  const { exit } = await host.start("-w --timeout 0 --users users.json");
  expect(host.stderr.text).toContain("sharing / (users of users.json):\n");
  const client = await connectClient(host);
  const refused = async (line: string): Promise<string> => {
    let over = false;
    const reply = client.ask(line).finally(() => over = true);
    // Failed logins are answered late.
    while (!over) await host.clock.advance(100);
    return await reply;
  };
  await client.reply();
  await client.ask("USER ann");
  expect(await client.ask("PASS secret")).toBe("230 Login successful.\r\n");
  expect(await client.ask("MKD x")).toBe("550 Not enough privileges.\r\n");
  await client.ask("USER bob");
  expect(await client.ask("PASS secret")).toBe("230 Login successful.\r\n");
  expect(await client.ask("MKD x")).toMatch(/^257 /);
  await expect(host.folders.get("/home/ann/bob")!.stat("/x")).resolves
    .toMatchObject({ kind: "directory" });
  await client.ask("USER anonymous");
  expect(await refused("PASS a@b")).toMatch(/^530 Anonymous access not/);
  set({ ann: { password, enabled: false } });
  await client.ask("USER ann");
  expect(await refused("PASS secret")).toMatch(/^530 /);
  expect(host.stderr.text).toContain("users read again: 1.\n");
  expect(host.stderr.text).toContain(
    'refused user "ann" from 127.0.0.1: the user is disabled\n',
  );
  client.close();
  host.signal("SIGINT");
  expect(await exit).toBe(0);
  expect(host.signalListeners).toBe(0);
});

test("SIGHUP looks at the file at once, and a broken one is told", async () => {
  set({ ann: { password } });
  const { exit } = await host.start("--users users.json");
  host.stderr.text = "";
  set({ ann: { password }, bob: { password } });
  host.reload();
  expect(host.stderr.text).toMatch(/^\[I .*\] users read again: 2\.\n$/);
  host.stderr.text = "";
  host.textFiles.set("users.json", "{}");
  host.reload();
  host.reload();
  expect(host.stderr.text).toMatch(
    /^\[E .*\] Cannot use the users file: users: is missing; the last good users serve on\n$/,
  );
  host.signal("SIGTERM");
  expect(await exit).toBe(0);
});

test("a quota is kept, by one process", async () => {
  set({ ann: { password, quota: { files: 1 }, permissions: "m" } });
  expect(
    await main(["--users", "users.json", "--concurrency", "pre-fork"], host),
  )
    .toBe(2);
  expect(host.stderr.text).toBe(
    'anyftpd: error: Cannot use the users file: user "ann" has a quota, and ' +
      "no quotas are kept here\n",
  );
  const { exit } = await host.start("--users users.json");
  const client = await connectClient(host);
  await client.reply();
  await client.ask("USER ann");
  expect(await client.ask("PASS secret")).toMatch(/^230 /);
  expect(await client.ask("MKD a")).toMatch(/^257 /);
  expect(await client.ask("MKD b")).toBe("550 Disk quota exceeded.\r\n");
  client.close();
  host.signal("SIGINT");
  expect(await exit).toBe(0);
});

test("warns of a users file that clients can get at", async () => {
  const located = (path: string): MemoryFileSystem =>
    Object.assign(new MemoryFileSystem(), {
      locate: (below: string) => path + (below === "/" ? "" : below),
    });
  host.folders.set("/home/ann", located("/home/ann"));
  host.folders.set("/home/ann/bob", located("/home/ann/bob"));
  host.folders.set("/home", located("/home"));
  const warning = "/home/ann/users.json lies in a folder that is shared";
  for (
    const [directories, times] of [
      [["bob"], 0],
      [["bob", undefined], 1],
      [["/home", "/home"], 1],
    ] as const
  ) {
    set(Object.fromEntries(
      directories.map((
        directory,
        at,
      ) => [`user${at}`, { password, directory }]),
    ));
    host.stderr.text = "";
    const { exit } = await host.start("--users users.json");
    expect(host.stderr.text.split(warning)).toHaveLength(times + 1);
    host.signal("SIGTERM");
    expect(await exit).toBe(0);
  }
});

test("asks for the folders of the users, and who may write there", async () => {
  const asked: unknown[] = [];
  host.permitFolders = (folders) => {
    asked.push(...folders);
    return Promise.resolve();
  };
  set({
    ann: { password },
    bob: { password, directory: "bob" },
    cid: { password, directory: "/srv", permissions: "elrw" },
    dan: {
      password,
      directory: "bob",
      folders: { "/in": { permissions: "d" } },
    },
  });
  const { exit } = await host.start("--users users.json");
  expect(asked).toEqual([
    { path: "/home/ann/bob", write: false },
    { path: "/srv", write: true },
    { path: "/home/ann/bob", write: true },
  ]);
  expect(host.stderr.text).toContain(
    'user "cid" cannot log in: Cannot share "/srv": no such directory\n',
  );
  host.signal("SIGTERM");
  expect(await exit).toBe(0);
});

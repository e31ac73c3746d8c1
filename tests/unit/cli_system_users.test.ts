import { beforeEach, describe, expect, test } from "vitest";
import type { SystemUsers } from "../../lib/auth/system_users.ts";
import { main } from "../../lib/cli/main.ts";
import { MemoryFileSystem } from "../../lib/fs/memory_file_system.ts";
import { connectClient, FakeCliHost } from "./cli_fake_host.ts";

let opened: string[];

/** Knows ann and bob, whose passwords are their names. */
const users: SystemUsers = {
  needsPasswords: false,
  find: (name) =>
    ["ann", "bob"].includes(name)
      ? { name, home: `/home/${name}`, shell: "/bin/sh", isSuperuser: false }
      : null,
  hasValidShell: () => true,
  hasFolder: () => true,
  logIn(username, proof) {
    const user = users.find(username);
    if (
      user === null ||
      (proof.kind === "password" && proof.password !== user.name)
    ) return Promise.resolve({ kind: "refused", reason: "wrong" });
    return Promise.resolve({
      kind: "accepted",
      user,
      open(folder, jail) {
        opened.push(`${folder} ${jail}`);
        return {
          fileSystem: new MemoryFileSystem(),
          home: jail ? "/" : folder,
        };
      },
    });
  },
};

let host: FakeCliHost;
beforeEach(() => {
  opened = [];
  host = new FakeCliHost();
  host.openSystemUsers = () => users;
});

describe.each([
  ["--allow-users ann", "argument --allow-users: only with --system-users"],
  ["--reject-users ann", "argument --reject-users: only with --system-users"],
  ["--anonymous-user a", "argument --anonymous-user: only with --system-users"],
  ["--no-jail", "argument --no-jail: only with --system-users"],
  [
    "--system-users --users u.json",
    "argument --system-users: not allowed with --users",
  ],
  [
    "--system-users -u ann -P x",
    "argument --system-users: not allowed with -u/--username",
  ],
  [
    "--system-users -d /srv",
    "argument --system-users: not allowed with -d/--directory",
  ],
  [
    "--system-users /srv",
    "argument --system-users: not allowed with DIRECTORY '/srv', as users " +
    "see their homes",
  ],
  [
    "--system-users --allow-users ann --reject-users bob",
    "argument --reject-users: not allowed with --allow-users",
  ],
  [
    "--system-users --allow-users ann,,bob",
    "argument --allow-users: names with commas are expected",
  ],
])("%s", (line, message) => {
  test("is refused", async () => {
    expect(await main(line.split(" "), host)).toBe(2);
    expect(host.stderr.text).toBe(
      `anyftpd: error: ${message}\nTry 'anyftpd --help'\n`,
    );
  });
});

test("a name that nobody has is refused, in one line", async () => {
  const line = "--system-users --allow-users ann,eve";
  expect(await main(line.split(" "), host)).toBe(2);
  expect(host.stderr.text).toBe(
    'anyftpd: error: Cannot use the users of the system: unknown user "eve"\n',
  );
});

test("a host without users of the system says so", async () => {
  const bare = new FakeCliHost();
  expect(await main(["--system-users"], bare)).toBe(2);
  expect(bare.stderr.text).toContain("this host does not offer them\n");
});

test.each([
  ["--system-users", true],
  ["--system-users --tls", true],
  ["--system-users --tls-control-required", false],
])("%s warns of passwords in clear: %s", async (line, warns) => {
  const { exit } = await host.start(line);
  expect(host.stderr.text.includes("may travel in clear")).toBe(warns);
  host.signal("SIGINT");
  expect(await exit).toBe(0);
});

test.each([
  ["--system-users", "the home of each user (read-only", "/home/bob true"],
  [
    "--system-users -w --no-jail",
    "/ (read and write",
    "/home/bob false",
  ],
])("%s lets them in, but for who is rejected", async (line, shown, folder) => {
  const { exit } = await host.start(`${line} --reject-users ann`);
  expect(host.stderr.text).toContain(
    `sharing ${shown}, users of this system):\n`,
  );
  const client = await connectClient(host);
  await client.reply();
  await client.ask("USER bob");
  expect(await client.ask("PASS bob")).toMatch(/^230 /);
  expect(opened).toEqual([folder]);
  expect(await client.ask("MKD /x")).toMatch(
    line.includes("-w") ? /^257 / : /^550 /,
  );
  host.signal("SIGINT");
  expect(await exit).toBe(0);
});

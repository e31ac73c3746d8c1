import {
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FtpClient } from "../support/ftp_client.ts";
import { SystemServer } from "../support/system_server.ts";
import {
  call,
  NO_SYSTEM_USERS,
  SystemUsersFixture,
} from "../support/system_users.ts";

const PASSWORD = "pass word";

const title = NO_SYSTEM_USERS === null
  ? "options of system users"
  : `options of system users (left out: ${NO_SYSTEM_USERS})`;

describe.skipIf(NO_SYSTEM_USERS !== null)(title, () => {
  let system: SystemUsersFixture;
  let ann: string;
  let bob: string;
  let noShell: string;
  let server: SystemServer;

  beforeAll(async () => {
    system = new SystemUsersFixture();
    ann = system.user({ name: "ann", password: PASSWORD });
    bob = system.user({ name: "bob", password: PASSWORD });
    noShell = system.user({
      name: "svc",
      password: PASSWORD,
      shell: "/bin/false",
    });
    server = await SystemServer.start({
      rejectedUsers: [bob],
      anonymousUser: noShell,
      overrides: { [ann]: { loginMessage: "Hello, Ann." } },
    });
  }, 60_000);

  afterAll(async () => {
    await server?.[Symbol.asyncDispose]();
    system?.[Symbol.dispose]();
  });

  /** The answer to PASS. */
  async function attempt(
    name: string,
    password = PASSWORD,
    target = server,
  ): Promise<string> {
    const client = await FtpClient.connect(target);
    await client.expect(null, 220);
    await client.expect(`USER ${name}`, 331);
    const { raw } = await client.cmd(`PASS ${password}`);
    client.destroy();
    return raw;
  }

  const refused = "530 Authentication failed.";

  test("are kept: rejected users, shells, overrides", async () => {
    expect(await attempt(ann)).toBe("230 Hello, Ann.");
    expect(await attempt(bob)).toBe(refused);
    expect(await attempt("root", "x")).toBe(refused);
    expect(await attempt("nobody at all")).toBe(refused);
    expect(await attempt(noShell)).toBe(
      `530 User ${noShell} doesn't have a valid shell.`,
    );
    expect(server.errors).toContain(
      `info refused user "${bob}" from 127.0.0.1: the user is not allowed`,
    );
    expect(server.errors).not.toContain(PASSWORD);
  });

  test("keep users in their homes, links or not", async () => {
    symlinkSync("/etc", `/home/${ann}/out`);
    symlinkSync("/proc/self/fd", `/home/${ann}/fds`);
    const client = await FtpClient.login(server, ann, PASSWORD);
    expect((await client.cmd("PWD")).raw).toContain('"/"');
    await client.expect("CWD ..", 250);
    expect((await client.cmd("PWD")).raw).toContain('"/"');
    for (const path of ["out/passwd", "fds/0", `/home/${ann}/.profile`]) {
      await expect(client.retrieve(`RETR ${path}`)).rejects.toThrow(/: 550 /);
    }
    await client.store("STOR mine.txt", "mine");
    await client.quit();
    expect(readFileSync(`/home/${ann}/mine.txt`, "utf8")).toBe("mine");
  });

  test("let anonymous read as the user it stands for", async () => {
    writeFileSync(`/home/${noShell}/public.txt`, "public");
    const client = await FtpClient.login(server, "anonymous", "a@b");
    expect(String(await client.retrieve("RETR public.txt"))).toBe("public");
    await expect(client.store("STOR x", "x")).rejects.toThrow(/: 550 /);
    await client.quit();
    // What root made, and others may not read, is nothing for it.
    writeFileSync(`/home/${noShell}/root.txt`, "root", { mode: 0o600 });
    const again = await FtpClient.login(server, "anonymous", "a@b");
    await expect(again.retrieve("RETR root.txt")).rejects.toThrow(/: 550 /);
    await again.quit();
  });

  test("do not let locked and expired accounts in", async () => {
    call("usermod", ["--lock", ann]);
    expect(await attempt(ann)).toBe(refused);
    call("usermod", ["--unlock", ann]);
    expect(await attempt(ann)).toMatch(/^230 /);
    call("usermod", ["--expiredate", "2020-01-01", ann]);
    expect(await attempt(ann)).toBe(refused);
    expect(server.errors).toContain("the account has expired");
    call("usermod", ["--expiredate", "", ann]);
    call("chage", ["--lastday", "0", ann]);
    expect(await attempt(ann)).toBe(refused);
    call("chage", ["--lastday", "2020-01-01", "--maxdays", "30", ann]);
    expect(await attempt(ann)).toBe(refused);
    call("chage", ["--maxdays", "-1", ann]);
    expect(await attempt(ann)).toMatch(/^230 /);
  });

  test("have the home read at each login", async () => {
    const home = `/home/${ann}/elsewhere`;
    mkdirSync(home);
    writeFileSync(`${home}/here.txt`, "here");
    call("usermod", ["--home", home, ann]);
    const client = await FtpClient.login(server, ann, PASSWORD);
    expect(String(await client.retrieve("RETR here.txt"))).toBe("here");
    await client.quit();
    // A home that is missing, or that the user may not enter, is no home.
    for (const none of ["/home/not-there", `/home/${bob}`]) {
      call("usermod", ["--home", none, ann]);
      expect(await attempt(ann)).toBe(refused);
    }
    call("usermod", ["--home", `/home/${ann}`, ann]);
    rmSync(home, { recursive: true });
  });

  test("give overridden passwords and homes the user's rights", async () => {
    const folder = `/home/${ann}/web`;
    mkdirSync(folder);
    call("chown", [ann, folder]);
    await using own = await SystemServer.start({
      allowedUsers: [ann, bob],
      overrides: {
        [ann]: { password: "mine", home: folder, permissions: "elrw" },
      },
    });
    expect(await attempt(ann, PASSWORD, own)).toBe(refused);
    expect(await attempt(bob, PASSWORD, own)).toMatch(/^230 /);
    expect(await attempt(bob, "mine", own)).toBe(refused);
    const client = await FtpClient.login(own, ann, "mine");
    await client.store("STOR page.html", "page");
    await client.expect("DELE page.html", 550);
    await client.quit();
    expect(statSync(`${folder}/page.html`).uid).toBe(statSync(folder).uid);
  });

  test("that name nobody are refused before the server starts", async () => {
    await expect(SystemServer.start({ allowedUsers: ["no-such-user"] }))
      .rejects.toThrow('unknown user "no-such-user"');
    await expect(SystemServer.start({ allowedUsers: [noShell] }))
      .rejects.toThrow(`user "${noShell}" has not a valid shell`);
    await expect(SystemServer.start({ anonymousUser: "no-such-user" }))
      .rejects.toThrow('no such user "no-such-user"');
  });

  test("work for nobody but root", async () => {
    const start = SystemServer.start({}, [
      "--reuid=65534",
      "--regid=65534",
      "--clear-groups",
      // The sources may lie where nobody else can read.
      "--inh-caps=+dac_read_search",
      "--ambient-caps=+dac_read_search",
    ]);
    await expect(start).rejects.toThrow("super user privileges are required");
  });
});

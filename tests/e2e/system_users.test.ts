import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FtpClient } from "../support/ftp_client.ts";
import { SystemServer } from "../support/system_server.ts";
import {
  call,
  NO_SYSTEM_USERS,
  SystemUsersFixture,
} from "../support/system_users.ts";

const PASSWORD = "correct horse, battery";

const title = NO_SYSTEM_USERS === null
  ? "users of the system"
  : `users of the system (left out: ${NO_SYSTEM_USERS})`;

interface TestAccount {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

/** Their files, without a jail: nothing but rights keeps them apart. */
describe.skipIf(NO_SYSTEM_USERS !== null)(title, () => {
  let system: SystemUsersFixture;
  let server: SystemServer;
  let ann: TestAccount;
  let bob: TestAccount;
  let team: string;
  /** Where only the team gets in; ann is in it. */
  let shared: string;

  beforeAll(async () => {
    system = new SystemUsersFixture();
    team = system.group("team");
    const both = { password: PASSWORD };
    ann = account(system.user({ ...both, name: "ann", groups: [team] }));
    bob = account(system.user({ ...both, name: "bob", method: "SHA512" }));
    shared = `/srv/${team}`;
    mkdirSync(shared, { recursive: true });
    call("chgrp", [team, shared]);
    chmodSync(shared, 0o770);
    server = await SystemServer.start({ jail: false });
  }, 60_000);

  afterAll(async () => {
    await server?.[Symbol.asyncDispose]();
    if (shared !== undefined) rmSync(shared, { recursive: true, force: true });
    system?.[Symbol.dispose]();
  });

  const login = ({ name }: TestAccount): Promise<FtpClient> =>
    FtpClient.login(server, name, PASSWORD);

  /** A file of somebody, with other rights than those of the home above. */
  function put(owner: TestAccount, name: string, mode: number): string {
    const path = join(owner.home, name);
    writeFileSync(path, `of ${owner.name}`);
    chownSync(path, owner.uid, owner.gid);
    chmodSync(path, mode);
    return path;
  }

  test("log in with passwords of yescrypt and of SHA-crypt", async () => {
    const shadow = readFileSync("/etc/shadow", "utf8");
    expect(shadow).toContain(`${ann.name}:$y$`);
    expect(shadow).toContain(`${bob.name}:$6$`);
    for (const { name, home } of [ann, bob]) {
      const client = await FtpClient.login(server, name, PASSWORD);
      expect((await client.cmd("PWD")).raw).toContain(`"${home}"`);
      await client.quit();
      const stranger = await FtpClient.connect(server);
      await stranger.expect(null, 220);
      for (const wrong of [`${PASSWORD}x`, PASSWORD.slice(1), ""]) {
        await stranger.expect(`USER ${name}`, 331);
        const refused = await stranger.expect(`PASS ${wrong}`, 530);
        expect(refused.raw).toMatch(/^530 Authentication failed\./);
      }
      stranger.destroy();
    }
  });

  test("own what they make, with their groups", async () => {
    for (const user of [ann, bob]) {
      const client = await login(user);
      await client.store("STOR new.txt", "new");
      await client.expect("MKD folder", 257);
      await client.expect("RNFR new.txt", 350);
      await client.expect("RNTO folder/moved.txt", 250);
      for (const name of ["folder", "folder/moved.txt"]) {
        const { uid, gid } = statSync(join(user.home, name));
        expect([uid, gid]).toEqual([user.uid, user.gid]);
      }
      await client.expect("DELE folder/moved.txt", 250);
      await client.expect("RMD folder", 250);
      await client.quit();
    }
  });

  test("have the rights of their other groups, and no more", async () => {
    const client = await login(ann);
    await client.expect(`CWD ${shared}`, 250);
    await client.store("STOR plan.txt", "secret plan");
    await client.quit();
    expect(statSync(`${shared}/plan.txt`).uid).toBe(ann.uid);
    const other = await login(bob);
    await other.expect(`CWD ${shared}`, 550);
    for (const line of [`LIST ${shared}`, `RETR ${shared}/plan.txt`]) {
      await expect(other.retrieve(line)).rejects.toThrow(/: 550 /);
    }
    await expect(other.store(`STOR ${shared}/x`, "x")).rejects.toThrow(/550/);
    await other.expect(`DELE ${shared}/plan.txt`, 550);
    await other.expect(`MDTM ${shared}/plan.txt`, 550);
    await other.quit();
  });

  test("get only their own, however many work at once", async () => {
    put(ann, "private", 0o600);
    put(bob, "private", 0o600);
    const rounds = 40;
    let refusals = 0;
    const hammer = async (
      me: TestAccount,
      other: TestAccount,
      number: number,
    ): Promise<void> => {
      const client = await login(me);
      for (let round = 0; round < rounds; round++) {
        const name = `f${number}-${round}`;
        await client.store(`STOR ${name}`, name.repeat(round * 50));
        await client.expect(`MKD d${name}`, 257);
        await client.expect(`RNFR ${name}`, 350);
        await client.expect(`RNTO d${name}/${name}`, 250);
        await client.expect(`SITE CHMOD 640 d${name}/${name}`, 200);
        const body = await client.retrieve(`RETR d${name}/${name}`);
        expect(String(body)).toBe(name.repeat(round * 50));
        await client.list("LIST");
        const forbidden = [
          `DELE ${other.home}/private`,
          `RNFR ${other.home}/private`,
          `CWD ${other.home}`,
          `MKD ${other.home}/mine-${name}`,
          `SIZE ${other.home}/private`,
          `MFMT 20200101000000 ${other.home}/private`,
          "MKD /etc/mine",
        ];
        for (const line of forbidden) {
          await client.expect(line, 550);
          refusals++;
        }
        for (const path of [`${other.home}/private`, "/etc/shadow"]) {
          await expect(client.retrieve(`RETR ${path}`)).rejects
            .toThrow(/: 550 /);
          await expect(client.store(`STOR ${path}`, "x")).rejects
            .toThrow(/: 550 /);
          refusals += 2;
        }
        await expect(client.list(`NLST ${other.home}`)).rejects.toThrow(/550/);
        refusals++;
      }
      await client.quit();
    };
    await Promise.all(
      [0, 1, 2].flatMap((number) => [
        hammer(ann, bob, number),
        hammer(bob, ann, number),
      ]),
    );
    expect(refusals).toBe(6 * rounds * 12);
    for (const user of [ann, bob]) {
      const made = readdirSync(user.home, { recursive: true }).map(String)
        .filter((name) => /^df/.test(name));
      expect(made).toHaveLength(3 * rounds * 2);
      for (const name of made) {
        const { uid, gid, mode } = statSync(join(user.home, name));
        expect([name, uid, gid]).toEqual([name, user.uid, user.gid]);
        if (name.includes("/")) expect(mode & 0o777).toBe(0o640);
      }
      expect(readFileSync(join(user.home, "private"), "utf8"))
        .toBe(`of ${user.name}`);
    }
  }, 120_000);

  test("leave no rights of theirs with a thread of the server", () => {
    const own = new Set(
      readdirSync(`/proc/${server.pid}/task`).flatMap((thread) => {
        const path = `/proc/${server.pid}/task/${thread}/status`;
        try {
          const text = readFileSync(path, "utf8");
          return text.match(/^(?:Uid|Gid|Groups|CapEff):.*$/gm)!.join(" ");
        } catch {
          // Runtimes end threads as they like.
          return [];
        }
      }),
    );
    const groups = readFileSync("/proc/self/status", "utf8")
      .match(/^Groups:.*$/m)![0];
    expect([...own]).toHaveLength(1);
    expect([...own][0]).toContain("Uid:\t0\t0\t0\t0");
    expect([...own][0]).toContain("Gid:\t0\t0\t0\t0");
    expect([...own][0]!.replace(/\s+/g, " "))
      .toContain(groups.replace(/\s+/g, " ").trim());
  });

  test("do not get at what others have open by links of /proc", async () => {
    // Anybody might read the file, were it not for the home around it.
    const path = put(ann, "open.txt", 0o644);
    writeFileSync(path, "x".repeat(64 << 20));
    const reader = await login(ann);
    const data = await reader.openData();
    (await data.connected).pause();
    await reader.expect("RETR open.txt", 125, 150);
    const numbers = readdirSync(`/proc/${server.pid}/fd`);
    expect(numbers.length).toBeGreaterThan(5);
    symlinkSync("/proc/self/fd", join(bob.home, "fd"));
    const thief = await login(bob);
    for (const base of ["/proc/self/fd", `/proc/${server.pid}/fd`, "fd"]) {
      for (const number of numbers) {
        await expect(thief.retrieve(`RETR ${base}/${number}`)).rejects
          .toThrow(/: 550 /);
        await thief.expect(`SIZE ${base}/${number}`, 550);
        await thief.expect(`CWD ${base}/${number}`, 550);
      }
      await thief.expect(`CWD ${base}`, 550);
      await expect(thief.list(`LIST ${base}/`)).rejects.toThrow(/: 550 /);
    }
    await thief.quit();
    rmSync(join(bob.home, "fd"));
    data.destroy();
    reader.destroy();
    rmSync(path);
  }, 60_000);

  test("need no more of root than to become others", async () => {
    // dac_read_search: the sources may lie where nobody else can read.
    await using weak = await SystemServer.start({ jail: false }, [
      "--bounding-set=-all,+setuid,+setgid,+dac_read_search",
    ]);
    const status = readFileSync(`/proc/${weak.pid}/status`, "utf8");
    expect(status).toMatch(/^CapEff:\s+00000000000000c4$/m);
    const path = put(ann, "private", 0o600);
    const client = await FtpClient.login(weak, ann.name, PASSWORD);
    await client.store("STOR weak.txt", "weak");
    expect(statSync(join(ann.home, "weak.txt")).uid).toBe(ann.uid);
    expect(String(await client.retrieve("RETR weak.txt"))).toBe("weak");
    expect(await client.list("NLST")).toContain("weak.txt");
    await client.expect("SITE CHMOD 600 weak.txt", 200);
    await client.expect("DELE weak.txt", 250);
    await client.quit();
    const other = await FtpClient.login(weak, bob.name, PASSWORD);
    await expect(other.retrieve(`RETR ${path}`)).rejects.toThrow(/: 550 /);
    await other.quit();
  });

  test("make no program of another owner theirs by writing to it", async () => {
    const path = `${shared}/tool`;
    writeFileSync(path, "#!/bin/true");
    call("chgrp", [team, path]);
    chmodSync(path, 0o6775);
    const client = await login(ann);
    await client.store(`STOR ${path}`, "#!/bin/evil");
    await client.quit();
    expect(statSync(path).mode & 0o7777).toBe(0o775);
    expect(statSync(path).uid).toBe(0);
    expect(readFileSync(path, "utf8")).toBe("#!/bin/evil");
  });

  test("have large files removed whole, and folders listed", async () => {
    const client = await login(bob);
    const path = put(bob, "large", 0o600);
    writeFileSync(path, new Uint8Array(8 << 20));
    await client.expect("DELE large", 250);
    expect(readdirSync(bob.home)).not.toContain("large");
    const names = Array.from({ length: 600 }, (_, at) => `n${at}`);
    mkdirSync(join(bob.home, "many"));
    for (const name of names) put(bob, `many/${name}`, 0o600);
    chownSync(join(bob.home, "many"), bob.uid, bob.gid);
    const listed = await client.list("MLSD many");
    expect(listed.map((line) => line.split(" ")[1]).sort()).toEqual(
      names.sort(),
    );
    await client.quit();
  });
});

/** By an NSS of files alone. */
function account(name: string): TestAccount {
  const line = readFileSync("/etc/passwd", "utf8").split("\n")
    .find((text) => text.startsWith(`${name}:`))!;
  const [, , uid, gid, , home] = line.split(":");
  return { name, uid: Number(uid), gid: Number(gid), home: home! };
}

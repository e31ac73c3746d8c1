import { describe, expect, test } from "vitest";
import type { FileSystem } from "../../lib/spi/file_system.ts";
import { guarded } from "./_guarded.ts";

describe("names of users cannot be found out", () => {
  test("USER, a wrong password and no such user are answered alike", () =>
    guarded({ failedLoginDelayMs: 0, maxLoginAttempts: 9 }, async ({
      connect,
    }) => {
      const answers = new Set<string>();
      for (const name of ["alice", "nobody", "root", "Alice", "ALICE"]) {
        const client = await connect();
        const user = await client.command(`USER ${name}`);
        answers.add(`${user} ${await client.command("PASS wrong")}`);
      }
      expect([...answers]).toEqual([
        "331 Username ok, send password. 530 Authentication failed.",
      ]);
    }));

  test("the delay is the same", () =>
    guarded({}, async ({ connect, clock }) => {
      for (const name of ["alice", "nobody"]) {
        const client = await connect();
        await client.command(`USER ${name}`);
        const start = clock.now();
        const answer = client.command("PASS wrong");
        let done = false;
        void answer.then(() => done = true);
        while (!done) await clock.advance(10);
        expect(await answer).toMatch(/^530 /);
        expect(clock.now() - start).toBeGreaterThanOrEqual(3_000);
      }
    }));
});

test("no reply before the login tells what the server is", () =>
  guarded({ banner: "Hello" }, async ({ dial }) => {
    const client = await dial();
    let all = await client.reply();
    for (
      const command of ["STAT", "SYST", "FEAT", "HELP", "NOOP", "SITE HELP"]
    ) {
      all += await client.command(command);
    }
    expect(all.replaceAll("127.0.0.1", "")).not.toMatch(
      /anyftpd|node|deno|bun|\d\.\d/i,
    );
  }));

/** A file system of which every call fails as a broken program does. */
function broken(fail: () => never): FileSystem {
  const later = () => new Promise<never>(() => fail());
  const files: Required<
    Omit<FileSystem, "list" | "locate" | "keepsCreationTime">
  > = {
    stat: later,
    open: later,
    makeDirectory: later,
    removeDirectory: later,
    remove: later,
    rename: later,
    setModified: later,
    setMode: later,
    freeSpace: later,
    enter: later,
    entry: later,
    resolve: later,
  };
  return { ...files, list: fail };
}

describe("what goes wrong inside stays inside", () => {
  const commands = [
    "APPE f",
    "CDUP",
    "CWD d",
    "DELE f",
    "LIST",
    "LIST -la f",
    "MDTM f",
    "MFMT 20200101000000 f",
    "MKD d",
    "MLSD",
    "MLST",
    "NLST",
    "RETR f",
    "RMD d",
    "RNFR f",
    "SITE CHMOD 644 f",
    "SIZE f",
    "STAT f",
    "STOR f",
    "STOU",
    "STOU f",
  ];

  test.each([
    ["an error", () => {
      throw new Error("ENOENT: /srv/secret");
    }],
    ["no error at all", () => {
      throw "thrown from /srv/secret";
    }],
  ])("%s is logged, not shown, and ends nothing", (_, fail) =>
    guarded({
      users: (authorizer) =>
        authorizer.addAnonymous({
          fileSystem: broken(fail),
          permissions: "elradfmwMT",
        }),
    }, async ({ enter, messages }) => {
      const client = await enter();
      await client.command("TYPE I");
      for (const command of commands) {
        const reply = await client.command(command);
        expect(reply, command).toMatch(/^(451|550) [^/]*$/);
      }
      expect(await client.command("NOOP")).toMatch(/^200 /);
      expect(messages("error")).toHaveLength(commands.length);
      expect(messages("error").join()).toContain("/srv/secret");
    }));

  test("a listing that fails half-way is cut off with 426", () =>
    guarded({}, async ({ enter, files }) => {
      const list = files.list.bind(files);
      files.list = async function* (path, options) {
        yield* list(path, options);
        throw new Error("/srv/secret");
      };
      files.writeFile("/f", "");
      const client = await enter();
      expect((await client.download("NLST")).reply)
        .toBe("426 Internal error; transfer aborted.");
      const status = await client.command("STAT /");
      expect(status).toMatch(/^213-.*\n.* f\n213 End of status\.$/);
    }));
});

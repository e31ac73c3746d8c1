import { describe, expect, test } from "vitest";
import { FileError, MemoryFileSystem } from "../../adapters/memory.ts";
import type { FileSystem } from "../../lib/spi/file_system.ts";
import { type Guarded, guarded } from "./_guarded.ts";

/** Sends commands and reads a reply to each. */
async function say(
  { connect }: Pick<Guarded, "connect">,
  commands: readonly string[],
): Promise<readonly string[]> {
  const client = await connect();
  const replies: string[] = [];
  for (const command of commands) replies.push(await client.command(command));
  return replies;
}

const LOGIN = ["USER anonymous", "PASS x"];

describe("at info", () => {
  test("a session is told from its beginning to its end", () =>
    guarded({}, async ({ connect, files, messages, settle }) => {
      files.writeFile("/d/f", "12345");
      const client = await connect();
      await client.logIn();
      await client.command("CWD d");
      await client.download("RETR f");
      await client.upload("STOR g", "123");
      await client.upload("APPE g", "1");
      await client.download("LIST");
      await client.command("PWD");
      await client.command("QUIT");
      client.close();
      await settle();
      expect(messages()).toEqual([
        "FTP session opened (connect)",
        "USER 'anonymous' logged in.",
        "CWD /d 250",
        "RETR /d/f completed=1 bytes=5 seconds=0",
        "STOR /d/g completed=1 bytes=3 seconds=0",
        "APPE /d/g completed=1 bytes=1 seconds=0",
        "FTP session closed (disconnect).",
      ]);
    }));

  test("commands that change something have their path and their reply", () =>
    guarded({}, async (guard) => {
      guard.files.writeFile("/f", "");
      await say(guard, [
        ...LOGIN,
        "MKD d",
        "XMKD d",
        "CWD d",
        "CWD nowhere",
        "RNFR /f",
        "RNTO g",
        "SITE CHMOD 600 g",
        "MFMT 20200101000000 g",
        "DELE g",
        "CDUP",
        "RMD d",
        "RMD d",
        "REIN",
      ]);
      expect(guard.messages("info").slice(2)).toEqual([
        "MKD /d 257",
        "XMKD /d 550 'File exists.'",
        "CWD /d 250",
        "CWD /d/nowhere 550 'No such file or directory.'",
        "RNFR /f 350",
        "RNTO /d/g 250",
        "SITE CHMOD /d/g 200",
        "MFMT /d/g 213",
        "DELE /d/g 250",
        "RMD /d 250",
        "RMD /d 550 'No such file or directory.'",
        "REIN  230",
      ]);
    }));

  test("other commands may be chosen", () =>
    guarded({ loggedCommands: ["PWD"] }, async (guard) => {
      await say(guard, [...LOGIN, "PWD", "MKD d"]);
      expect(guard.messages("info").slice(2)).toEqual(["PWD  257"]);
    }));

  test("a refused login has its name, and the record has none any more", () =>
    guarded({ failedLoginDelayMs: 0 }, async (guard) => {
      await say(guard, ["USER bob", "PASS wrong"]);
      expect(guard.messages("info")).toContain("USER 'bob' failed login.");
      expect(guard.records.at(-1)?.session?.username).toBe("");
    }));

  test("an aborted transfer is told with what was moved", () =>
    guarded({}, async ({ enter, clock, messages }) => {
      const client = await enter();
      const data = await client.passive();
      await client.command("STOR f");
      await data.write(new Uint8Array(7));
      await clock.advance(1_234);
      await client.command("ABOR");
      expect(messages("info").slice(-2)).toEqual([
        "Transfer aborted via ABOR.",
        "STOR /f completed=0 bytes=7 seconds=1.234",
      ]);
    }));

  test("a flushed account is told", () =>
    guarded({}, async (guard) => {
      await say(guard, [...LOGIN, "USER anonymous"]);
      expect(guard.messages("info")).toContain(
        "Previous account information was flushed, send password.",
      );
    }));

  test("records say when, and whose session", () =>
    guarded({}, async ({ connect, clock, records }) => {
      await clock.advance(5_000);
      const client = await connect("10.0.0.9");
      await client.command("USER eve");
      await client.command(`${"x".repeat(3000)}`);
      const { port } = client.control.local;
      const session = { id: 1, remoteHostname: "10.0.0.9", remotePort: port };
      const time = Date.UTC(2026, 0, 1, 0, 0, 5);
      expect(records.map(({ time, session }) => ({ time, session }))).toEqual([
        { time, session: { ...session, username: "" } },
        { time, session: { ...session, username: "eve" } },
      ]);
    }));

  test("records have facts for machines", () =>
    guarded({}, async ({ enter, records }) => {
      const client = await enter();
      await client.upload("STOR f", "123");
      await client.command("DELE g");
      expect(records.slice(2).map(({ fields }) => fields)).toEqual([
        {
          command: "STOR",
          path: "/f",
          completed: true,
          outcome: "complete",
          bytes: 3,
          seconds: 0,
        },
        { command: "DELE", path: "/g", code: 550 },
      ]);
    }));
});

describe("at debug", () => {
  const logLevel = "debug";

  test("every line and every reply is told, and no command twice", () =>
    guarded({ logLevel }, async (guard) => {
      await say(guard, [...LOGIN, "MKD d", "FOO bar", "STAT", "STAT /"]);
      expect(guard.messages("debug")).toEqual([
        "-> 220 anyftpd ready.",
        "<- USER anonymous",
        "-> 331 Username ok, send password.",
        "<- PASS ******",
        "-> 230 Login successful.",
        "<- MKD d",
        '-> 257 "/d" directory created.',
        "<- FOO bar",
        '-> 500 Command "FOO" not understood.',
        "<- STAT",
        "-> 211 End of status.",
        "<- STAT /",
        "-> 213 End of status.",
      ]);
      expect(guard.messages("info"))
        .toEqual([
          "FTP session opened (connect)",
          "USER 'anonymous' logged in.",
        ]);
    }));

  test.each([
    "PASS hunter2",
    "pass hunter2",
    " PASS hunter2",
    "XPASS hunter2",
    "PASS  hunter2",
    "\tPASS\thunter2",
    "PASS hunter2 PASS hunter2",
    "ACCT hunter2",
  ])(
    "no record holds the password of %j",
    (line) =>
      guarded({ logLevel, failedLoginDelayMs: 0 }, async (guard) => {
        await say(guard, ["USER alice", line]);
        expect(JSON.stringify(guard.records)).not.toContain("hunter2");
        expect(guard.messages("debug").join("\n")).toContain("******");
      }),
  );
});

test("what a client says cannot forge a line", () =>
  guarded({ logLevel: "debug", failedLoginDelayMs: 0 }, async (guard) => {
    await say(guard, [
      "USER a\nUSER 'root' logged in.\u2028\u0007",
      "PASS x",
      ...LOGIN,
      "STAT a\tb\u001b[2J",
    ]);
    expect(JSON.stringify(guard.records)).not.toMatch(/\\n|\\u001b|\\u0007/);
    expect(guard.messages("info")).toContain(
      "USER 'a\\x0aUSER 'root' logged in.\\u2028\\x07' failed login.",
    );
    expect(guard.messages("debug")).toContain("<- STAT a\\x09b\\x1b[2J");
    const claimed = guard.records.find(({ message }) => /331/.test(message));
    expect(claimed?.session?.username)
      .toBe("a\\x0aUSER 'root' logged in.\\u2028\\x07");
  }));

describe("logLevel", () => {
  test.each([["warn", 1], ["error", 0]] as const)(
    "%s leaves out what is below",
    (logLevel, warnings) =>
      guarded({ logLevel }, async (guard) => {
        await say(guard, [...LOGIN, "MKD d", "PORT 10,0,0,1,19,136"]);
        expect(guard.records).toHaveLength(warnings);
      }),
  );

  test("a log that throws is not heard", () =>
    guarded({
      log() {
        throw new Error("disk full");
      },
    }, async (guard) => {
      expect(await say(guard, [...LOGIN, "MKD d"])).toHaveLength(3);
    }));
});

describe("the place where a file really lies", () => {
  function located(): FileSystem {
    const files = new MemoryFileSystem();
    files.writeFile("/f", "x");
    return Object.assign(files, {
      locate: (path: string) => `/srv/ftp${path}`,
    });
  }

  test("is in the log and never in a reply", () =>
    guarded({
      users: (authorizer) =>
        authorizer.addAnonymous({
          fileSystem: located(),
          permissions: "elradfmwMT",
        }),
    }, async (guard) => {
      const client = await guard.enter();
      await client.download("RETR f");
      const replies = await say(guard, [
        ...LOGIN,
        "CWD no",
        "DELE f",
        "DELE f",
      ]);
      expect(replies.join("\n")).not.toContain("/srv");
      const log = guard.messages().join("\n");
      expect(log).toContain("RETR /srv/ftp/f completed=1");
      expect(log).toContain("DELE /srv/ftp/f 250");
      expect(log).toContain("CWD /srv/ftp/no 550 'No such file or directory.'");
    }));
});

describe("a transfer that fails at the file", () => {
  test.each(
    [
      [new FileError("io", "Cannot read /srv/f: EIO"), "warn"],
      [new TypeError("undefined is not a file"), "error"],
    ] as const,
  )(
    "with %s is told",
    (error, level) =>
      guarded({}, async ({ enter, files, messages, records }) => {
        files.writeFile("/f", "x");
        const open = files.open.bind(files);
        files.open = async (path, mode) =>
          Object.assign(await open(path, mode), {
            read: () => Promise.reject(error),
          });
        const client = await enter();
        const { reply } = await client.download("RETR f");
        expect(reply).toMatch(/^426 .+ error; transfer aborted\.$/);
        expect(reply).not.toContain("/srv");
        expect(messages(level)).toEqual([`Cannot go on with RETR: ${error}`]);
        expect(messages(level === "warn" ? "error" : "warn")).toEqual([]);
        const stack = records.find((record) => record.level === "error")
          ?.fields;
        if (level === "error") expect(stack?.["stack"]).toContain("TypeError");
        expect(messages("info").at(-1)).toMatch(
          /^RETR \/f completed=0 bytes=0 /,
        );
      }),
  );
});

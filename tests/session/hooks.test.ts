import { describe, expect, test } from "vitest";
import { FileError, readAll } from "../../adapters/memory.ts";
import type { Hooks } from "../../lib/session/events.ts";
import { guarded } from "./_guarded.ts";
import { journal } from "./_hook_journal.ts";

describe("of sessions and logins, in order", () => {
  test("a client that breaks off after the login", async () => {
    const { hooks, entries } = journal();
    await guarded({ hooks }, async ({ enter, settle }) => {
      const client = await enter("alice");
      client.control.reset();
      await settle();
      expect(entries).toEqual(["connect 1", "login alice", "disconnect 1"]);
    });
  });

  test("QUIT", async () => {
    const { hooks, entries } = journal();
    await guarded({ hooks }, async ({ enter, settle }) => {
      const client = await enter("alice");
      await client.command("QUIT");
      client.close();
      await settle();
      expect(entries)
        .toEqual(["connect 1", "login alice", "logout alice", "disconnect 1"]);
    });
  });

  test("QUIT without a login is no logout", async () => {
    const { hooks, entries } = journal();
    await guarded({ hooks }, async ({ connect, settle }) => {
      const client = await connect();
      await client.command("USER alice");
      expect(entries).toEqual(["connect 1"]);
      await client.command("QUIT");
      client.close();
      await settle();
      expect(entries).toEqual(["connect 1", "disconnect 1"]);
    });
  });

  test("REIN is a logout and no disconnect", async () => {
    const { hooks, entries } = journal();
    await guarded({ hooks }, async ({ enter }) => {
      const client = await enter("alice");
      await client.command("REIN");
      expect(entries).toEqual(["connect 1", "login alice", "logout alice"]);
    });
  });

  test("a second USER logs the first one out", async () => {
    const { hooks, entries } = journal();
    await guarded({ hooks }, async ({ enter }) => {
      const client = await enter("alice");
      await client.command("USER anonymous");
      await client.command("PASS x");
      expect(entries).toEqual([
        "connect 1",
        "login alice",
        "logout alice",
        "login anonymous",
      ]);
    });
  });

  test("a refused login tells name and password, after 530", async () => {
    const { hooks, entries } = journal();
    await guarded({ hooks, failedLoginDelayMs: 0 }, async ({ connect }) => {
      const client = await connect();
      expect(await client.logIn("alice", "wrong")).toMatch(/^530 /);
      expect(entries).toEqual(["connect 1", "loginFailed alice wrong"]);
    });
  });

  test("a client that is gone before 530 is told of too", async () => {
    const { hooks, entries } = journal();
    await guarded({ hooks, users: () => {} }, async ({ connect, clock }) => {
      const client = await connect();
      await client.send("USER anonymous\r\nPASS x\r\n");
      await client.reply();
      client.close();
      await clock.advance(2_999);
      expect(entries).toEqual(["connect 1"]);
      await clock.advance(1);
      await clock.advance(5_000);
      expect(entries)
        .toEqual(["connect 1", "loginFailed anonymous x", "disconnect 1"]);
    });
  });

  test("a client over the limits fires none", async () => {
    const { hooks, entries } = journal();
    await guarded({ hooks, maxConnections: 1 }, async ({ connect, dial }) => {
      await connect();
      expect(await (await dial()).reply()).toMatch(/^421 /);
      expect(entries).toEqual(["connect 1"]);
    });
  });

  test("connect may refuse: its words are sent and no greeting", () =>
    guarded({
      hooks: {
        connect({ session }) {
          session.respond(421, "Come back\r\nlater");
          session.disconnect();
        },
      },
    }, async ({ dial }) => {
      const client = await dial();
      expect(await client.reply()).toBe("421-Come back\n later\n421 ");
      expect(await client.isEnded()).toBe(true);
    }));
});

describe("of transfers", () => {
  test.each([
    ["STOR new", "fileReceived anonymous STOR /new 5 bytes 0 ms complete"],
    ["APPE f", "fileReceived anonymous APPE /f 5 bytes 0 ms complete"],
  ])("%s, complete", async (command, entry) => {
    const { hooks, entries } = journal();
    await guarded({ hooks }, async ({ enter, files }) => {
      files.writeFile("/f", "old");
      const client = await enter();
      expect(await client.upload(command, "12345")).toMatch(/^226 /);
      await client.command("NOOP");
      expect(entries.slice(2)).toEqual([entry]);
    });
  });

  test("STOU tells the name that it chose", async () => {
    const { hooks, entries } = journal();
    await guarded({ hooks }, async ({ enter }) => {
      const client = await enter();
      expect(await client.upload("STOU x", "")).toMatch(/^226 /);
      await client.command("NOOP");
      expect(entries[2]).toMatch(
        /^fileReceived anonymous STOU \/x\.[a-z0-9]{8} 0 bytes 0 ms complete$/,
      );
    });
  });

  test.each([["content", 7], ["", 0]])("RETR of %j", async (text, bytes) => {
    const { hooks, entries } = journal();
    await guarded({ hooks }, async ({ enter, files }) => {
      files.writeFile("/f", text);
      const client = await enter();
      await client.download("RETR f");
      await client.command("NOOP");
      expect(entries.slice(2)).toEqual([
        `fileSent anonymous RETR /f ${bytes} bytes 0 ms complete`,
      ]);
    });
  });

  test("listings, refusals and transfers that never began fire none", async () => {
    const { hooks, entries } = journal();
    await guarded({ hooks }, async ({ enter, files, clock }) => {
      files.writeFile("/f", "x");
      const client = await enter();
      await client.download("LIST");
      await client.download("MLSD");
      await client.download("RETR missing");
      await client.command("RETR f");
      expect(await client.command("ABOR")).toMatch(/^225 /);
      await client.command("EPSV");
      await client.command("RETR f");
      await clock.advance(30_000);
      expect(await client.reply()).toBe("421 Passive data channel timed out.");
      await client.command("RETR f");
      await client.command("QUIT");
      expect(entries.slice(2)).toEqual(["logout anonymous"]);
    });
  });

  test("an upload that ABOR ends", async () => {
    const { hooks, entries } = journal();
    await guarded({ hooks }, async ({ enter, clock }) => {
      const client = await enter();
      const data = await client.passive();
      await client.command("STOR f");
      await data.write(new Uint8Array(10));
      await clock.advance(250);
      expect(await client.command("ABOR")).toBe(
        "426 Transfer aborted via ABOR.",
      );
      expect(await client.reply()).toBe("226 ABOR command successful.");
      await client.command("NOOP");
      expect(entries.slice(2)).toEqual([
        "incompleteFileReceived anonymous STOR /f 10 bytes 250 ms aborted",
      ]);
    });
  });

  test("a download whose client goes", async () => {
    const { hooks, entries } = journal();
    await guarded({ hooks }, async ({ enter, files, transport }) => {
      transport.window = 1000;
      files.writeFile("/f", "x".repeat(5000));
      const client = await enter();
      const data = await client.passive();
      await client.command("RETR f");
      await data.read();
      data.reset();
      expect(await client.reply())
        .toMatch(/^426 Transfer aborted; \d+ bytes transmitted\.$/);
      await client.command("NOOP");
      expect(entries[2]).toMatch(
        /^incompleteFileSent anonymous RETR \/f \d+ bytes 0 ms disconnected$/,
      );
    });
  });

  test("an upload whose control connection goes, then disconnect", async () => {
    const { hooks, entries } = journal();
    await guarded({ hooks }, async ({ enter, settle }) => {
      const client = await enter();
      const data = await client.passive();
      await client.command("STOR f");
      await data.write(new Uint8Array(10));
      client.control.reset();
      await settle();
      expect(entries.slice(2)).toEqual([
        "incompleteFileReceived anonymous STOR /f 10 bytes 0 ms closed",
        "disconnect 1",
      ]);
    });
  });

  test("an upload for which there is no room", async () => {
    const { hooks, entries } = journal();
    await guarded({ hooks }, async ({ enter, files }) => {
      const open = files.open.bind(files);
      files.open = async (path, mode) => {
        const handle = await open(path, mode);
        handle.write = () =>
          Promise.reject(new FileError("no-space", "Cannot write: disk full"));
        return handle;
      };
      const client = await enter();
      expect(await client.upload("STOR f", "12345"))
        .toBe("452 No space left on device; transfer aborted.");
      await client.command("NOOP");
      expect(entries.slice(2)).toEqual([
        "incompleteFileReceived anonymous STOR /f 5 bytes 0 ms file-error",
      ]);
    });
  });

  test("a transfer that outlives its login is told with its user", async () => {
    const { hooks, entries } = journal();
    await guarded({ hooks }, async ({ enter, files, transport }) => {
      transport.window = 1000;
      files.writeFile("/f", "x".repeat(5000));
      const client = await enter("alice");
      await client.command("TYPE I");
      const data = await client.passive();
      await client.command("RETR f");
      expect(await client.command("USER anonymous")).toMatch(/^331 /);
      expect((await readAll(data)).length).toBe(5000);
      expect(await client.reply()).toBe("226 Transfer complete.");
      await client.command("PASS x");
      expect(entries.slice(2)).toEqual([
        "logout alice",
        "fileSent alice RETR /f 5000 bytes 0 ms complete",
        "login anonymous",
      ]);
    });
  });
});

describe("command", () => {
  test("is told the name of each command, and nothing behind it", async () => {
    const told: string[] = [];
    const hooks = {
      command: ({ command }: { readonly command: string }) =>
        void told.push(command),
    };
    await guarded({ hooks }, async ({ connect }) => {
      const client = await connect();
      for (
        const line of [
          "user alice",
          "PASS secret",
          "SITE HELP",
          "FOO secret",
          "CWD /missing",
        ]
      ) await client.command(line);
      expect(told).toEqual(["USER", "PASS", "SITE HELP", "", "CWD"]);
    });
  });

  test("comes before the command, which disconnect() prevents", async () => {
    const hooks: Hooks = {
      command({ session, command }) {
        if (command !== "MKD") return;
        session.respond(550, "No more folders.");
        session.disconnect();
      },
    };
    await guarded({ hooks }, async ({ enter, files }) => {
      const client = await enter("alice");
      expect(await client.command("MKD new")).toBe("550 No more folders.");
      expect(await client.isEnded()).toBe(true);
      await expect(files.stat("/new")).rejects.toThrow();
    });
  });

  test("that throws is logged, and the command executed", async () => {
    const hooks = {
      command: () => {
        throw new Error("no");
      },
    };
    await guarded({ hooks }, async ({ connect }) => {
      const client = await connect();
      expect(await client.command("NOOP")).toMatch(/^200 /);
    });
  });
});

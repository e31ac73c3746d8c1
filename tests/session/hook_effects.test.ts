import { describe, expect, test } from "vitest";
import type { Hooks } from "../../adapters/memory.ts";
import { deferred } from "../../lib/base/deferred.ts";
import { type Guarded, guarded, type GuardedOptions } from "./_guarded.ts";
import { journal } from "./_hook_journal.ts";

/** What makes a hook run: a login, a transfer, and what is sent at last. */
interface Trigger {
  readonly user?: string;
  readonly transfer?: string;
  readonly last?: string;
}

const TRIGGERS: Readonly<
  Record<
    Exclude<
      keyof Hooks,
      "connect" | "command" | "disconnect" | "transferProgress"
    >,
    Trigger
  >
> = {
  login: { last: "USER anonymous\r\nPASS x\r\n" },
  loginFailed: { last: "USER anonymous\r\nPASS x\r\n" },
  logout: { user: "anonymous", last: "REIN\r\n" },
  fileSent: { user: "anonymous", transfer: "RETR f" },
  fileReceived: { user: "anonymous", transfer: "STOR g" },
  incompleteFileSent: {
    user: "anonymous",
    transfer: "RETR f",
    last: "ABOR\r\n",
  },
  incompleteFileReceived: {
    user: "anonymous",
    transfer: "STOR g",
    last: "ABOR\r\n",
  },
};

type Triggered = keyof typeof TRIGGERS;

/** Makes a hook run, then sends NOOP, and waits for no reply. */
async function trigger(guard: Guarded, name: Triggered): Promise<void> {
  const { user, transfer, last } = TRIGGERS[name];
  guard.files.writeFile("/f", "x".repeat(3000));
  const client = await guard.connect();
  if (user !== undefined) await client.logIn(user);
  if (transfer !== undefined) {
    const data = await client.passive();
    // Too little for the whole file, so that there is something to abort.
    if (last !== undefined) guard.transport.window = 1000;
    await client.command(transfer);
    if (transfer === "STOR g") await data.write(new Uint8Array(5));
    if (last === undefined) await data.closeWrite();
  }
  await guard.settle();
  await client.send(`${last ?? ""}NOOP\r\n`);
  await guard.settle();
  guard.transport.window = 262_144;
}

/** The last reply that the server has sent, when nothing goes on any more. */
async function lastReply(guard: Guarded): Promise<string> {
  await guard.settle();
  return guard.messages("debug").filter((line) => line.startsWith("->"))
    .at(-1) ?? "";
}

const NAMES = Object.keys(TRIGGERS) as Triggered[];

/** For `loginFailed` there are no users. */
function optionsFor(name: Triggered): GuardedOptions {
  const options = { failedLoginDelayMs: 0, logLevel: "debug" } as const;
  return name === "loginFailed" ? { ...options, users: () => {} } : options;
}

describe("a hook that takes its time", () => {
  test.each(NAMES)("%s holds its session up, and no other", async (name) => {
    const gate = deferred<void>();
    const { hooks, entries } = journal((running) =>
      running === name ? gate.promise : undefined
    );
    await guarded({ ...optionsFor(name), hooks }, async (guard) => {
      await trigger(guard, name);
      expect(entries.some((entry) => entry.startsWith(name))).toBe(true);
      expect(await lastReply(guard)).not.toMatch(/nothing/);
      const other = await guard.connect();
      expect(await other.command("NOOP")).toMatch(/^200 /);
      gate.resolve();
      await guard.settle();
      expect(guard.messages("debug").filter((line) => /nothing/.test(line)))
        .toHaveLength(2);
    });
  });

  test("connect holds the greeting back, and no other session's", async () => {
    const gate = deferred<void>();
    await guarded({
      hooks: {
        connect: ({ session }) => session.id === 1 ? gate.promise : void 0,
      },
    }, async ({ dial, settle }) => {
      const first = await dial();
      const greeting = first.reply();
      let greeted = false;
      void greeting.then(() => greeted = true);
      expect(await (await dial()).reply()).toMatch(/^220 /);
      await settle();
      expect(greeted).toBe(false);
      gate.resolve();
      expect(await greeting).toMatch(/^220 /);
    });
  });

  test("disconnect holds the end of the session up", async () => {
    const gate = deferred<void>();
    await guarded({ hooks: { disconnect: () => gate.promise } }, async ({
      server,
      connect,
      settle,
    }) => {
      const client = await connect();
      client.close();
      await settle();
      expect(server.sessionCount).toBe(1);
      gate.resolve();
      await settle();
      expect(server.sessionCount).toBe(0);
    });
  });

  test("the client has its 226 while the hook runs, and the file is there", async () => {
    const gate = deferred<void>();
    await guarded({ hooks: { fileReceived: () => gate.promise } }, async ({
      enter,
      files,
    }) => {
      const client = await enter();
      expect(await client.upload("STOR f", "done")).toMatch(/^226 /);
      expect(files.readFile("/f")).toHaveLength(4);
      gate.resolve();
    });
  });
});

describe("a hook that throws changes nothing and is logged", () => {
  for (
    const [how, fail] of [
      ["at once", () => {
        throw new Error("broken hook");
      }],
      ["later", () => Promise.reject(new Error("broken hook"))],
    ] as const
  ) {
    test.each(NAMES)(`%s, ${how}`, async (name) => {
      const { hooks } = journal((running) =>
        running === name ? fail() : undefined
      );
      await guarded({ ...optionsFor(name), hooks }, async (guard) => {
        await trigger(guard, name);
        expect(await lastReply(guard)).toMatch(/nothing/);
        expect(guard.messages("error"))
          .toEqual([`Cannot run the hook ${name}: Error: broken hook`]);
      });
    });

    test(`connect and disconnect, ${how}`, () =>
      guarded({ hooks: { connect: fail, disconnect: fail } }, async (guard) => {
        const client = await guard.connect();
        expect(await client.command("QUIT")).toMatch(/^221 /);
        client.close();
        await guard.settle();
        expect(guard.server.sessionCount).toBe(0);
        expect(guard.messages("error")).toEqual([
          "Cannot run the hook connect: Error: broken hook",
          "Cannot run the hook disconnect: Error: broken hook",
        ]);
      }));
  }

  test("QUIT ends the session after a broken transfer hook", () =>
    guarded({
      hooks: {
        fileReceived() {
          throw new Error("broken hook");
        },
      },
      idleTimeoutMs: 1_000,
    }, async ({ enter, clock }) => {
      const client = await enter();
      expect(await client.upload("STOR f", "x")).toMatch(/^226 /);
      expect(await client.command("STAT")).toContain("Data connection closed.");
      await clock.advance(1_000);
      expect(await client.reply()).toBe("421 Control connection timed out.");
      expect(await client.isEnded()).toBe(true);
      const next = await enter();
      expect(await next.upload("STOR f", "x")).toMatch(/^226 /);
      expect(await next.command("QUIT")).toMatch(/^221 /);
      expect(await next.isEnded()).toBe(true);
    }));
});

describe("a session as hooks see it", () => {
  test("knows its user, its folder and its transfer", async () => {
    const seen: unknown[] = [];
    await guarded({
      users(authorizer, fileSystem) {
        fileSystem.makeFolders("/home");
        const home = "/home";
        authorizer.addAnonymous({ fileSystem, home, permissions: "elrw" });
      },
      hooks: {
        connect: ({ session: { username, account, remote } }) =>
          void seen.push([username, account, remote.hostname]),
        login: ({ session: { username, account, workingDirectory } }) =>
          void seen.push([username, account?.name, workingDirectory]),
        fileReceived: ({ session, realPath }) =>
          void seen.push([session.transfer, realPath]),
      },
    }, async ({ enter }) => {
      const client = await enter();
      expect(await client.upload("STOR f", "x")).toMatch(/^226 /);
    });
    expect(seen).toEqual([
      ["", null, "127.0.0.1"],
      ["anonymous", "anonymous", "/home"],
      [null, "/home/f"],
    ]);
  });

  test("may be ended from a hook, once the replies are out", () =>
    guarded(
      { hooks: { login: ({ session }) => session.disconnect() } },
      async ({
        connect,
      }) => {
        const client = await connect();
        expect(await client.logIn()).toMatch(/^230 /);
        expect(await client.isEnded()).toBe(true);
      },
    ));
});

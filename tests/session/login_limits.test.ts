import { describe, expect, test } from "vitest";
import {
  type Account,
  AuthenticationError,
  type Authorizer,
  MemoryFileSystem,
} from "../../adapters/memory.ts";
import { deferred } from "../../lib/base/deferred.ts";
import { guarded } from "./_guarded.ts";

const FAILED = "530 Authentication failed.";

/** Lets in who says the password `yes`, at once. */
const easy: Authorizer = {
  authenticate: ({ username, password }) =>
    Promise.resolve(password === "yes" ? account(username) : null),
};

function account(name: string): Account {
  return { name, fileSystem: new MemoryFileSystem(), allows: () => true };
}

describe("failedLoginDelayMs", () => {
  test.each([
    [{}, 3_000],
    [{ failedLoginDelayMs: 500 }, 500],
  ])(
    "%j holds 530 back for %i ms",
    (options, delay) =>
      guarded({ authorizer: easy, ...options }, async ({ connect, clock }) => {
        const client = await connect();
        await client.send("USER a\r\nPASS no\r\n");
        await client.reply();
        await clock.advance(delay - 1);
        expect(client.control.unread).toBe(0);
        await clock.advance(1);
        expect(await client.reply()).toBe(FAILED);
      }),
  );

  test("0 answers at once", () =>
    guarded({ authorizer: easy, failedLoginDelayMs: 0 }, async ({
      connect,
    }) => {
      expect(await (await connect()).logIn("a", "no")).toBe(FAILED);
    }));

  test("no command behind PASS runs before the verdict", () =>
    guarded({ authorizer: easy }, async ({ connect, clock }) => {
      const client = await connect();
      await client.send("USER a\r\nPASS no\r\nNOOP\r\nPASS yes\r\n");
      await client.reply();
      await clock.advance(2_999);
      expect(client.control.unread).toBe(0);
      await clock.advance(1);
      expect(await client.reply()).toBe(FAILED);
      expect(await client.reply()).toMatch(/^200 /);
      expect(await client.reply()).toBe("503 Login with USER first.");
    }));

  test("holds nobody else up", () =>
    guarded({ authorizer: easy }, async ({ connect }) => {
      const guessing = await connect();
      await guessing.send("USER a\r\nPASS no\r\n");
      expect(await (await connect()).logIn("b", "yes")).toMatch(/^230 /);
    }));

  test("is cut short when the server closes", () =>
    guarded({ authorizer: easy }, async ({ connect, settle, clock }) => {
      const client = await connect();
      await client.send("USER a\r\nPASS no\r\n");
      await settle();
      expect(clock.pending).toBeGreaterThan(0);
    }));
});

describe("maxLoginAttempts", () => {
  test.each([
    [{}, 3],
    [{ maxLoginAttempts: 1 }, 1],
    [{ maxLoginAttempts: 5 }, 5],
  ])("%j: refused login %i ends the session", (options, most) =>
    guarded(
      { authorizer: easy, failedLoginDelayMs: 0, ...options },
      async ({ connect }) => {
        const client = await connect();
        for (let attempt = 1; attempt < most; attempt++) {
          expect(await client.logIn("a", "no")).toBe(FAILED);
        }
        expect(await client.logIn("b", "no")).toBe(`${FAILED} Disconnecting.`);
        expect(await client.isEnded()).toBe(true);
      },
    ));

  test("a login makes earlier attempts forgotten", () =>
    guarded({ authorizer: easy, failedLoginDelayMs: 0 }, async ({
      connect,
    }) => {
      const client = await connect();
      for (let round = 0; round < 3; round++) {
        expect(await client.logIn("a", "no")).toBe(FAILED);
        expect(await client.logIn("a", "no")).toBe(FAILED);
        expect(await client.logIn("a", "yes")).toMatch(/^230 /);
        expect(await client.command("REIN")).toMatch(/^230 /);
      }
    }));

  test.each(["REIN", "USER"])(
    "a login as anonymous and %s give no new attempts",
    (how) =>
      guarded({ authorizer: easy, failedLoginDelayMs: 0 }, async ({
        connect,
      }) => {
        const client = await connect();
        for (let attempt = 1; attempt < 3; attempt++) {
          expect(await client.logIn("a", "no")).toBe(FAILED);
          expect(await client.logIn("anonymous", "yes")).toMatch(/^230 /);
          if (how === "REIN") {
            expect(await client.command("REIN")).toMatch(/^230 /);
          }
        }
        expect(await client.logIn("a", "no")).toBe(`${FAILED} Disconnecting.`);
        expect(await client.isEnded()).toBe(true);
      }),
  );

  test("PASS out of place is no attempt", () =>
    guarded({ authorizer: easy, maxLoginAttempts: 1 }, async ({ connect }) => {
      const client = await connect();
      for (let times = 0; times < 5; times++) {
        expect(await client.command("PASS x")).toBe(
          "503 Login with USER first.",
        );
      }
      expect(await client.logIn("a", "yes")).toMatch(/^230 /);
      for (let times = 0; times < 5; times++) {
        expect(await client.command("PASS x"))
          .toBe("503 User already authenticated.");
      }
    }));
});

describe("an authorizer", () => {
  test.each(
    [
      [new AuthenticationError("Come back at 8 AM"), "530 Come back at 8 AM."],
      [new AuthenticationError("Really?"), "530 Really?"],
      [new AuthenticationError(""), FAILED],
      [new AuthenticationError("a\r\nb"), "530-a\n b.\n530 "],
    ] as const,
  )("that refuses with %s chooses the text", (error, reply) =>
    guarded({
      authorizer: { authenticate: () => Promise.reject(error) },
      failedLoginDelayMs: 0,
    }, async ({ connect, messages }) => {
      expect(await (await connect()).logIn()).toBe(reply);
      expect(messages("error")).toEqual([]);
    }));

  test.each([
    ["at once", () => {
      throw new Error("no database");
    }],
    ["later", () => Promise.reject(new Error("no database"))],
  ])(
    "that fails %s lets nobody in and is logged",
    (_, authenticate) =>
      guarded({ authorizer: { authenticate }, failedLoginDelayMs: 0 }, async ({
        connect,
        messages,
      }) => {
        const client = await connect();
        expect(await client.logIn()).toBe(FAILED);
        expect(messages("error"))
          .toEqual(["Cannot ask the authorizer: Error: no database"]);
        expect(await client.command("NOOP")).toMatch(/^200 /);
      }),
  );

  test("is told who asks, and from where", async () => {
    const requests: unknown[] = [];
    await guarded({
      authorizer: {
        authenticate(request) {
          requests.push(request);
          return Promise.resolve(null);
        },
      },
      failedLoginDelayMs: 0,
    }, async ({ connect }) => {
      await (await connect("10.0.0.9")).logIn("a", "b c");
    });
    expect(requests).toEqual([{
      username: "a",
      password: "b c",
      remote: { hostname: "10.0.0.9", port: expect.any(Number) },
      local: { hostname: "127.0.0.1", port: 21 },
      secure: false,
      peerCertificate: null,
    }]);
  });

  test("that does not answer is told when the session ends", async () => {
    const asked = deferred<AbortSignal>();
    await guarded({
      idleTimeoutMs: 10_000,
      authorizer: {
        authenticate: (_, signal) =>
          new Promise((resolve) => {
            asked.resolve(signal);
            signal.addEventListener("abort", () => resolve(null));
          }),
      },
    }, async ({ connect, clock, server }) => {
      const client = await connect();
      await client.send("USER a\r\nPASS b\r\n");
      const signal = await asked.promise;
      await clock.advance(9_999);
      expect(signal.aborted).toBe(false);
      await clock.advance(1);
      expect(signal.aborted).toBe(true);
      await client.reply();
      expect(await client.reply()).toBe("421 Control connection timed out.");
      client.close();
      await clock.advance(3_000);
      expect(server.sessionCount).toBe(0);
    });
  });
});

describe("an authorizer that takes its time", () => {
  test.each(["close", "closeWrite"] as const)(
    "is told when the client leaves by %s()",
    async (how) => {
      const asked = deferred<AbortSignal>();
      const gone = deferred<void>();
      await guarded({
        authorizer: {
          authenticate: (_, signal) =>
            new Promise((resolve) => {
              asked.resolve(signal);
              signal.addEventListener("abort", () => {
                resolve(null);
                gone.resolve();
              });
            }),
        },
      }, async ({ connect, clock, server, settle }) => {
        const client = await connect();
        await client.send("USER a\r\nPASS b\r\n");
        const signal = await asked.promise;
        await clock.advance(1_000);
        expect(signal.aborted).toBe(false);
        await client.control[how]();
        await gone.promise;
        client.close();
        await settle();
        await clock.advance(5_000);
        expect(server.sessionCount).toBe(0);
      });
    },
  );

  test("loses no command that came meanwhile, and keeps their order", async () => {
    const answer = deferred<Account | null>();
    await guarded({
      authorizer: { authenticate: (_, _signal) => answer.promise },
    }, async ({ connect, authorizer, settle }) => {
      const client = await connect();
      await client.send("USER alice\r\nPASS secret\r\nPWD\r\nNOOP\r\n");
      expect(await client.reply()).toMatch(/^331 /);
      await settle();
      expect(client.unread).toBe("");
      answer.resolve(
        await authorizer.authenticate({
          username: "alice",
          password: "secret",
          remote: client.control.local,
          local: client.control.remote,
          secure: false,
          peerCertificate: null,
        }),
      );
      for (const code of [230, 257, 200]) {
        expect(await client.reply()).toMatch(new RegExp(`^${code} `));
      }
      await client.send("QUIT\r\n");
      expect(await client.reply()).toMatch(/^221 /);
    });
  });
});

describe("an account that comes too late", () => {
  test("holds no place", async () => {
    const answer = deferred<Account>();
    let asked = 0;
    await guarded({
      authorizer: {
        authenticate: ({ username }) =>
          asked++ === 0 ? answer.promise : Promise.resolve({
            ...account(username),
            limits: { sessions: 1 },
          }),
      },
    }, async ({ connect, clock }) => {
      const first = await connect();
      await first.send("USER a\r\nPASS b\r\n");
      await clock.advance(1);
      first.close();
      // The session has waited for the authorizer as long as it may.
      await clock.advance(10_000);
      answer.resolve({ ...account("a"), limits: { sessions: 1 } });
      await clock.advance(1);
      expect(asked).toBe(1);
      expect(await (await connect()).logIn("a", "b")).toMatch(/^230 /);
    });
  });
});

describe("limits.sessions of an account", () => {
  const authorizer: Authorizer = {
    authenticate: ({ username }) =>
      Promise.resolve({ ...account(username), limits: { sessions: 2 } }),
  };
  const options = { authorizer, failedLoginDelayMs: 0 };
  const FULL = "530 Too many sessions of this user.";

  test("counts logins, not connections", () =>
    guarded(options, async ({ connect, settle }) => {
      const [a, b, c] = [await connect(), await connect(), await connect()];
      expect(await a.logIn("bob")).toMatch(/^230 /);
      expect(await b.logIn("bob")).toMatch(/^230 /);
      expect(await c.logIn("bob")).toBe(FULL);
      expect(await c.logIn("eve")).toMatch(/^230 /);
      expect(await a.command("REIN")).toMatch(/^230 /);
      expect(await c.command("REIN")).toMatch(/^230 /);
      expect(await c.logIn("bob")).toMatch(/^230 /);
      expect(await a.logIn("bob")).toBe(FULL);
      b.control.reset();
      await settle();
      expect(await a.logIn("bob")).toMatch(/^230 /);
    }));
});

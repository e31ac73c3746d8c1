import { describe, expect, test } from "vitest";
import {
  AuthenticationError,
  type Authorizer,
  LoginUnavailableError,
  MemoryAuthorizer,
  MemoryFileSystem,
  settle,
} from "../../adapters/memory.ts";
import {
  dialogue,
  type Exchange,
  expectSilence,
  greeted,
  loggedIn,
  nextReply,
  passwords,
} from "./_dialogue.ts";

const FAILED = "530 Authentication failed.";
const LAST = "530 Authentication failed. Disconnecting.";
const USER_OK = "331 Username ok, send password.";
const NEEDS_LOGIN = "530 Log in with USER and PASS first.";

/** `alice` and `bob`; refusals are told at once. */
function twoUsers() {
  const files = new MemoryFileSystem();
  return {
    authorizer: passwords(files, { alice: "a b ", bob: "" }),
    failedLoginDelayMs: 0,
  };
}

/** An authorizer that answers every request alike. */
function answering(answer: () => Promise<null>): Authorizer {
  return { authenticate: answer };
}

describe("USER and PASS", () => {
  test("let in who knows the password, spaces and all", async () => {
    await using stage = await greeted(twoUsers());
    await dialogue(stage.client, [
      ["USER alice", USER_OK],
      ["PASS a b ", "230 Login successful."],
      ["PASS x", "503 User already authenticated."],
      ["STAT", /\n Logged in as: alice\n/],
    ]);
  });

  test("take an empty password, with and without the space", async () => {
    for (const pass of ["PASS", "PASS "]) {
      await using stage = await greeted(twoUsers());
      await dialogue(stage.client, [
        ["USER bob", USER_OK],
        [pass, "230 Login successful."],
      ]);
    }
  });

  test("answer alike whether the name exists or not", async () => {
    for (
      const [name, password] of [
        ["alice", "wrong"],
        ["alice", "a b"],
        ["nobody", "a b "],
        ["Alice", "a b "],
        ["nobody", ""],
      ]
    ) {
      await using stage = await greeted(twoUsers());
      await dialogue(stage.client, [
        [`USER ${name}`, USER_OK],
        [`PASS ${password}`, FAILED],
        ["PASS a b ", "503 Login with USER first."],
        ["STAT", /\n Waiting for username\.\n/],
        ["PWD", NEEDS_LOGIN],
      ]);
    }
  });

  test("must come in this order, and the last USER counts", async () => {
    await using stage = await greeted(twoUsers());
    await dialogue(stage.client, [
      ["PASS a b ", "503 Login with USER first."],
      ["USER nobody", USER_OK],
      ["STAT", /\n Waiting for password\.\n/],
      ["USER alice", USER_OK],
      ["NOOP", /^200 /],
      ["PASS a b ", "230 Login successful."],
    ]);
  });

  test("know anonymous by this very name, with any password", async () => {
    for (const pass of ["PASS", "PASS anon@", "PASS x y"]) {
      await using stage = await greeted();
      await dialogue(stage.client, [
        ["USER anonymous", USER_OK],
        [pass, "230 Login successful."],
      ]);
    }
    await using stage = await greeted({ failedLoginDelayMs: 0 });
    await stage.client.command("USER AnoNymouS");
    expect(await stage.client.command("PASS")).toBe(FAILED);
  });
});

describe("a refused login", () => {
  test("is answered after three seconds, and commands behind it wait", async () => {
    const { authorizer } = twoUsers();
    await using stage = await greeted({ authorizer });
    const { client, clock } = stage;
    await client.send("USER alice\r\nPASS wrong\r\nNOOP\r\nABOR\r\nSTAT\r\n");
    expect(await nextReply(client)).toBe(USER_OK);
    await clock.advance(2_999);
    await expectSilence(client);
    await clock.advance(1);
    expect(await nextReply(client)).toBe(FAILED);
    expect(await nextReply(client)).toMatch(/^200 /);
    expect(await nextReply(client)).toBe(NEEDS_LOGIN);
    expect(await nextReply(client)).toMatch(/^211-/);
  });

  test("ends the session at the third time, wrong names included", async () => {
    await using stage = await greeted(twoUsers());
    const { client } = stage;
    const attempt = (name: string, reply: string): Exchange[] => [
      [`USER ${name}`, USER_OK],
      ["PASS wrong", reply],
    ];
    await dialogue(client, [
      ...attempt("alice", FAILED),
      ...attempt("nobody", FAILED),
      ...attempt("alice", LAST),
    ]);
    expect(await client.isEnded()).toBe(true);
  });

  test("is forgotten once a login succeeds", async () => {
    await using stage = await greeted(twoUsers());
    const { client } = stage;
    for (let times = 0; times < 2; times++) {
      await dialogue(client, [
        ["USER alice", /^331 /],
        ["PASS x", FAILED],
        ["USER alice", /^331 /],
        ["PASS y", FAILED],
        ["USER bob", /^331 /],
        ["PASS", /^230 /],
        ["REIN", "230 Ready for new user."],
      ]);
    }
  });

  test("tells the authorizer's own words", async () => {
    const cases: readonly [string, string][] = [
      ["Too early. Come back at NINE", "530 Too early. Come back at NINE."],
      ["Closed!", "530 Closed!"],
      ["", FAILED],
      ["multi\nline", "530-multi\n line.\n530 "],
    ];
    for (const [message, reply] of cases) {
      await using stage = await greeted({
        failedLoginDelayMs: 0,
        authorizer: answering(() =>
          Promise.reject(new AuthenticationError(message))
        ),
      });
      await dialogue(stage.client, [["USER x", USER_OK], ["PASS x", reply]]);
    }
  });

  test("is what an authorizer gets for any other error", async () => {
    const errors: string[] = [];
    await using stage = await greeted({
      failedLoginDelayMs: 0,
      log: ({ level, message }) => level === "error" && errors.push(message),
      authorizer: answering(() => Promise.reject(new TypeError("database"))),
    });
    await dialogue(stage.client, [
      ["USER x", USER_OK],
      ["PASS x", FAILED],
      ["NOOP", /^200 /],
    ]);
    expect(errors).toEqual([
      "Cannot ask the authorizer: TypeError: database",
    ]);
  });

  test("says that anonymous is not allowed where there is none", async () => {
    await using stage = await greeted({
      failedLoginDelayMs: 0,
      authorizer: new MemoryAuthorizer(),
    });
    await dialogue(stage.client, [
      ["USER anonymous", USER_OK],
      ["PASS", "530 Anonymous access not allowed."],
    ]);
  });

  test("is told to the hook even when the client is gone", async () => {
    const events: string[] = [];
    const { authorizer } = twoUsers();
    await using stage = await greeted({
      authorizer,
      hooks: {
        loginFailed: ({ username, password }) => {
          events.push(`failed ${username} ${password}`);
        },
        disconnect: () => void events.push("disconnect"),
      },
    });
    const { client, clock } = stage;
    await client.command("USER alice");
    await client.send("PASS wrong\r\n");
    await settle();
    client.control.reset();
    await clock.advance(3_000);
    expect(events).toEqual(["failed alice wrong", "disconnect"]);
  });
});

describe("what an authorizer is told", () => {
  test("is who asks, from where to where", async () => {
    const requests: unknown[] = [];
    await using stage = await greeted({
      failedLoginDelayMs: 0,
      authorizer: {
        authenticate: (request) => {
          requests.push(request);
          return Promise.resolve(null);
        },
      },
    });
    const client = await stage.connect("10.1.2.3");
    await client.logIn("Zoë", "pass word");
    expect(requests).toEqual([{
      username: "Zoë",
      password: "pass word",
      remote: { hostname: "10.1.2.3", port: client.control.local.port },
      local: { hostname: "127.0.0.1", port: 21 },
      secure: false,
      peerCertificate: null,
    }]);
  });

  test("is also that the session ended meanwhile", async () => {
    let aborted = false;
    await using stage = await greeted({
      failedLoginDelayMs: 0,
      authorizer: {
        authenticate: (_request, signal) =>
          new Promise((resolve) => {
            signal.addEventListener("abort", () => {
              aborted = true;
              resolve(null);
            });
          }),
      },
    });
    await stage.client.send("USER x\r\nPASS x\r\n");
    await settle();
    await stage.server.close();
    expect(aborted).toBe(true);
  });
});

test("a home that vanished still lets the user in", async () => {
  const files = new MemoryFileSystem();
  await using stage = await loggedIn({
    authorizer: passwords(files, { anonymous: "" }, { home: "/gone" }),
  });
  await dialogue(stage.client, [
    ["PWD", '257 "/gone" is the current directory.'],
    ["NLST", "550 No such file or directory."],
    ["CWD /", /^250 /],
  ]);
});

describe("a login that cannot be told", () => {
  const authorizer: Authorizer = {
    authenticate: () =>
      Promise.reject(new LoginUnavailableError("Cannot ask /srv/secret")),
  };

  test("is answered 421 at once, and ends the session", async () => {
    const failed: string[] = [];
    const records: string[] = [];
    await using stage = await greeted({
      authorizer,
      hooks: { loginFailed: ({ username }) => void failed.push(username) },
      log: ({ level, message }) => void records.push(`${level} ${message}`),
    });
    await stage.client.send("USER ann\r\nPASS secret\r\n");
    expect(await nextReply(stage.client)).toBe(USER_OK);
    expect(await nextReply(stage.client)).toBe(
      "421 Logins cannot be checked now, try again later.",
    );
    expect(await stage.client.reply().catch(() => null)).toBeNull();
    expect(failed).toEqual([]);
    expect(records.filter((record) => record.startsWith("error")))
      .toEqual([
        expect.stringContaining("Cannot tell whether a login is right"),
      ]);
  });
});

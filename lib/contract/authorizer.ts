import { AuthenticationError } from "../base/errors.ts";
import type {
  Account,
  Action,
  Authorizer,
  LoginRequest,
} from "../spi/authorizer.ts";
import { type AddCase, collectCases, type ContractCase } from "./cases.ts";
import { ContractError, expect } from "./expect.ts";

/** An authorizer under test, and a user that it knows. */
export interface AuthorizerFixture {
  /** What is tested. */
  readonly authorizer: Authorizer;
  /** A user who may log in with a password, and only with that. */
  readonly user: { readonly username: string; readonly password: string };
  /** A name that nobody has. */
  readonly unknown: string;
  /** Called after the case. */
  readonly dispose?: () => void | Promise<void>;
}

/** Makes an authorizer; called for each case. */
export type MakeAuthorizer = () =>
  | AuthorizerFixture
  | Promise<AuthorizerFixture>;

type Fixture = Required<AuthorizerFixture>;

const ACTIONS: readonly Action[] = [
  "enter",
  "list",
  "read",
  "append",
  "delete",
  "rename",
  "mkdir",
  "write",
  "chmod",
  "touch",
];

/** Logins at the same time. */
const MANY = 20;

/**
 * What the server relies on in every `Authorizer`, and what users of it must be
 * able to: that refusals tell nothing, that accounts are whole.
 *
 * @param make an authorizer with a user; called for each case
 *
 * @example
 * ```ts
 * import { authorizerContract } from "anyftpd/contract";
 * import { MemoryAuthorizer, MemoryFileSystem } from "anyftpd/core";
 *
 * const cases = authorizerContract(() => {
 *   const authorizer = new MemoryAuthorizer();
 *   const user = { username: "ann", password: "secret" };
 *   authorizer.addUser({ ...user, fileSystem: new MemoryFileSystem() });
 *   return { authorizer, user, unknown: "bob" };
 * });
 * for (const { name, run } of cases) {
 *   console.assert(await run() === "passed", name);
 * }
 * ```
 */
export function authorizerContract(
  make: MakeAuthorizer,
): readonly ContractCase[] {
  return collectCases<Fixture>(
    { logins: loginCases, accounts: accountCases },
    async () => ({ dispose: () => {}, ...await make() }),
  );
}

function loginCases(add: AddCase<Fixture>): void {
  add("the right password lets in", async (fixture) => {
    await logIn(fixture);
  });

  add("every other password is refused", async (fixture) => {
    const { user } = fixture;
    for (
      const password of [
        "",
        `${user.password}x`,
        ` ${user.password}`,
        user.password.slice(0, -1),
        user.username,
        "\udcff",
        "x".repeat(2_000),
      ]
    ) {
      if (password === user.password) continue;
      await refusal(fixture, { ...user, password });
    }
  });

  add("names of nobody are refused", async (fixture) => {
    const { user, unknown } = fixture;
    const { password } = user;
    for (
      const username of [
        unknown,
        "",
        `${user.username} `,
        "__proto__",
        "constructor",
        "\udcff",
        "../etc",
        "*",
        "x".repeat(2_000),
      ]
    ) await refusal(fixture, { username, password });
  });

  add("a refusal does not tell which names there are", async (fixture) => {
    const { user, unknown } = fixture;
    const known = await refusal(fixture, { ...user, password: "wrong" });
    expect(await refusal(fixture, { username: unknown, password: "wrong" }))
      .toBe(known);
  });

  add("a refusal holds no password", async (fixture) => {
    const password = "do-not-repeat-me";
    const text = await refusal(fixture, { ...fixture.user, password });
    expect(text?.includes(password) ?? false).toBe(false);
  });

  add("logins at the same time do not get into each other", async (fixture) => {
    const { user, unknown } = fixture;
    const accounts = await Promise.all(
      Array.from({ length: MANY }, async (_, at) => {
        if (at % 2 === 0) return await logIn(fixture);
        const wrong = at % 4 === 1
          ? { ...user, password: "wrong" }
          : { ...user, username: unknown };
        await refusal(fixture, wrong);
        return null;
      }),
    );
    for (const account of accounts) {
      expect(account?.name ?? user.username).toBe(user.username);
    }
  });

  add("a client that is gone is let in or refused, soon", async (fixture) => {
    const gone = new AbortController();
    gone.abort();
    const { authorizer, user } = fixture;
    await authorizer.authenticate(requestOf(user), gone.signal)
      .catch(() => null);
    // And nobody waits behind it.
    await logIn(fixture);
  });

  add("without a certificate nobody is recognized", async (fixture) => {
    const { password: _, ...request } = requestOf(fixture.user);
    const account = await fixture.authorizer.recognize?.(request, never());
    expect(account ?? null).toBe(null);
  });
}

function accountCases(add: AddCase<Fixture>): void {
  add("has the name of the user", async (fixture) => {
    expect((await logIn(fixture)).name).toBe(fixture.user.username);
  });

  add("has a folder to begin in", async (fixture) => {
    const { fileSystem, home = "/" } = await logIn(fixture);
    expect(home.startsWith("/")).toBe(true);
    expect((await fileSystem.stat(home)).kind).toBe("directory");
  });

  add("knows for every action whether it is allowed", async (fixture) => {
    const account = await logIn(fixture);
    for (const action of ACTIONS) {
      for (const path of ["/", "/nobody-has-this", "/nobody/has/this"]) {
        const isDirectory = (): Promise<boolean> => Promise.resolve(false);
        expect(await account.allows(action, { path, isDirectory }))
          .toBeTypeOf("boolean");
      }
    }
  });

  add("has limits that are no less than nothing", async (fixture) => {
    const { limits = {} } = await logIn(fixture);
    for (const limit of Object.values(limits)) {
      expect(limit).toBeGreaterThanOrEqual(0);
    }
  });

  add("is the same for a second login", async (fixture) => {
    const [first, second] = [await logIn(fixture), await logIn(fixture)];
    expect(second.name).toBe(first.name);
    expect(second.home ?? "/").toBe(first.home ?? "/");
  });
}

function requestOf(
  user: { readonly username: string; readonly password: string },
): LoginRequest {
  return {
    ...user,
    remote: { hostname: "127.0.0.1", port: 50_123 },
    local: { hostname: "127.0.0.1", port: 21 },
    secure: false,
    peerCertificate: null,
  };
}

/** One for each login, as sessions have it. */
function never(): AbortSignal {
  return new AbortController().signal;
}

async function logIn({ authorizer, user }: Fixture): Promise<Account> {
  const account = await authorizer.authenticate(requestOf(user), never());
  if (account !== null) return account;
  throw new ContractError("the right password is refused");
}

/** The text of a refusal; `null` for the default. */
async function refusal(
  { authorizer }: Fixture,
  user: { readonly username: string; readonly password: string },
): Promise<string | null> {
  let account: Account | null;
  try {
    account = await authorizer.authenticate(requestOf(user), never());
  } catch (error) {
    if (error instanceof AuthenticationError) return error.message;
    throw error;
  }
  if (account === null) return null;
  throw new ContractError(
    `${JSON.stringify(user.username.slice(0, 40))} is let in with a password ` +
      "that is not the right one",
  );
}

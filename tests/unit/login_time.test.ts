import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { passwordVerifiers } from "../../adapters/_password_verifiers.ts";
import { MemoryAuthorizer } from "../../lib/auth/memory_authorizer.ts";
import { hashPassword } from "../../lib/auth/password.ts";
import { UsersAuthorizer } from "../../lib/auth/users_authorizer.ts";
import { MemoryFileSystem } from "../../lib/fs/memory_file_system.ts";
import type { Authorizer } from "../../lib/spi/authorizer.ts";

const fileSystem = new MemoryFileSystem();

async function login(
  authorizer: Authorizer,
  username: string,
  password: string,
): Promise<boolean> {
  const account = await authorizer.authenticate({
    username,
    password,
    remote: { hostname: "10.0.0.1", port: 1 },
    local: { hostname: "127.0.0.1", port: 21 },
    secure: false,
    peerCertificate: null,
  }, new AbortController().signal);
  return account !== null;
}

describe("the work of a login with PBKDF2", () => {
  /** Iterations and bytes of everything that was derived. */
  let derived: string[];
  const { deriveBits } = crypto.subtle;

  beforeEach(() => {
    derived = [];
    vi.spyOn(crypto.subtle, "deriveBits").mockImplementation(
      (algorithm, key, length) => {
        const { iterations } = algorithm as { readonly iterations: number };
        derived.push(`${iterations} ${length}`);
        return deriveBits.call(crypto.subtle, algorithm, key, length);
      },
    );
  });
  afterEach(() => vi.restoreAllMocks());

  test("is the same for every name, in memory", async () => {
    const authorizer = new MemoryAuthorizer();
    const add = async (username: string, iterations: number) => {
      const hash = await hashPassword(username, { iterations });
      authorizer.addUser({ username, password: { hash }, fileSystem });
    };
    await add("quick", 10);
    await add("slow", 2_000);
    await add("slow2", 2_000);
    authorizer.addUser({ username: "clear", password: "clear", fileSystem });
    for (const name of ["quick", "slow", "slow2", "clear", "nobody", ""]) {
      for (const password of ["quick", "slow", "slow2", "clear", "", "x"]) {
        derived = [];
        // A stranger's password opens nothing, though its hash is checked.
        expect(await login(authorizer, name, password), `${name} ${password}`)
          .toBe(name === password && name !== "");
        expect(derived, name).toEqual(["10 256", "2000 256"]);
      }
    }
    authorizer.removeUser("quick");
    derived = [];
    await login(authorizer, "quick", "quick");
    expect(derived).toEqual(["2000 256"]);
  });

  test("is none where nobody has a hash", async () => {
    const authorizer = new MemoryAuthorizer();
    authorizer.addUser({ username: "clear", password: "clear", fileSystem });
    expect(await login(authorizer, "clear", "clear")).toBe(true);
    expect(await login(authorizer, "nobody", "clear")).toBe(false);
    expect(derived).toEqual([]);
  });
});

test("a login takes as long for nobody, with hashes of all kinds", async () => {
  // Of "x", "password" and "Hello world!"; the first takes the longest.
  const users = {
    ann: { password: await hashPassword("x", { iterations: 100_000 }) },
    bob: {
      password: "$2y$10$abcdefghijklmnopqrstuu5Lo0g67CiD3M4RpN1BmBb4Crp5w7dbK",
    },
    cid: {
      password: "$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5",
    },
    off: {
      password: "$1$12345678$o2n/JiO/h5VviOInWJ4OQ/",
      enabled: false,
    },
  };
  const authorizer = new UsersAuthorizer({
    text: () => JSON.stringify({ users }),
    openFolder: () => fileSystem,
    fileSystem,
    schemes: passwordVerifiers,
    clock: { wallTime: () => 0 },
  });
  const best = new Map<string, number>();
  const names = [...Object.keys(users), "nobody"];
  // By turns: another program may keep the processor for a while.
  for (let round = 0; round < 5; round++) {
    for (const name of names) {
      const start = performance.now();
      expect(await login(authorizer, name, "wrong")).toBe(false);
      const time = performance.now() - start;
      best.set(name, Math.min(best.get(name) ?? Infinity, time));
    }
  }
  const times = [...best.values()];
  expect(Math.min(...times)).toBeGreaterThan(Math.max(...times) / 2);
  expect(await login(authorizer, "bob", "password")).toBe(true);
  expect(await login(authorizer, "cid", "Hello world!")).toBe(true);
  expect(await login(authorizer, "cid", "password")).toBe(false);
}, 30_000);

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import process from "node:process";
import { describe, expect, test } from "vitest";
import { httpAuthorizer } from "../../adapters/_http_authorizer.ts";
import { programAuthorizer } from "../../adapters/_program_authorizer.ts";
import { AuthenticationError } from "../../lib/base/errors.ts";
import { CertificateAuthorizer } from "../../lib/auth/certificate_authorizer.ts";
import { MemoryAuthorizer } from "../../lib/auth/memory_authorizer.ts";
import { hashPassword } from "../../lib/auth/password.ts";
import { UsersAuthorizer } from "../../lib/auth/users_authorizer.ts";
import {
  authorizerContract,
  type AuthorizerFixture,
  type MakeAuthorizer,
} from "../../lib/contract/authorizer.ts";
import { MemoryFileSystem } from "../../lib/fs/memory_file_system.ts";
import type { Authorizer } from "../../lib/spi/authorizer.ts";

const USER = { username: "ann", password: "sécret" };

function describeAuthorizer(name: string, make: MakeAuthorizer): void {
  describe(`${name} authorizer`, () => {
    for (const { name, run } of authorizerContract(make)) {
      test(name, async () => expect(await run()).toBe("passed"), 20_000);
    }
  });
}

function fixture(authorizer: Authorizer): AuthorizerFixture {
  return { authorizer, user: USER, unknown: "bob" };
}

const fileSystem = new MemoryFileSystem();

function memory(): MemoryAuthorizer {
  const authorizer = new MemoryAuthorizer();
  authorizer.addUser({ ...USER, fileSystem });
  return authorizer;
}

describeAuthorizer("memory", () => fixture(memory()));

describeAuthorizer("memory, hashed", async () => {
  const authorizer = new MemoryAuthorizer();
  const hash = await hashPassword(USER.password, { iterations: 10 });
  authorizer.addUser({ ...USER, password: { hash }, fileSystem });
  return fixture(authorizer);
});

describeAuthorizer("certificate", () =>
  fixture(
    new CertificateAuthorizer({
      user: () => null,
      account: () => null,
      passwords: memory(),
    }, () => {
      throw new Error("nobody has shown a certificate");
    }),
  ));

describeAuthorizer("users file", async () => {
  const password = await hashPassword(USER.password, { iterations: 10 });
  const text = JSON.stringify({ users: { ann: { password } } });
  return fixture(
    new UsersAuthorizer({
      text: () => text,
      openFolder: () => fileSystem,
      fileSystem,
      clock: { wallTime: () => 0 },
    }),
  );
});

describeAuthorizer("HTTP", async () => {
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (chunk) => body += chunk);
    request.on("end", () => {
      const { user, password } = JSON.parse(body);
      const isRight = user === USER.username && password === USER.password;
      response.writeHead(isRight ? 200 : 403).end("{}");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const authorizer = httpAuthorizer({
    url: `http://127.0.0.1:${port}/`,
    fileSystem,
  });
  return {
    ...fixture(authorizer),
    dispose: () => {
      server.closeAllConnections();
      server.close();
    },
  };
});

if (process.platform !== "win32") {
  describeAuthorizer("program", () =>
    fixture(
      programAuthorizer({
        command: [
          "/bin/sh",
          "-c",
          'read -r q; case $q in *\'"user":"ann","password":"sécret","\'*) ' +
          "echo {};; *) exit 1;; esac",
        ],
        fileSystem,
      }),
    ));
}

describe("authorizerContract()", () => {
  /** Which promises an authorizer breaks. */
  async function broken(authorizer: Authorizer): Promise<readonly string[]> {
    const names: string[] = [];
    for (const { name, run } of authorizerContract(() => fixture(authorizer))) {
      await run().catch(() => names.push(name));
    }
    return names;
  }

  test("finds who lets everybody in, or nobody", async () => {
    const account = await memory().account(USER.username)!;
    expect(await broken({ authenticate: () => Promise.resolve(account) }))
      .toContain("logins: every other password is refused");
    expect(await broken({ authenticate: () => Promise.resolve(null) }))
      .toContain("logins: the right password lets in");
  });

  test("finds who tells which names there are", async () => {
    const inner = memory();
    const authorizer: Authorizer = {
      authenticate: async (request) => {
        const account = await inner.authenticate(request);
        if (account === null && request.username === USER.username) {
          throw new AuthenticationError(`wrong: ${request.password}`);
        }
        return account;
      },
    };
    expect(await broken(authorizer)).toEqual([
      "logins: a refusal does not tell which names there are",
      "logins: a refusal holds no password",
    ]);
  });
});

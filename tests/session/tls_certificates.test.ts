// Users that are known by their certificates: RFC 2228 section 5, RFC 4217
// section 8.

import { expect, test } from "vitest";
import {
  type Account,
  type Authorizer,
  type LoginRequest,
  MemoryFileSystem,
  type TlsConfig,
} from "../../adapters/memory.ts";
import { dialogue, greeted, type Stage } from "./_dialogue.ts";

const ALICE = new Uint8Array([1, 2, 3]);

const ASKING: TlsConfig = {
  cert: "certificate",
  key: "key",
  ca: "authority",
  clientCert: "request",
};

/** Knows alice by her certificate, and bob by his password. */
class Known implements Authorizer {
  readonly asked: string[] = [];
  failure: Error | null = null;

  recognize(
    { username, peerCertificate }: Omit<LoginRequest, "password">,
  ): Promise<Account | null> {
    this.asked.push(username);
    if (this.failure !== null) return Promise.reject(this.failure);
    const isAlice = username === "alice" && peerCertificate?.[0] === ALICE[0];
    return Promise.resolve(isAlice ? accountOf(username) : null);
  }

  authenticate({ username, password }: LoginRequest): Promise<Account | null> {
    return Promise.resolve(password === "secret" ? accountOf(username) : null);
  }
}

function accountOf(name: string): Account {
  return {
    name,
    fileSystem: new MemoryFileSystem(),
    pathRules: false,
    allows: () => true,
  };
}

async function asked(
  authorizer: Authorizer,
  config: TlsConfig = ASKING,
): Promise<Stage> {
  const stage = await greeted({
    authorizer,
    tls: { config },
    failedLoginDelayMs: 0,
  });
  expect(await stage.client.command("AUTH TLS")).toMatch(/^234 /);
  await stage.client.control.joinTls(null, ALICE);
  return stage;
}

test("who shows a certificate needs no password", async () => {
  await using stage = await asked(new Known());
  await dialogue(stage.client, [
    ["USER alice", "232 Login successful."],
    ["PWD", '257 "/" is the current directory.'],
    ["PASS x", "503 User already authenticated."],
    ["REIN", /^230 /],
    ["USER alice", /^232 /],
  ]);
});

test("the certificate of one is not that of another", async () => {
  await using stage = await asked(new Known());
  await dialogue(stage.client, [
    ["USER bob", "331 Username ok, send password."],
    ["PWD", /^530 /],
    ["PASS wrong", "530 Authentication failed."],
    ["USER bob", /^331 /],
    ["PASS secret", /^230 /],
    // A new USER is a new login, whoever was there before.
    ["USER alice", /^232 /],
  ]);
});

test("without a certificate nobody asks for its owner", async () => {
  const known = new Known();
  await using stage = await asked(known, { ...ASKING, clientCert: "off" });
  await dialogue(stage.client, [["USER alice", /^331 /]]);
  await using clear = await greeted({ authorizer: known });
  await dialogue(clear.client, [["USER alice", /^331 /]]);
  expect(known.asked).toEqual([]);
});

test("an authorizer that fails lets nobody in by certificate", async () => {
  const known = new Known();
  known.failure = new Error("the directory is down");
  await using stage = await asked(known);
  await dialogue(stage.client, [
    ["USER alice", "331 Username ok, send password."],
    ["PASS secret", /^230 /],
  ]);
});

test("limits and demands of the account hold here too", async () => {
  const known = new Known();
  const recognize = known.recognize.bind(known);
  known.recognize = async (request) => {
    const account = await recognize(request);
    return account === null
      ? null
      : { ...account, limits: { sessions: 1 }, loginMessage: "Hello Alice." };
  };
  await using stage = await asked(known);
  await dialogue(stage.client, [["USER alice", "232 Hello Alice."]]);
  const second = await stage.connect();
  expect(await second.command("AUTH TLS")).toMatch(/^234 /);
  await second.control.joinTls(null, ALICE);
  await dialogue(second, [
    ["USER alice", "530 Too many sessions of this user."],
  ]);
  second.close();
});

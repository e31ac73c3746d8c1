// Clients that show certificates.

import { readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { TemporaryFolder } from "../support/files.ts";
import { type ProgramResult, requireProgram, run } from "../support/program.ts";
import { startServer, type TestServerOptions } from "../support/server.ts";
import {
  AUTHORITY,
  CLIENT,
  SERVER,
  STRANGER,
} from "../support/tls_certificates.ts";

let folder: TemporaryFolder;
let local: TemporaryFolder;

beforeAll(() => {
  folder = new TemporaryFolder("anyftpd-certificates");
  local = new TemporaryFolder("anyftpd-certificates-client");
  writeFileSync(folder.at("a.txt"), "content");
  writeFileSync(local.at("alice.pem"), CLIENT.cert + CLIENT.key);
  writeFileSync(local.at("stranger.pem"), STRANGER.cert + STRANGER.key);
  writeFileSync(local.at("ca.pem"), AUTHORITY);
});

afterAll(() => {
  folder.remove();
  local.remove();
});

/** Runs curl against a server that knows alice. */
async function fetched(
  certificate: "enough" | "needed",
  clientCert: "request" | "require",
  parameters: readonly string[],
): Promise<ProgramResult> {
  const options: TestServerOptions = {
    directory: folder.path,
    users: [{
      username: "alice",
      password: "secret",
      directory: folder.path,
      permissions: "elr",
    }],
    certificate,
    tls: { config: { ...SERVER, ca: AUTHORITY, clientCert } },
  };
  const server = await startServer(options);
  try {
    return await run(requireProgram("curl", "curl"), [
      ...["-s", "-S", "-v", "--ssl-reqd", "--cacert", "ca.pem"],
      ...parameters,
      `ftp://localhost:${server.port}/a.txt`,
      ...["--resolve", `localhost:${server.port}:127.0.0.1`, "-o", "a.txt"],
    ], { cwd: local.path });
  } finally {
    await server.close();
  }
}

test(
  "alice is let in by her certificate, which the CA vouches for",
  async () => {
    const { code, text } = await fetched("enough", "require", [
      ...["--cert", "alice.pem", "-u", "alice:"],
    ]);
    expect(code, text).toBe(0);
    expect(text).toContain("< 232 Login successful.");
    expect(readFileSync(local.at("a.txt"), "utf8")).toBe("content");
  },
  30_000,
);

test("a stranger with her name is refused", async () => {
  const required = await fetched("enough", "require", [
    ...["--cert", "stranger.pem", "-u", "alice:"],
  ]);
  expect(required.code).not.toBe(0);
  const asked = await fetched("enough", "request", [
    ...["--cert", "stranger.pem", "-u", "alice:"],
  ]);
  expect(asked.code).not.toBe(0);
  expect(asked.text).toContain("< 331 Username ok, send password.");
  expect(asked.text).toContain("< 530 Authentication failed.");
}, 30_000);

test("certificate and password, where both are needed", async () => {
  const both = ["--cert", "alice.pem", "-u", "alice:secret"];
  const { code, text } = await fetched("needed", "request", both);
  expect(code, text).toBe(0);
  expect(text).toContain("< 230 Login successful.");
  const alone = await fetched("needed", "request", ["-u", "alice:secret"]);
  expect(alone.text).toContain("< 530 A client certificate is required.");
}, 30_000);

// Which TLS the command serves by: OpenSSL as a C library, or the runtime's.

import { writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { opensslLibrary } from "../../adapters/_openssl_library.ts";
import { Command, commandLine } from "../support/command.ts";
import { TemporaryFolder } from "../support/files.ts";
import { FtpsClient } from "../support/ftps_client.ts";
import { requireProgram, run } from "../support/program.ts";
import { SERVER } from "../support/tls_certificates.ts";

let folder: TemporaryFolder;

beforeAll(() => {
  commandLine(); // Builds for Node once, outside the time of a test.
  folder = new TemporaryFolder("anyftpd-engine");
  writeFileSync(folder.at("server.pem"), SERVER.cert + SERVER.key);
  writeFileSync(folder.at("a.txt"), "hello");
}, 60_000);

afterAll(() => folder.remove());

type Engine = "OpenSSL" | "runtime";

/**
 * Who answers a handshake. Ours by OpenSSL keeps no sessions in memory, so one
 * of TLS 1.2 without a ticket has no number; those of the runtimes have one.
 */
async function engineAt(port: number, ...more: string[]): Promise<Engine> {
  const openssl = requireProgram("openssl", "openssl");
  const { text } = await run(openssl, [
    "s_client",
    "-connect",
    `127.0.0.1:${port}`,
    "-tls1_2",
    "-no_ticket",
    ...more,
  ]);
  const [, cipher, number] = /Cipher *: (\S+)\s+Session-ID: (\w*)/.exec(text) ??
    [];
  expect(cipher, text).toMatch(/^ECDHE-/);
  return number === "" ? "OpenSSL" : "runtime";
}

/** The same for a data connection. */
async function dataEngineAt(port: number): Promise<Engine> {
  using client = await FtpsClient.login(port);
  const { raw } = await client.expect("EPSV", 229);
  const [, passive] = /\(\|\|\|(\d+)\|\)/.exec(raw)!;
  const engine = engineAt(Number(passive));
  await client.expect("RETR a.txt", 125, 150);
  return await engine;
}

/** Who serves the control connection, and who the data connection. */
async function enginesOf(options: string): Promise<readonly Engine[]> {
  const command = new Command([
    ..."-i 127.0.0.1 -p 0 --certfile server.pem -u user -P pass".split(" "),
    ...options.split(" ").filter(Boolean),
  ], { cwd: folder.path });
  try {
    const { port } = await command.listening();
    const control = await engineAt(port, "-starttls", "ftp");
    const data = await dataEngineAt(port);
    // In order: on Deno, workers may outlive a parent that is killed.
    command.signal("SIGTERM");
    expect(await command.exit).toBe(0);
    return [control, data];
  } finally {
    await command.close();
  }
}

describe.each([
  ["one process", ""],
  ["worker processes", "--concurrency multi-proc --workers 1"],
])("in %s", (_, model) => {
  test.each(["--disable-openssl", "--set useOpenssl=false"])(
    "the runtime's TLS serves with %s",
    async (option) => {
      expect(await enginesOf(`${model} ${option}`))
        .toEqual(["runtime", "runtime"]);
    },
    30_000,
  );

  test.runIf(opensslLibrary() !== null)(
    "OpenSSL serves otherwise",
    async () => {
      expect(await enginesOf(model)).toEqual(["OpenSSL", "OpenSSL"]);
    },
    30_000,
  );
});

import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { builtCommand, Command } from "../support/command.ts";
import { TemporaryFolder } from "../support/files.ts";
import { FtpClient } from "../support/ftp_client.ts";
import { requireProgram, run } from "../support/program.ts";

let folder: TemporaryFolder;
const commands: Command[] = [];

beforeAll(() => {
  builtCommand(); // Builds for Node once, outside the time of a test.
}, 60_000);
beforeEach(() => folder = new TemporaryFolder());
afterEach(async () => {
  for (const command of commands.splice(0)) await command.close();
  folder.remove();
});

function start(
  line: string,
  env: Readonly<Record<string, string>> = {},
): Command {
  const command = new Command(line.split(" "), { cwd: folder.path, env });
  commands.push(command);
  return command;
}

test("curl gets what a program lets its user have", async () => {
  mkdirSync(folder.at("ann"));
  writeFileSync(folder.at("ann", "f"), "hello");
  writeFileSync(
    folder.at("who"),
    `#!/bin/sh
read -r question
case $question in
  *'"user":"ann","password":"secret"'*)
    echo '{"directory": "ann", "permissions": "elr", "quota": {"files": 5}}' ;;
  *'"user":"late"'*) exit 75 ;;
  *) exit 1 ;;
esac
`,
  );
  chmodSync(folder.at("who"), 0o755);
  const server = start("-i 127.0.0.1 -p 0 --auth-program ./who");
  const { hostname, port } = await server.listening();
  const curl = requireProgram("curl", "curl");
  const get = (user: string) =>
    run(curl, ["-sS", "-u", user, `ftp://${hostname}:${port}/f`]);
  expect((await get("ann:secret")).stdout.toString()).toBe("hello");
  // CURLE_LOGIN_DENIED
  expect((await get("ann:wrong")).code).toBe(67);
  const late = await FtpClient.connect({ hostname, port });
  await late.expect(null, 220);
  await late.expect("USER late", 331);
  await late.expect("PASS x", 421);
  late.destroy();
  server.signal("SIGTERM");
  expect(await server.exit).toBe(0);
  expect(server.stderr).toContain("it ended with 75");
  expect(server.stderr).toContain("users known to ./who");
  expect(server.stderr).not.toContain("secret");
}, 40_000);

test("curl gets what a web service lets its user have", async () => {
  mkdirSync(folder.at("ann"));
  const asked: unknown[] = [];
  const service = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => body += chunk);
    request.on("end", () => {
      const { user, password, address } = JSON.parse(body);
      asked.push([request.headers.authorization, user, address]);
      const isRight = user === "ann" && password === "secret";
      response.writeHead(isRight ? 200 : 401);
      response.end(JSON.stringify({ directory: folder.at("ann") }));
    });
  });
  await new Promise<void>((resolve) => service.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(service.address() as AddressInfo).port}/`;
  const server = start(`-i 127.0.0.1 -p 0 -w --auth-url ${url}?key=k`, {
    ANYFTPD_AUTH_TOKEN: "token",
  });
  const { hostname, port } = await server.listening();
  const curl = requireProgram("curl", "curl");
  writeFileSync(folder.at("f"), "hello");
  const put = (user: string) =>
    run(curl, [
      "-sS",
      "-u",
      user,
      "-T",
      folder.at("f"),
      `ftp://${hostname}:${port}/g`,
    ]);
  expect((await put("ann:secret")).code).toBe(0);
  expect(readFileSync(folder.at("ann", "g"), "utf8")).toBe("hello");
  expect((await put("ann:wrong")).code).toBe(67);
  expect(asked).toEqual(Array(2).fill(["Bearer token", "ann", "127.0.0.1"]));
  service.closeAllConnections();
  service.close();
  expect((await put("ann:secret")).code).not.toBe(0);
  server.signal("SIGTERM");
  expect(await server.exit).toBe(0);
  expect(server.stderr).toContain(`Cannot ask ${url}:`);
  expect(server.stderr).toContain(`users known to ${url})`);
  expect(server.stderr).not.toMatch(/secret|token|key=k/);
}, 40_000);

test("what cannot be asked is told at the start", async () => {
  const server = start("-p 0 --auth-url http://example.com/");
  expect(await server.exit).toBe(2);
  expect(server.stderr).toContain("passwords would travel in clear");
}, 20_000);

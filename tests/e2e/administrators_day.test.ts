// What an administrator does on one day with one server, in order.

import { X509Certificate } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { afterEach, beforeAll, expect, test } from "vitest";
import { builtCommand, Command, commandLine } from "../support/command.ts";
import { sampleBytes, TemporaryFolder, until } from "../support/files.ts";
import { FtpsClient, received } from "../support/ftps_client.ts";
import { OTHER, SERVER } from "../support/tls_certificates.ts";

const QUOTA = 3_000_000;

let folder: TemporaryFolder;
const commands: Command[] = [];

beforeAll(() => {
  builtCommand(); // Builds for Node once, outside the time of a test.
  commandLine();
}, 60_000);

afterEach(async () => {
  for (const command of commands.splice(0)) await command.close();
  folder.remove();
});

function start(args: readonly string[], input?: string): Command {
  const command = new Command(args, {
    cwd: folder.path,
    stdin: input === undefined ? "ignore" : "pipe",
  });
  commands.push(command);
  if (input !== undefined) command.child.stdin!.end(input);
  return command;
}

/** Runs a command to its end. */
async function run(line: string, input?: string): Promise<[number, string]> {
  const command = start(line.split(" "), input);
  const code = await command.exit;
  return [code ?? -1, command.stdout + command.stderr];
}

function configure(text: string): void {
  // As editors do it: a reader sees all of the old file or all of the new one.
  writeFileSync(folder.at("new"), text);
  renameSync(folder.at("new"), folder.at("anyftpd.toml"));
}

function config(extra: string): string {
  return `users = "users.json"
directory = "files"
atomicUploads = true
listen = [{ address = "127.0.0.1", port = 0 }]
${extra}
[tls]
cert = "cert.pem"
key = "key.pem"
control = "required"
data = "required"
`;
}

function certify({ cert, key }: typeof SERVER): void {
  writeFileSync(folder.at("key.pem"), key);
  writeFileSync(folder.at("cert.pem"), cert);
}

async function fingerprintOf(port: number): Promise<string> {
  using client = new FtpsClient(port);
  await client.expect(null, 220);
  await client.expect("AUTH TLS", 234);
  const secure = await client.secure();
  const raw = secure.getPeerCertificate(false).raw;
  return new X509Certificate(raw).fingerprint256;
}

/** STOR over a protected connection; answers the code of the last reply. */
async function store(
  client: FtpsClient,
  name: string,
  content: Uint8Array,
): Promise<number | undefined> {
  const socket = await client.passive();
  await client.expect(`STOR ${name}`, 125, 150);
  const secure = await client.protect(socket);
  // A server that has no room for it ends the connection.
  secure.on("error", () => {});
  secure.end(content);
  const reply = await client.reply();
  socket.destroy();
  return reply?.code;
}

test("a day of an administrator", async () => {
  folder = new TemporaryFolder("anyftpd-day");
  mkdirSync(folder.at("files"));
  mkdirSync(folder.at("home"));
  const big = sampleBytes(2_500_000);
  writeFileSync(folder.at("home/big"), big);
  certify(SERVER);

  // A configuration with a mistake, found before anybody notices.
  configure(config("maxConections = 20"));
  const [wrong, complaint] = await run("check anyftpd.toml");
  expect(wrong).toBe(2);
  expect(complaint).toContain("anyftpd.toml:5:1: maxConections");
  const add = "user add user --users users.json -w -d home --quota ";
  expect((await run(add + QUOTA, "pass\n"))[0]).toBe(0);
  configure(config("downloadRate = 400_000"));
  expect(await run("check anyftpd.toml")).toEqual([0, expect.anything()]);

  // Up, and somebody works.
  const server = start(["--config", "anyftpd.toml"]);
  const { port } = await server.listening();
  using client = await FtpsClient.login(port);
  expect(await store(client, "small", sampleBytes(100_000))).toBe(226);
  expect(readFileSync(folder.at("home/small")).length).toBe(100_000);
  expect(await store(client, "much", sampleBytes(2_000_000))).toBe(552);

  // Another limit, and another certificate, while a download goes on that
  // would take six seconds.
  const socket = await client.passive();
  await client.expect("RETR big", 125, 150);
  const data = await client.protect(socket);
  const download = received(data);
  await until("the download runs", () => data.bytesRead > 100_000);
  const before = await fingerprintOf(port);
  configure(config('banner = "a new day"'));
  certify(OTHER);
  server.signal("SIGHUP");
  await server.logs("configuration read again");
  const { content, end } = await download;
  expect(end).toBe("end");
  expect(Buffer.compare(content, big)).toBe(0);
  await client.expect(null, 226);
  await until(
    "clients see the new certificate",
    async () => await fingerprintOf(port) !== before,
    15_000,
  );

  // A broken file changes nothing.
  configure(config("downloadRate = true"));
  server.stderr = "";
  server.signal("SIGHUP");
  await server.logs("the old configuration serves on");
  using second = new FtpsClient(port);
  expect((await second.expect(null, 220)).raw).toContain("a new day");

  // Somebody has to go.
  expect((await run("user del user --users users.json"))[0]).toBe(0);
  await until("the session may do nothing more", async () => {
    client.write("MKD d\r\n");
    return (await client.reply())?.code === 550;
  }, 15_000);
  expect(existsSync(folder.at("home/much"))).toBe(false);

  // And the evening.
  server.signal("SIGTERM");
  expect(await server.exit).toBe(0);
  expect(server.stderr).not.toContain("pass\n");
}, 120_000);

// The command with a configuration file, as an administrator has it.

import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createConnection, createServer, type Socket } from "node:net";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { Command, commandLine } from "../support/command.ts";
import { sampleBytes, TemporaryFolder, until } from "../support/files.ts";
import { FtpClient } from "../support/ftp_client.ts";
import { FtpsClient } from "../support/ftps_client.ts";
import { SERVER } from "../support/tls_certificates.ts";

let folder: TemporaryFolder;
let command: Command | null = null;

beforeAll(() => {
  commandLine(); // Builds for Node once, outside the time of a test.
}, 60_000);

afterEach(async () => {
  await command?.close();
  command = null;
  folder.remove();
});

const BASE = 'directory = "."\n';

/** Starts the command with a file of this text, in a folder of its own. */
function start(text: string, ...args: string[]): Command {
  folder = new TemporaryFolder("anyftpd-config");
  writeFileSync(folder.at("a.txt"), "Hello");
  write(text);
  command = new Command(["--config", "anyftpd.toml", ...args], {
    cwd: folder.path,
  });
  return command;
}

function write(text: string): void {
  writeFileSync(folder.at("anyftpd.toml"), text);
}

async function reload(text: string, message: string | RegExp): Promise<void> {
  write(text);
  command!.stderr = "";
  command!.signal("SIGHUP");
  await command!.logs(message);
}

async function stop(): Promise<void> {
  command!.signal("SIGTERM");
  expect(await command!.exit).toBe(0);
}

function listen(port: number): string {
  return `[[listen]]\naddress = "127.0.0.1"\nport = ${port}\n`;
}

/** A port that is free, as far as anybody knows. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { readonly port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function unixClient(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path);
    socket.once("error", reject);
    socket.once("connect", () => resolve(socket));
  });
}

async function line(socket: Socket): Promise<string> {
  return await new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.once("data", (chunk) => resolve(String(chunk)));
  });
}

describe("a reload", () => {
  test(
    "lets a transfer go on, at another rate, and serves others anew",
    async () => {
      const slow = "downloadRate = 200_000\n";
      const running = start(`${BASE}${slow}${listen(0)}`);
      const content = sampleBytes(20_000_000);
      writeFileSync(folder.at("big"), content);
      const target = await running.listening();
      const client = await FtpClient.login(target, "anonymous", "x");
      const data = await client.openData();
      const download = data.readAll();
      // A hundred seconds at that rate.
      await client.expect("RETR big", 125, 150);
      await until("the transfer runs", () => data.received > 0);
      await reload(
        `${BASE}banner = "new"\nwrite = true\n${listen(0)}`,
        "configuration read again; 1 open session(s)",
      );
      expect(Buffer.compare(await download, content)).toBe(0);
      await client.expect(null, 226);
      const second = await FtpClient.connect(target);
      expect((await second.expect(null, 220)).lines).toEqual(["220 new"]);
      await second.expect("USER anonymous", 331);
      await second.expect("PASS x", 230);
      await second.expect("MKD d", 257);
      await client.expect("MKD e", 550);
      await second.quit();
      await client.quit();
      await stop();
    },
    30_000,
  );

  test("refuses a broken file, names line and key, and serves on", async () => {
    const running = start(BASE + listen(0));
    const target = await running.listening();
    await reload(
      `${BASE}maxConections = 5\n`,
      "anyftpd.toml:2:1: maxConections: is not known; did you mean " +
        "maxConnections?; the old configuration serves on",
    );
    await reload(
      'directory = "gone"\n',
      /anyftpd\.toml:1:1: directory: Cannot share ".*gone": no such directory/,
    );
    await reload(
      `${BASE}banner = "new"\n[log]\nfile = "no/a.log"\n`,
      /Cannot write ".*a\.log": .*; the old configuration serves on/,
    );
    const stranger = await FtpClient.connect(target);
    expect((await stranger.expect(null, 220)).lines)
      .toEqual(["220 anyftpd ready."]);
    await stranger.quit();
    const client = await FtpClient.login(target, "anonymous", "x");
    expect(String(await client.retrieve("RETR a.txt"))).toBe("Hello");
    await client.quit();
    await stop();
  });

  test("opens and closes listeners, and drops nobody", async () => {
    const [first, second] = [await freePort(), await freePort()];
    const running = start(BASE + listen(first));
    await running.listening();
    const target = { hostname: "127.0.0.1", port: first };
    const client = await FtpClient.login(target, "anonymous", "x");
    await reload(
      BASE + listen(second) + '[[listen]]\npath = "ftp.sock"\n',
      `listening on 127.0.0.1:${second} too`,
    );
    await running.logs("configuration read again");
    await expect(FtpClient.connect(target)).rejects.toThrow();
    const other = await FtpClient.login(
      { hostname: "127.0.0.1", port: second },
      "anonymous",
      "x",
    );
    const unix = await unixClient(folder.at("ftp.sock"));
    expect(await line(unix)).toMatch(/^220 /);
    unix.destroy();
    expect(String(await client.retrieve("RETR a.txt"))).toBe("Hello");
    await other.quit();
    await client.quit();
    await stop();
    expect(existsSync(folder.at("ftp.sock"))).toBe(false);
  });

  test("switches TLS on", async () => {
    const port = await freePort();
    const running = start(BASE + listen(port));
    await running.listening();
    writeFileSync(folder.at("pair.pem"), SERVER.cert + SERVER.key);
    await reload(
      `${BASE}${listen(port)}[tls]\ncert = "pair.pem"\ncontrol = "required"\n`,
      "configuration read again",
    );
    using client = new FtpsClient(port);
    await client.expect(null, 220);
    await client.expect("USER anonymous", 550);
    await client.expect("AUTH TLS", 234);
    await client.secure();
    await client.expect("USER anonymous", 331);
    await client.expect("PASS x", 230);
    await stop();
  });

  test("opens log files anew, as logrotate needs it", async () => {
    const logs = '[log]\nfile = "a.log"\nxferlog = "x.log"\n';
    start(BASE + listen(0) + logs);
    await until("the log is there", () =>
      existsSync(folder.at("a.log")) &&
      readFileSync(folder.at("a.log"), "utf8").includes("<<<"));
    const [, port] = /:(\d+), pid=/.exec(
      readFileSync(folder.at("a.log"), "utf8"),
    )!;
    const target = { hostname: "127.0.0.1", port: Number(port) };
    for (const round of [1, 2]) {
      const client = await FtpClient.login(target, "anonymous", "x");
      await client.retrieve("RETR a.txt");
      await client.quit();
      await until(
        `line of transfer ${round}`,
        () =>
          existsSync(folder.at("x.log")) &&
          readFileSync(folder.at("x.log"), "utf8").includes("a.txt"),
      );
      if (round === 2) break;
      for (const name of ["a.log", "x.log"]) {
        renameSync(folder.at(name), folder.at(`${name}.1`));
      }
      command!.signal("SIGHUP");
      await until(
        "a new log is there",
        () =>
          existsSync(folder.at("a.log")) && existsSync(folder.at("x.log")) &&
          readFileSync(folder.at("a.log"), "utf8").includes("read again"),
      );
    }
    await stop();
    expect(command!.stderr).toBe("");
  });

  test("reaches worker processes", async () => {
    const workers = 'concurrency = "pre-fork"\nworkers = 2\n';
    const running = start(`${BASE}${workers}${listen(0)}`);
    const target = await running.listening();
    const client = await FtpClient.login(target, "anonymous", "x");
    await reload(
      `${BASE}${workers}banner = "new"\nmaxConnections = 3\n${listen(0)}`,
      "configuration read again",
    );
    const others: FtpClient[] = [];
    for (let count = 0; count < 2; count++) {
      const other = await FtpClient.connect(target);
      expect((await other.expect(null, 220)).lines).toEqual(["220 new"]);
      others.push(other);
    }
    const refused = await FtpClient.connect(target);
    await refused.expect(null, 421);
    await client.expect("NOOP", 200);
    for (const other of [client, ...others]) await other.quit();
    await reload(
      `${BASE}${workers.replace("2", "3")}encoding = "klingon"\n`,
      "unknown encoding; the old configuration serves on",
    );
    await reload(
      `${BASE}${workers.replace("2", "3")}${listen(0)}`,
      "workers: the change needs a restart",
    );
    await reload(
      `${BASE}${workers}useOpenssl = false\n${listen(0)}`,
      "useOpenssl: the change needs a restart",
    );
    await stop();
  }, 30_000);
});

describe("a Unix socket", () => {
  test("takes the place of one that a killed server left behind", async () => {
    const text = `${BASE}[[listen]]\npath = "ftp.sock"\n`;
    const first = start(text);
    await first.logs("<<<");
    await first.close();
    expect(existsSync(folder.at("ftp.sock"))).toBe(true);
    command = new Command(["--config", "anyftpd.toml"], { cwd: folder.path });
    await command.logs("starting FTP server on ");
    const client = await unixClient(folder.at("ftp.sock"));
    expect(await line(client)).toMatch(/^220 /);
    // Data connections go over the loopback.
    client.write("USER anonymous\r\n");
    expect(await line(client)).toMatch(/^331 /);
    client.write("PASS x\r\n");
    expect(await line(client)).toMatch(/^230 /);
    client.write("PASV\r\n");
    const reply = await line(client);
    const [, high, low] = /\(127,0,0,1,(\d+),(\d+)\)/.exec(reply)!;
    const data = createConnection(Number(high) * 256 + Number(low));
    client.write("RETR a.txt\r\n");
    expect(await line(data)).toBe("Hello");
    client.destroy();
    const second = new Command(["--config", "anyftpd.toml"], {
      cwd: folder.path,
    });
    expect(await second.exit).toBe(1);
    expect(second.stderr).toContain("address in use");
    await stop();
  });
});

// What systemd does for its services, done by a program of ours.

import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, beforeAll, expect, test } from "vitest";
import { commandLine } from "../support/command.ts";
import { TemporaryFolder, until } from "../support/files.ts";
import { FtpClient } from "../support/ftp_client.ts";
import { FtpsClient } from "../support/ftps_client.ts";
import { serverKind } from "../support/server.ts";
import { SERVER } from "../support/tls_certificates.ts";

interface Message {
  readonly port?: number;
  readonly path?: string;
  readonly pid?: number;
  readonly state?: string;
  readonly microseconds?: number;
  readonly exit?: number;
}

const PARENT = fileURLToPath(
  new URL("clients/systemd_parent.py", import.meta.url),
);

/** BUN_UNIX_DESCRIPTOR of adapters/_runtime_gaps.ts, where the server runs. */
const TAKES_UNIX = serverKind() !== "bun";

let folder: TemporaryFolder;
let service: Service | null = null;

beforeAll(() => {
  commandLine(); // Builds for Node once, outside the time of a test.
}, 60_000);

afterEach(async () => {
  await service?.end();
  folder.remove();
  service = null;
});

/** The command, started as a service. */
class Service {
  readonly messages: Message[] = [];
  log = "";
  readonly #child: ChildProcess;
  readonly #exit: Promise<unknown>;

  constructor(
    address: string,
    sockets: readonly string[],
    args: readonly string[],
    watchdogMicroseconds = 0,
  ) {
    this.#child = spawn("/usr/bin/python3", [
      PARENT,
      address,
      sockets.join(","),
      String(watchdogMicroseconds),
      ...commandLine(),
      ...args,
    ], { stdio: ["ignore", "pipe", "pipe"], cwd: folder.path });
    this.#exit = new Promise((resolve) => this.#child.once("close", resolve));
    this.#child.stderr!.on("data", (chunk) => this.log += String(chunk));
    createInterface({ input: this.#child.stdout! }).on("line", (line) => {
      this.messages.push(JSON.parse(line) as Message);
    });
  }

  get states(): readonly string[] {
    return this.messages.flatMap(({ state }) => state ?? []);
  }

  get ports(): readonly number[] {
    return this.messages.flatMap(({ port }) => port ?? []);
  }

  async notifies(state: string | RegExp): Promise<void> {
    await until(`the service notifies ${state}`, () => {
      if (this.messages.at(-1)?.exit !== undefined) {
        throw new Error(`The service ended: ${this.log}`);
      }
      return this.states.some((one) =>
        typeof state === "string" ? one === state : state.test(one)
      );
    }, 15_000);
  }

  signal(signal: NodeJS.Signals): void {
    const pid = this.messages.find((message) => message.pid !== undefined)!.pid;
    process.kill(pid!, signal);
  }

  async exit(): Promise<number | undefined> {
    await this.#exit;
    return this.messages.at(-1)?.exit;
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const started = this.messages.some(({ pid }) => pid !== undefined);
    if (started) this.signal("SIGKILL");
    else this.#child.kill("SIGKILL");
    await this.#exit;
  }
}

function prepare(): string {
  folder = new TemporaryFolder("anyftpd-systemd");
  mkdirSync(folder.at("srv"));
  writeFileSync(folder.at("srv/a.txt"), "Hello");
  writeFileSync(folder.at("anyftpd.toml"), 'directory = "srv"\n');
  return folder.at("anyftpd.toml");
}

test("a service takes its sockets, and says when it serves, reloads and stops", async () => {
  const config = prepare();
  service = new Service(folder.at("notify"), ["ftp"], ["--config", config]);
  await service.notifies("READY=1");
  const target = { hostname: "127.0.0.1", port: service.ports[0]! };
  const client = await FtpClient.login(target, "anonymous", "x");
  expect(String(await client.retrieve("RETR a.txt"))).toBe("Hello");
  writeFileSync(config, 'directory = "srv"\nbanner = "again"\n');
  service.signal("SIGHUP");
  await service.notifies(/^RELOADING=1\nMONOTONIC_USEC=\d+$/);
  const { state, microseconds } = service.messages.find((message) =>
    message.state?.startsWith("RELOADING") === true
  )!;
  // By the clock of systemd, which takes no older reload for the one it asked.
  const age = microseconds! - Number(/USEC=(\d+)/.exec(state!)![1]);
  expect(age).toBeGreaterThanOrEqual(0);
  expect(age).toBeLessThan(2_000_000);
  await until(
    "it is ready again",
    () => service!.states.filter((state) => state === "READY=1").length === 2,
  );
  const second = await FtpClient.connect(target);
  expect((await second.expect(null, 220)).lines).toEqual(["220 again"]);
  await client.expect("NOOP", 200);
  await second.quit();
  await client.quit();
  service.signal("SIGTERM");
  await service.notifies("STOPPING=1");
  expect(await service.exit()).toBe(0);
});

test("an abstract address and a watchdog are served too", async () => {
  const config = prepare();
  const address = `@anyftpd-test-${process.pid}-${Date.now()}`;
  const args = ["--config", config, "-i", "127.0.0.1", "-p", "0"];
  service = new Service(address, [], args, 400_000);
  await service.notifies("READY=1");
  await until(
    "the watchdog is fed three times",
    () => service!.states.filter((state) => state === "WATCHDOG=1").length > 2,
  );
});

test("names tell which socket is for implicit TLS, and one may be no TCP", async () => {
  const config = prepare();
  writeFileSync(folder.at("pair.pem"), SERVER.cert + SERVER.key);
  writeFileSync(config, 'directory = "srv"\n[tls]\ncert = "pair.pem"\n');
  const path = folder.at("control.sock");
  const sockets = ["ftp", "ftps", ...(TAKES_UNIX ? [path] : [])];
  service = new Service(folder.at("n"), sockets, ["--config", config]);
  await service.notifies("READY=1");
  const [clear, secret] = service.ports;
  const plain = await FtpClient.connect({
    hostname: "127.0.0.1",
    port: clear!,
  });
  await plain.expect(null, 220);
  await plain.expect("FEAT", 211);
  await plain.quit();
  using hidden = new FtpsClient(secret!);
  await hidden.secure();
  await hidden.expect(null, 220);
  await hidden.expect("NOOP", 200);
  if (!TAKES_UNIX) return;
  const greeting = await new Promise<string>((resolve, reject) => {
    const socket = createConnection(path);
    socket.once("error", reject);
    socket.once("data", (chunk) => {
      socket.destroy();
      resolve(String(chunk));
    });
  });
  expect(greeting).toMatch(/^220 /);
});

test("worker processes serve sockets of systemd, too", async () => {
  const config = prepare();
  const workers = 'concurrency = "pre-fork"\nworkers = 2\n';
  writeFileSync(config, `directory = "srv"\n${workers}`);
  service = new Service(folder.at("n"), ["ftp"], ["--config", config]);
  await service.notifies("READY=1");
  const target = { hostname: "127.0.0.1", port: service.ports[0]! };
  const client = await FtpClient.login(target, "anonymous", "x");
  expect(String(await client.retrieve("RETR a.txt"))).toBe("Hello");
  await client.quit();
  service.signal("SIGTERM");
  expect(await service.exit()).toBe(0);
  // Workers are told nothing that makes them talk to systemd themselves.
  expect(service.states).toEqual(["READY=1", "STOPPING=1"]);
});

// A server in several processes.

import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { opensslLibrary } from "../../adapters/_openssl_library.ts";
import type { LogRecord, SessionSnapshot } from "../../lib/mod.ts";
import { sampleBytes, TemporaryFolder, until } from "../support/files.ts";
import { FtpClient } from "../support/ftp_client.ts";
import { FtpsClient } from "../support/ftps_client.ts";
import { runtimeCommand, serverKind } from "../support/server.ts";
import { SERVER } from "../support/tls_certificates.ts";

let folder: TemporaryFolder;
let content: Buffer;

beforeAll(() => {
  folder = new TemporaryFolder("anyftpd-workers");
  content = sampleBytes(8_000_000);
  writeFileSync(folder.at("a.bin"), content);
});

afterAll(() => folder.remove());

/** A pool in a process of the runtime under test. */
class Pool implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #messages: Record<string, unknown>[] = [];
  readonly logs: LogRecord[] = [];
  /** Of all its processes. */
  complaints = "";
  port = 0;
  pids: readonly number[] = [];

  private constructor(options: Record<string, unknown>) {
    const { data, ...rest } = options;
    const { program, parameters, adapter } = runtimeCommand(serverKind());
    this.#child = spawn(program, [
      ...parameters,
      fileURLToPath(
        new URL("../support/servers/pool_child.mjs", import.meta.url),
      ),
      adapter,
      JSON.stringify({
        workers: 2,
        data: { directory: folder.path, ...(data as object | undefined) },
        ...rest,
      }),
    ], { stdio: ["pipe", "pipe", "pipe"] });
    this.#child.stderr!.setEncoding("utf8").on("data", (text: string) => {
      this.complaints += text;
      process.stderr.write(text);
    });
    createInterface({ input: this.#child.stdout! }).on("line", (line) => {
      const message = JSON.parse(line) as Record<string, unknown>;
      if ("log" in message) this.logs.push(message["log"] as LogRecord);
      else this.#messages.push(message);
    });
  }

  static async start(options: Record<string, unknown> = {}): Promise<Pool> {
    const pool = new Pool(options);
    const message = await pool.answer();
    if ("error" in message) throw new Error(String(message["error"]));
    pool.port = message["port"] as number;
    pool.pids = message["pids"] as number[];
    return pool;
  }

  async ask(line: string): Promise<Record<string, unknown>> {
    this.say(line);
    return await this.answer();
  }

  /** Sends a line and does not wait. */
  say(line: string): void {
    this.#child.stdin!.write(`${line}\n`);
  }

  async logged(text: string): Promise<LogRecord> {
    const find = () => this.logs.find(({ message }) => message.includes(text));
    await until(`a log record of "${text}"`, () => find() !== undefined);
    return find()!;
  }

  /** The next one. */
  async answer(): Promise<Record<string, unknown>> {
    await until(
      "the pool answers",
      () => this.#messages.length > 0,
      20_000,
    );
    return this.#messages.shift()!;
  }

  /** As a crash of the whole pool. */
  kill(): void {
    this.#child.kill("SIGKILL");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const ended = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#child.stdin!.end();
    await ended;
  }
}

interface Member {
  readonly client: FtpClient;
  /** Of the worker. */
  readonly pid: number;
}

/** A client that is logged in, and who serves it. */
async function member(port: number, username = "user"): Promise<Member> {
  const client = await FtpClient.connect({ hostname: "127.0.0.1", port });
  const { raw } = await client.expect(null, 220);
  await client.expect(`USER ${username}`, 331);
  await client.expect("PASS pass", 230);
  await client.expect("TYPE I", 200);
  return { client, pid: Number(raw.split(" ")[2]) };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test("sessions are spread over processes, and files go through", async () => {
  await using pool = await Pool.start();
  const members = [];
  for (let count = 0; count < 6; count++) members.push(await member(pool.port));
  const pids = members.map(({ pid }) => pid);
  expect(new Set(pids)).toEqual(new Set(pool.pids));
  for (const pid of pool.pids) {
    expect(pids.filter((other) => other === pid)).toHaveLength(3);
  }
  await Promise.all(members.map(async ({ client }, number) => {
    await client.store(`STOR up-${number}.bin`, content);
    const back = await client.retrieve(`RETR up-${number}.bin`);
    expect(back.equals(content)).toBe(true);
  }));
  expect((await pool.ask("pids"))["sessions"]).toBe(6);
  for (const { client } of members) await client.quit();
  const record = await pool.logged("logged in");
  expect(record.session?.username).toBe("user");
}, 60_000);

test("limits count the sessions and data of all workers together", async () => {
  await using pool = await Pool.start({
    maxConnections: 6,
    maxConnectionsPerAddress: 4,
  });
  const members = [];
  for (let count = 0; count < 4; count++) members.push(await member(pool.port));
  const fifth = await FtpClient.connect({
    hostname: "127.0.0.1",
    port: pool.port,
  });
  expect((await fifth.expect(null, 421)).raw)
    .toBe("421 Too many connections from the same IP address.");
  fifth.destroy();
  // Two places are left for data, whichever worker asks for them.
  await members[0]!.client.expect("PASV", 227);
  await members[1]!.client.expect("PASV", 227);
  await members[2]!.client.expect("PASV", 425);
  await members[0]!.client.expect("ABOR", 225);
  await members[2]!.client.expect("PASV", 227);
  for (const { client } of members) client.destroy();
  await until(
    "the places are free again",
    async () => (await pool.ask("pids"))["sessions"] === 0,
  );
  const again = await member(pool.port);
  await again.client.quit();
  await pool.logged("refused: Too many connections from the same IP address.");
}, 60_000);

test("a user's sessions are counted over all workers", async () => {
  await using pool = await Pool.start();
  const first = await member(pool.port, "few");
  const second = await member(pool.port, "few");
  expect(first.pid).not.toBe(second.pid);
  const client = await FtpClient.connect({
    hostname: "127.0.0.1",
    port: pool.port,
  });
  await client.expect(null, 220);
  await client.expect("USER few", 331);
  expect((await client.expect("PASS pass", 530)).raw)
    .toBe("530 Too many sessions of this user.");
  await first.client.quit();
  await until("the place is free", async () => {
    await client.expect("USER few", 331);
    return (await client.cmd("PASS pass")).code === 230;
  });
  client.destroy();
  second.client.destroy();
}, 60_000);

test("a user's rate is one for all workers", async () => {
  await using pool = await Pool.start();
  const members = [
    await member(pool.port, "slow"),
    await member(pool.port, "slow"),
  ];
  expect(members[0]!.pid).not.toBe(members[1]!.pid);
  const part = content.subarray(0, 2_000_000);
  writeFileSync(folder.at("part.bin"), part);
  const timed = async (work: () => Promise<unknown>[]): Promise<number> => {
    const begin = performance.now();
    await Promise.all(work());
    return performance.now() - begin;
  };
  // 4 MB at 2 MB a second, of which a quarter of a second is there at once.
  const down = await timed(() =>
    members.map(async ({ client }) =>
      expect((await client.retrieve("RETR part.bin")).equals(part)).toBe(true)
    )
  );
  expect(down).toBeGreaterThan(1_650);
  expect(down).toBeLessThan(4_000);
  const up = await timed(() =>
    members.map(({ client }, at) => client.store(`STOR up${at}`, part))
  );
  expect(up).toBeGreaterThan(1_500);
  // A worker that dies in the middle leaves the whole rate to the other.
  const dying = await members[0]!.client.openData();
  await members[0]!.client.expect("RETR a.bin", 125, 150);
  process.kill(members[0]!.pid, "SIGKILL");
  await pool.logged("restarting");
  dying.destroy();
  const alone = await timed(
    () => [members[1]!.client.retrieve("RETR part.bin")],
  );
  expect(alone).toBeLessThan(1_700);
  for (const { client } of members) client.destroy();
}, 60_000);

test("a range of passive ports holds across workers", async () => {
  // Below those that the system hands out.
  const from = 20_000 + Math.floor(Math.random() * 9_000);
  await using pool = await Pool.start({
    data: { passivePorts: { from, to: from + 1 } },
  });
  const members = [await member(pool.port), await member(pool.port)];
  const ports = [];
  for (const { client } of members) {
    const { raw } = await client.expect("EPSV", 229);
    ports.push(Number(/\|(\d+)\|/.exec(raw)?.[1]));
  }
  expect(ports.sort()).toEqual([from, from + 1]);
  for (const { client } of members) client.destroy();
}, 60_000);

test.each(["CRASH", "THROW"])(
  "after SITE %s the worker's sessions end and another takes its place",
  async (how) => {
    await using pool = await Pool.start();
    const members = [await member(pool.port), await member(pool.port)];
    const [doomed, other] = members as [Member, Member];
    expect(doomed.pid).not.toBe(other.pid);
    await doomed.client.send(`SITE ${how}`);
    await doomed.client.closed;
    await other.client.expect("NOOP", 200);
    await pool.logged(`worker (pid ${doomed.pid})`);
    await until("another worker is there", async () => {
      const { pids } = await pool.ask("pids");
      return (pids as number[]).length === 2;
    }, 10_000);
    const { pids } = await pool.ask("pids");
    expect(pids).not.toContain(doomed.pid);
    const fresh = await member(pool.port);
    expect(fresh.pid).not.toBe(other.pid);
    expect((await fresh.client.retrieve("RETR a.bin")).equals(content))
      .toBe(true);
    for (const { client } of [fresh, other]) client.destroy();
  },
  60_000,
);

test("code that blocks one worker does not stop the other", async () => {
  await using pool = await Pool.start();
  const [one, other] = [await member(pool.port), await member(pool.port)];
  const blocked = one.client.cmd("SITE BLOCK");
  const begun = performance.now();
  for (let count = 0; count < 20; count++) {
    await other.client.expect("NOOP", 200);
  }
  expect(performance.now() - begun).toBeLessThan(1_500);
  expect((await blocked).code).toBe(200);
  for (const { client } of [one, other]) client.destroy();
}, 60_000);

test("sessions of all workers are seen, and each can be ended", async () => {
  await using pool = await Pool.start();
  const members = [];
  for (let count = 0; count < 4; count++) members.push(await member(pool.port));
  const [, busy] = members as [Member, Member];
  await busy.client.expect(`ALLO ${content.length}`, 202);
  const data = await busy.client.openData();
  await busy.client.expect("STOR half.bin", 125, 150);
  await data.write(content.subarray(0, 1_000_000));
  const seen = async (): Promise<readonly SessionSnapshot[]> =>
    (await pool.ask("sessions"))["sessions"] as readonly SessionSnapshot[];
  await until(
    "the bytes are seen",
    async () => (await seen())[1]?.transfer?.bytes === 1_000_000,
  );
  const sessions = await seen();
  expect(sessions.map(({ id, username }) => `${id} ${username}`))
    .toEqual(["1 user", "2 user", "3 user", "4 user"]);
  expect(sessions[1]).toMatchObject({
    remote: { hostname: "127.0.0.1" },
    loggedIn: true,
    command: "STOR half.bin",
    transfer: { direction: "receive", totalBytes: content.length },
  });
  expect(await pool.ask("disconnect 2")).toEqual({ found: true });
  await busy.client.closed;
  await pool.logged("STOR");
  expect((await pool.logged("completed=0")).session?.id).toBe(2);
  // The end of the transfer is logged a moment before that of the session.
  await until(
    "the session is gone",
    async () => (await seen()).every(({ id }) => id !== 2),
  );
  expect((await seen()).map(({ id }) => id)).toEqual([1, 3, 4]);
  expect(await pool.ask("disconnect 2")).toEqual({ found: false });
  for (const { client } of members) client.destroy();
}, 60_000);

test("a worker that hangs and ends keeps nobody waiting for ever", async () => {
  await using pool = await Pool.start();
  const [one, other] = [await member(pool.port), await member(pool.port)];
  await one.client.send("SITE BLOCK");
  const asked = pool.ask("sessions");
  await other.client.expect("NOOP", 200);
  process.kill(one.pid, "SIGKILL");
  const sessions = (await asked)["sessions"] as readonly SessionSnapshot[];
  expect(sessions.map(({ id }) => id)).toEqual([2]);
  other.client.destroy();
}, 60_000);

test.skipIf(process.platform !== "linux" || serverKind() === "bun")(
  "workers are told to keep what V8 has compiled",
  async () => {
    await using pool = await Pool.start();
    expect(pool.pids).toHaveLength(2);
    for (const pid of pool.pids) {
      const command = readFileSync(`/proc/${pid}/cmdline`, "utf8");
      expect(command).toContain("--no-memory-reducer");
    }
  },
);

test("closing lets transfers end and leaves no process", async () => {
  await using pool = await Pool.start({ data: { downloadRate: 8_000_000 } });
  const [busy, idle] = [await member(pool.port), await member(pool.port)];
  const data = await busy.client.openData();
  await busy.client.expect("RETR a.bin", 125, 150);
  const all = data.readAll();
  pool.say("close 20000");
  await idle.client.expect(null, 421);
  expect((await all).equals(content)).toBe(true);
  await busy.client.expect(null, 226);
  await busy.client.closed;
  expect(await pool.ask("")).toEqual({ closed: true });
  for (const pid of pool.pids) expect(isAlive(pid)).toBe(false);
}, 60_000);

test("TLS works in workers, and sessions are resumed within one", async () => {
  // What a runtime's own TLS cannot promise everywhere.
  const bound = opensslLibrary() === null ? {} : { resumption: "required" };
  await using pool = await Pool.start({
    data: { tls: { config: SERVER, ...bound } },
  });
  for (let count = 0; count < 4; count++) {
    using client = await FtpsClient.login(pool.port);
    const { content: all } = await client.retrieve("RETR a.bin");
    expect(all.equals(content)).toBe(true);
  }
}, 60_000);

test("TLS that comes by a change binds sessions, too", async () => {
  const bound = opensslLibrary() === null ? {} : { resumption: "required" };
  await using pool = await Pool.start();
  const tls = JSON.stringify({ tls: { config: SERVER, ...bound } });
  expect(await pool.ask(`reconfigure ${tls}`)).toEqual({ changed: true });
  using client = await FtpsClient.login(pool.port);
  const { content: all } = await client.retrieve("RETR a.bin");
  expect(all.equals(content)).toBe(true);
}, 60_000);

/** The greetings of so many clients. */
async function greetings(
  port: number,
  count: number,
): Promise<readonly string[]> {
  const texts = [];
  const clients = [];
  for (let number = 0; number < count; number++) {
    const client = await FtpClient.connect({ hostname: "127.0.0.1", port });
    clients.push(client);
    texts.push((await client.expect(null, 220)).raw.trim());
  }
  for (const client of clients) client.destroy();
  return texts;
}

async function replaced(pool: Pool): Promise<void> {
  await until(
    "all workers are there",
    async () => ((await pool.ask("pids"))["pids"] as number[]).length === 2,
    10_000,
  );
}

test("other options hold for a worker that is replaced meanwhile", async () => {
  await using pool = await Pool.start({ data: { banner: "old" } });
  const [doomed, slow] = pool.pids as [number, number];
  const gate = folder.at("gate-replaced");
  process.kill(doomed, "SIGKILL");
  await pool.logged("restarting");
  pool.say(
    `reconfigure ${JSON.stringify({ banner: "new", gate, waits: [slow] })}`,
  );
  await replaced(pool);
  writeFileSync(gate, "");
  expect(await pool.answer()).toEqual({ changed: true });
  expect(await greetings(pool.port, 4)).toEqual(Array(4).fill("220 new"));
}, 60_000);

test("other options that one worker refuses hold nowhere", async () => {
  await using pool = await Pool.start({ data: { banner: "old" } });
  const refuses = [pool.pids[1]];
  const changed = JSON.stringify({ banner: "new", refuses });
  expect(await pool.ask(`reconfigure ${changed}`))
    .toEqual({ error: "not with this worker" });
  expect(await greetings(pool.port, 4)).toEqual(Array(4).fill("220 old"));
  process.kill(pool.pids[0]!, "SIGKILL");
  await pool.logged("restarting");
  await replaced(pool);
  expect(await greetings(pool.port, 4)).toEqual(Array(4).fill("220 old"));
}, 60_000);

test("of two changes at once the later one holds", async () => {
  await using pool = await Pool.start({ data: { banner: "old" } });
  const gate = folder.at("gate-order");
  const first = { banner: "first", gate, waits: pool.pids };
  pool.say(`reconfigure ${JSON.stringify(first)}`);
  pool.say(`reconfigure ${JSON.stringify({ banner: "second" })}`);
  await pool.ask("pids"); // Both are under way.
  writeFileSync(gate, "");
  expect(await pool.answer()).toEqual({ changed: true });
  expect(await pool.answer()).toEqual({ changed: true });
  expect(await greetings(pool.port, 4)).toEqual(Array(4).fill("220 second"));
}, 60_000);

test("a client whose worker dies before it took it gets another", async () => {
  await using pool = await Pool.start({ workers: 1 });
  const [doomed] = pool.pids as [number];
  process.kill(doomed, "SIGSTOP");
  const clients = [];
  for (let count = 0; count < 5; count++) {
    clients.push(
      await FtpClient.connect({ hostname: "127.0.0.1", port: pool.port }),
    );
  }
  await until(
    "all have been accepted",
    async () => (await pool.ask("pids"))["sessions"] === 5,
  );
  process.kill(doomed, "SIGKILL");
  // The first was on its way.
  const [first, ...others] = clients as [FtpClient, ...FtpClient[]];
  for (const client of others) await client.expect(null, 220);
  expect((await pool.ask("pids"))["sessions"]).toBe(4);
  for (const client of [first, ...others]) client.destroy();
}, 60_000);

test("a worker that is gone is granted nothing", async () => {
  await using pool = await Pool.start({ workers: 1, maxConnections: 12 });
  const members = [];
  for (let count = 0; count < 6; count++) members.push(await member(pool.port));
  expect(await pool.ask(`doom ${members[0]!.pid}`)).toEqual({ doomed: true });
  for (const { client } of members) await client.send("PASV");
  await pool.logged("restarting");
  for (const { client } of members) await client.closed;
  expect(await greetings(pool.port, 12)).toHaveLength(12);
}, 60_000);

test("closing ends clients that wait for a worker", async () => {
  await using pool = await Pool.start({ workers: 1 });
  process.kill(pool.pids[0]!, "SIGKILL");
  await pool.logged("restarting");
  const client = await FtpClient.connect({
    hostname: "127.0.0.1",
    port: pool.port,
  });
  expect(await pool.ask("close 0")).toEqual({ closed: true });
  await client.closed;
}, 60_000);

test("a module that fails is told at the start", async () => {
  await expect(Pool.start({ data: { fails: true } }))
    .rejects.toThrow("the module does not want to");
  await expect(Pool.start({ workers: 0 }))
    .rejects.toThrow(
      "Cannot use workers 0: must be a whole number of at least 1",
    );
}, 60_000);

test.each([
  ["that have much to say", true],
  ["that say nothing", false],
])("workers %s end with their parent, in silence", async (_, isLoud) => {
  const pool = await Pool.start();
  const members = [await member(pool.port), await member(pool.port)];
  if (isLoud) {
    for (const { client } of members) await client.expect("SITE CHATTER", 200);
    // What the function of a module logs gets to the pool, too.
    await pool.logged("chatter");
  }
  pool.kill();
  for (const { client } of members) await client.closed;
  await until(
    "the workers are gone",
    () => pool.pids.every((pid) => !isAlive(pid)),
  );
  expect(pool.complaints).toBe("");
}, 60_000);

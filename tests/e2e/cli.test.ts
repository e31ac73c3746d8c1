import { spawnSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { USAGE } from "../../lib/cli/usage.ts";
import { VERSION } from "../../lib/cli/version.ts";
import {
  builtCommand,
  Command,
  commandLine,
  type CommandOptions,
} from "../support/command.ts";
import { sampleBytes, TemporaryFolder, until } from "../support/files.ts";
import { type ClientTarget, FtpClient } from "../support/ftp_client.ts";
import type { DataChannel } from "../support/data_channel.ts";
import { FtpsClient } from "../support/ftps_client.ts";
import { OTHER, SERVER } from "../support/tls_certificates.ts";

const cleanUps: (() => void | Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

/** Runs the command; it is gone after the test. */
function run(line: string, options?: CommandOptions): Command {
  const args = line === "" ? [] : line.split(" ");
  const command = new Command(args, options);
  cleanUps.push(() => command.close());
  return command;
}

/** Begins to fetch `big`; some of it has arrived already. */
async function download(command: Command): Promise<{
  readonly target: ClientTarget;
  readonly client: FtpClient;
  readonly data: DataChannel;
}> {
  const target = await command.listening();
  const client = await FtpClient.login(target, "anonymous", "");
  const data = await client.openData();
  await client.expect("RETR big", 125, 150);
  await until("data arrives", () => data.received > 0);
  return { target, client, data };
}

function folder(): string {
  const temporary = new TemporaryFolder();
  cleanUps.push(() => temporary.remove());
  return temporary.path;
}

beforeAll(() => {
  commandLine(); // Builds for Node once, outside the time of a test.
}, 60_000);

describe("anyftpd, told wrong things", () => {
  test("prints help and version on standard output", async () => {
    const help = run("--help");
    const version = run("-v");
    expect(await help.exit).toBe(0);
    expect(help.stdout).toBe(USAGE);
    expect(help.stderr).toBe("");
    expect(await version.exit).toBe(0);
    expect(version.stdout).toBe(`anyftpd ${VERSION}\n`);
  });

  test("answers wrong options with one line, a hint and 2", async () => {
    const command = run("--nope");
    expect(await command.exit).toBe(2);
    expect(command.stderr).toBe(
      "anyftpd: error: unknown option: --nope\nTry 'anyftpd --help'\n",
    );
    expect(command.stdout).toBe("");
  });

  test("answers a missing folder with one line and 2", async () => {
    const command = run("/no/such/folder");
    expect(await command.exit).toBe(2);
    expect(command.stderr).toBe(
      'anyftpd: error: Cannot share "/no/such/folder": no such directory\n',
    );
  });

  test("answers a missing password file with one line and 2", async () => {
    const command = run("-u bob --password-file /no/such/file");
    expect(await command.exit).toBe(2);
    expect(command.stderr).toBe(
      'anyftpd: error: Cannot read "/no/such/file": no such file or ' +
        "directory\n",
    );
  });

  test("answers a port in use with one line and 1", async () => {
    const taken = createServer();
    await new Promise<void>((done) => taken.listen(0, "127.0.0.1", done));
    cleanUps.push(() => void taken.close());
    const { port } = taken.address() as { port: number };
    const command = run(`-q -i 127.0.0.1 -p ${port}`);
    expect(await command.exit).toBe(1);
    expect(command.stderr).toBe(
      `anyftpd: error: Cannot listen on 127.0.0.1:${port}: address in use\n`,
    );
  });
});

describe("anyftpd serving", () => {
  test("shares a folder with a user and stops on SIGTERM", async () => {
    const path = folder();
    const secret = join(folder(), "secret");
    writeFileSync(secret, "pass word\n");
    const command = run(`-w -p 0 -u user --password-file ${secret}`, {
      cwd: path,
    });
    const client = await FtpClient.login(
      await command.listening(),
      "user",
      "pass word",
    );
    await client.store("STOR a.bin", "hello");
    expect(readFileSync(join(path, "a.bin"), "utf8")).toBe("hello");
    await client.quit();
    command.signal("SIGTERM");
    expect(await command.exit).toBe(0);
    expect(command.stdout).toBe("");
    expect(command.stderr).toMatch(
      / 127\.0\.0\.1:\d+-\[user\] STOR \S+a\.bin completed=1 bytes=5 seconds=/,
    );
    expect(command.stderr).toContain(`sharing ${path} (read and write, user`);
    expect(command.stderr).toMatch(/^ {4}ftp:\/\/user@127\.0\.0\.1:\d+\/$/m);
    expect(command.stderr).toContain("received termination signal\n");
    expect(command.stderr).toMatch(/>>> shutting down FTP server, .* <<<\n/);
    expect(command.stderr).not.toContain("pass word");
    expect(command.stderr).not.toContain("\x1b");
  });

  test("lets a transfer finish after Ctrl-C, but no new client in", async () => {
    const path = folder();
    writeFileSync(join(path, "big"), sampleBytes(200_000));
    const command = run(`-i 127.0.0.1 -p 0 --download-rate 200K ${path}`);
    const { target, client, data } = await download(command);
    command.signal("SIGINT");
    await command.logs("waiting up to 10 s for 1 transfer(s)");
    await expect(FtpClient.connect(target)).rejects.toThrow();
    expect((await data.readAll()).length).toBe(200_000);
    await client.expect(null, 226);
    expect(await command.exit).toBe(0);
  });

  test("cuts transfers off when the time of --grace is over", async () => {
    const path = folder();
    writeFileSync(join(path, "big"), sampleBytes(200_000));
    const command = run(`-p 0 --download-rate 1K --grace 0.3 ${path}`);
    const { client, data } = await download(command);
    command.signal("SIGTERM");
    expect(await command.exit).toBe(0);
    expect(command.stderr).toContain("RETR ");
    expect(command.stderr).toContain("completed=0");
    data.destroy();
    client.destroy();
  });

  test("stops at once after the second Ctrl-C", async () => {
    const path = folder();
    writeFileSync(join(path, "big"), sampleBytes(200_000));
    const command = run(`-p 0 --download-rate 1K ${path}`);
    const { client, data } = await download(command);
    command.signal("SIGINT");
    await command.logs("waiting up to 10 s");
    const start = performance.now();
    command.signal("SIGINT");
    expect(await command.exit).toBe(130);
    expect(performance.now() - start).toBeLessThan(3000);
    expect(command.stderr).toContain("stopping at once\n");
    data.destroy();
    client.destroy();
  });

  test("goes on when nobody reads its log any more", async () => {
    const command = run(`-D -p 0 ${folder()}`);
    const target = await command.listening();
    command.child.stderr!.destroy();
    for (let round = 0; round < 3; round++) {
      const client = await FtpClient.login(target, "anonymous", "");
      await client.quit();
    }
    command.signal("SIGTERM");
    expect(await command.exit).toBe(0);
  });

  test("logs JSON lines, coloured lines, or what is asked for", async () => {
    const json = run(`--json -p 0 ${folder()}`, { env: { FORCE_COLOR: "1" } });
    await until("JSON is logged", () => json.stderr.includes('"urls"'));
    json.signal("SIGINT");
    expect(await json.exit).toBe(0);
    for (const line of json.stderr.trimEnd().split("\n")) {
      expect(JSON.parse(line)).toHaveProperty("message");
    }
    const coloured = run(`-p 0 ${folder()}`, { env: { FORCE_COLOR: "1" } });
    await coloured.listening();
    expect(coloured.stderr.startsWith("\x1b[32m[I ")).toBe(true);
  });
});

describe("anyftpd over TLS", () => {
  /** SHA-256 of the certificate that a new client is shown. */
  function shown(port: number): string {
    // Deno's own client resumes sessions unasked, and shows the old one.
    const { stdout } = spawnSync("openssl", [
      ...["s_client", "-starttls", "ftp", "-connect", `127.0.0.1:${port}`],
    ], { input: "", encoding: "utf8" });
    return new X509Certificate(stdout).fingerprint256;
  }

  /** Downloads `big` from a port; answers the fingerprint of who served. */
  async function served(port: number): Promise<string> {
    const client = new FtpsClient(port);
    await client.expect(null, 220);
    await client.expect("AUTH TLS", 234);
    const secure = await client.secure();
    await client.expect("USER anonymous", 331);
    await client.expect("PASS x", 230);
    await client.expect("PBSZ 0", 200);
    await client.expect("PROT P", 200);
    await client.expect("TYPE I", 200);
    const { content } = await client.retrieve("RETR big");
    expect(content).toHaveLength(100_000);
    client[Symbol.dispose]();
    return secure.getPeerCertificate().fingerprint256;
  }

  test("makes a certificate once and shows its fingerprint", async () => {
    const shared = folder();
    writeFileSync(join(shared, "big"), sampleBytes(100_000));
    const env = { XDG_STATE_HOME: folder() };
    const prints: string[] = [];
    for (let round = 0; round < 2; round++) {
      const command = run(`--tls -p 0 -i 127.0.0.1 ${shared}`, { env });
      const { port } = await command.listening();
      await command.logs("SHA-256 fingerprint: ");
      const print = /SHA-256 fingerprint: (\S+)/.exec(command.stderr)?.[1];
      expect(await served(port)).toBe(print);
      prints.push(print!);
      command.signal("SIGTERM");
      expect(await command.exit).toBe(0);
    }
    expect(prints[0]).toBe(prints[1]);
  }, 30_000);

  test("serves a given certificate, and a renewed one", async () => {
    const shared = folder();
    writeFileSync(join(shared, "big"), sampleBytes(100_000));
    const [cert, key] = [join(folder(), "cert.pem"), join(folder(), "key.pem")];
    writeFileSync(cert, SERVER.cert);
    writeFileSync(key, SERVER.key);
    const command = run(
      `--certfile ${cert} --keyfile ${key} -p 0 -i 127.0.0.1 ${shared}`,
    );
    const { port } = await command.listening();
    const first = shown(port);
    await served(port);
    writeFileSync(cert, OTHER.cert);
    command.signal("SIGHUP");
    await command.logs("does not fit the certificate");
    expect(shown(port)).toBe(first);
    writeFileSync(key, OTHER.key);
    command.signal("SIGHUP");
    await command.logs("certificate read again.");
    expect(shown(port)).not.toBe(first);
    await served(port);
    command.signal("SIGTERM");
    expect(await command.exit).toBe(0);
  }, 30_000);

  test("answers a wrong certificate with one line and 2", async () => {
    const command = run("--certfile /no/such.pem .");
    expect(await command.exit).toBe(2);
    expect(command.stderr)
      .toBe("anyftpd: error: Cannot read /no/such.pem: no such file\n");
  });
});

describe("anyftpd in several processes", () => {
  /** Numbers of the command's own processes. */
  function workersOf(command: Command): readonly number[] {
    const { stdout } = spawnSync("pgrep", ["-P", String(command.child.pid)], {
      encoding: "utf8",
    });
    return stdout.trim().split("\n").filter(Boolean).map(Number);
  }

  test("serves, counts and stops as one", async () => {
    const shared = folder();
    writeFileSync(join(shared, "big"), sampleBytes(3_000_000));
    const command = run(
      "--concurrency pre-fork --workers 2 -i 127.0.0.1 -p 0 -w " +
        "-u ann -P secret --max-cons-per-ip 3",
      { cwd: shared },
    );
    const target = await command.listening();
    expect(command.stderr).toContain("concurrency model: pre-fork\n");
    await until("two workers", () => workersOf(command).length === 2);
    const clients = [];
    for (let count = 0; count < 3; count++) {
      clients.push(await FtpClient.login(target, "ann", "secret"));
    }
    const fourth = await FtpClient.connect(target);
    await fourth.expect(null, 421);
    fourth.destroy();
    for (const client of clients) {
      expect(await client.retrieve("RETR big")).toHaveLength(3_000_000);
    }
    expect(command.stderr).toContain("USER 'ann' logged in.");
    const [doomed] = workersOf(command);
    process.kill(doomed!, "SIGKILL");
    await command.logs(`worker (pid ${doomed}) killed by signal SIGKILL`);
    await until("a new worker", () => {
      const workers = workersOf(command);
      return workers.length === 2 && !workers.includes(doomed!);
    });
    const workers = workersOf(command);
    command.signal("SIGTERM");
    expect(await command.exit).toBe(0);
    for (const pid of workers) {
      expect(() => process.kill(pid, 0)).toThrow();
    }
    for (const client of clients) client.destroy();
  }, 60_000);

  test("answers a folder that is not there before any worker starts", async () => {
    const command = run("--concurrency multi-proc /no/such/folder");
    expect(await command.exit).toBe(2);
    expect(command.stderr).toBe(
      'anyftpd: error: Cannot share "/no/such/folder": no such directory\n',
    );
  });
});

describe("the module of the command", () => {
  test("starts nothing when it is imported", () => {
    const [program, ...first] = commandLine();
    const module = JSON.stringify(first[first.length - 1]);
    const code = `const cli = await import(${module});` +
      "console.log(Object.keys(cli).join());";
    const script = join(folder(), "import.mjs");
    writeFileSync(script, code);
    const result = spawnSync(program, [...first.slice(0, -1), script], {
      encoding: "utf8",
      timeout: 15_000,
    });
    expect(result.stdout).toBe("PermissionError,TextSyntaxError,main\n");
    expect(result.status).toBe(0);
  });

  test("starts through a link, as npm makes it", () => {
    const link = join(folder(), "anyftpd");
    symlinkSync(builtCommand(), link);
    const result = spawnSync("node", [link, "--version"], { encoding: "utf8" });
    expect(result.stdout).toBe(`anyftpd ${VERSION}\n`);
    expect(result.status).toBe(0);
  });
});

import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { hashPassword } from "../../lib/auth/password.ts";
import { Command } from "../support/command.ts";
import { TemporaryFolder, until } from "../support/files.ts";
import { FtpClient } from "../support/ftp_client.ts";
import { requireProgram, run } from "../support/program.ts";
import { runtimeProgram } from "../support/runtimes.ts";
import { cleanEnvironment } from "./_packed.ts";

const CLI = fileURLToPath(new URL("../../cli.ts", import.meta.url));
const LOCAL = ["-i", "127.0.0.1", "-p", "0"];

/** Deno throws away what is typed as fast as no person types. */
const THINKING_MS = 300;

let folder: TemporaryFolder;
let commands: Command[] = [];

beforeEach(() => {
  folder = new TemporaryFolder();
  writeFileSync(folder.at("hello.txt"), "hello");
});
afterEach(async () => {
  for (const command of commands) await command.close();
  commands = [];
  folder.remove();
});

/** Starts the command on Deno with no more than the given permissions. */
function start(
  permissions: readonly string[],
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Command {
  const command = new Command(args, {
    program: [runtimeProgram("deno"), "run", "--no-lock", ...permissions, CLI],
    cwd: folder.path,
    env: { ...cleanEnvironment(), ...env },
  });
  commands.push(command);
  return command;
}

/** The same at a terminal; `Command.stdout` is what it shows. */
function startAtTerminal(
  permissions: readonly string[],
  args: readonly string[],
): Command {
  const command = new Command([...permissions, CLI, ...args], {
    program: [
      requireProgram("python3", "python3"),
      "-c",
      "import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)",
      runtimeProgram("deno"),
      "run",
      "--no-lock",
    ],
    cwd: folder.path,
    env: { ...cleanEnvironment(), TERM: "xterm" },
    stdin: "pipe",
  });
  commands.push(command);
  return command;
}

/** The questions that Deno asked. */
function questions(command: Command): readonly string[] {
  const shown = stripVTControlCharacters(command.stdout);
  return [...shown.matchAll(/Deno requests ([^\r\n]*)\./g)]
    .map((match) => match[1]!);
}

/** Answers the questions of Deno as they come, until `done`. */
async function answer(
  command: Command,
  letter: "y" | "n",
  done: () => boolean,
): Promise<void> {
  let answered = 0;
  let askedAt = Infinity;
  try {
    await until("the command goes on", () => {
      const asked = command.stdout.split("Allow?").length - 1;
      if (asked > answered) askedAt = Math.min(askedAt, performance.now());
      if (performance.now() - askedAt > THINKING_MS) {
        answered++;
        askedAt = Infinity;
        command.child.stdin!.write(`${letter}\n`);
      }
      return done();
    }, 10_000);
  } catch (error) {
    throw new Error(`Cannot go on: it shows ${command.stdout}`, {
      cause: error,
    });
  }
}

/** The options that the hint of a refused command names. */
function hinted(command: Command): string[] {
  const hint = /^Add to 'deno run': (.+)$/m.exec(command.stderr);
  return hint![1]!.split(" ");
}

/** All that a client may do to make a server do things. */
async function exercise(command: Command): Promise<void> {
  const client = await FtpClient.login(
    await command.listening(),
    "anonymous",
    "",
  );
  for (const mode of ["PASV", "EPSV", "PORT", "EPRT"] as const) {
    expect(await client.list("LIST", mode)).toHaveLength(1);
    expect(String(await client.retrieve("RETR hello.txt", mode))).toBe("hello");
  }
  await client.list("MLSD");
  for (const line of ["STAT hello.txt", "SIZE hello.txt", "CWD /nowhere"]) {
    await client.cmd(line);
  }
  for (const line of ["DELE ../../etc/passwd", "MKD x", "SIZE /etc/passwd"]) {
    expect((await client.cmd(line)).code).toBe(550);
  }
  await client.quit();
}

async function stop(command: Command): Promise<void> {
  process.kill(command.child.pid!, "SIGTERM");
  expect(await command.exit).toBe(0);
}

describe("with a users file", () => {
  const line = [...LOCAL, "--users", "users.json"];
  beforeEach(async () => {
    const password = await hashPassword("secret", { iterations: 10 });
    mkdirSync(folder.at("ann"));
    const ann = { password, permissions: "elrw", directory: "ann" };
    writeFileSync(folder.at("users.json"), JSON.stringify({ users: { ann } }));
  });

  test("its folders are asked for, as far as users may write", async () => {
    const command = start(
      ["--allow-net", `--allow-read=${folder.path}`],
      line,
    );
    expect(await command.exit).toBe(1);
    expect(hinted(command)).toEqual([`--allow-write=${folder.at("ann")}`]);
  });

  test("what it hints at is enough", async () => {
    const command = start([
      "--allow-net",
      `--allow-read=${folder.path}`,
      `--allow-write=${folder.at("ann")}`,
    ], line);
    const target = await command.listening();
    const client = await FtpClient.login(target, "ann", "secret");
    await client.store("STOR a", "hello");
    await client.quit();
    await stop(command);
  });
});

describe("without permissions", () => {
  test("the command ends with one line, a hint and 1", async () => {
    const command = start([], ["-w", "-u", "ann"]);
    expect(await command.exit).toBe(1);
    expect(command.stderr).toBe(
      "anyftpd: error: Cannot start: Deno was not allowed to use the " +
        `network, to read ${folder.path}, to write to ${folder.path}, ` +
        "to read the variable ANYFTPD_PASSWORD\n" +
        `Add to 'deno run': --allow-net --allow-read=${folder.path} ` +
        `--allow-write=${folder.path} --allow-env=ANYFTPD_PASSWORD\n`,
    );
    expect(command.stdout).toBe("");
  });

  test("help and version need none", async () => {
    for (const option of ["--help", "--version"]) {
      const command = start([], [option]);
      expect(await command.exit).toBe(0);
      expect(command.stdout).toMatch(/anyftpd/);
      expect(command.stderr).toBe("");
    }
  });

  test("a wrong command line is told first", async () => {
    const command = start([], ["--nope"]);
    expect(await command.exit).toBe(2);
    expect(command.stderr).toContain("unknown option: --nope\n");
  });
});

describe("what the hint names is enough", () => {
  test("to share a folder read-only", async () => {
    const refused = start([], LOCAL);
    await refused.exit;
    const permissions = hinted(refused);
    expect(permissions).toEqual([
      "--allow-net=127.0.0.1",
      `--allow-read=${folder.path}`,
    ]);
    const command = start(permissions, LOCAL);
    await exercise(command);
    await stop(command);
  });

  test("to let a user write, whose password is in the environment", async () => {
    const args = [...LOCAL, "-w", "-u", "ann"];
    const refused = start([], args);
    await refused.exit;
    const permissions = hinted(refused);
    expect(permissions).toHaveLength(4);
    const command = start(permissions, args, { ANYFTPD_PASSWORD: "secret" });
    const client = await FtpClient.login(
      await command.listening(),
      "ann",
      "secret",
    );
    await client.store("STOR a.txt", "new");
    await client.store("APPE a.txt", "er");
    await client.expect("SITE CHMOD 600 a.txt", 200);
    await client.expect("MFMT 20200102030405 a.txt", 213);
    await client.expect("RNFR a.txt", 350);
    await client.expect("RNTO b.txt", 250);
    await client.expect("MKD d", 257);
    await client.expect("RMD d", 250);
    await client.expect("DELE hello.txt", 250);
    expect(readFileSync(folder.at("b.txt"), "utf8")).toBe("newer");
    await client.quit();
    await stop(command);
  });

  test("to reach the folder by a link, and a password file", async () => {
    const other = new TemporaryFolder();
    try {
      symlinkSync(folder.path, other.at("link"));
      const secret = other.at("secret");
      writeFileSync(secret, "secret\n");
      const args = [...LOCAL, "-u", "ann", "--password-file", secret];
      const permissions: string[] = [];
      for (let round = 0; round < 2; round++) {
        const refused = start(permissions, [...args, other.at("link")]);
        expect(await refused.exit).toBe(1);
        permissions.push(...hinted(refused));
      }
      const command = start(permissions, [...args, other.at("link")]);
      const target = await command.listening();
      const client = await FtpClient.login(target, "ann", "secret");
      expect(await client.list("NLST")).toEqual(["hello.txt"]);
      await client.quit();
      await stop(command);
    } finally {
      other.remove();
    }
  });

  test("to serve every interface to curl", async () => {
    const permissions = ["--allow-net", `--allow-read=${folder.path}`];
    const command = start(permissions, ["-p", "0"]);
    const { port } = await command.listening();
    const curl = requireProgram("curl", "curl");
    const fetched = await run(curl, [
      "-sS",
      `ftp://127.0.0.1:${port}/hello.txt`,
    ]);
    expect(String(fetched.stdout)).toBe("hello");
    expect(command.stderr).toContain(
      "not showing the addresses of this machine: Deno needs " +
        "--allow-sys=networkInterfaces\n",
    );
    await stop(command);
  });
});

describe("without a permission that can be missed", () => {
  test("listings show numbers, with it names", async () => {
    const least = ["--allow-net=127.0.0.1", `--allow-read=${folder.path}`];
    const names = "--allow-read=/etc/passwd,/etc/group";
    const owners: string[] = [];
    for (const permissions of [least, [...least, names]]) {
      const command = start(permissions, LOCAL);
      const target = await command.listening();
      const client = await FtpClient.login(target, "anonymous", "");
      const [line] = await client.list("LIST");
      owners.push(line!.split(/ +/)[2]!);
      await client.quit();
      await stop(command);
    }
    expect(owners[0]).toBe(String(process.getuid!()));
    expect(owners[1]).toMatch(/^[a-z_]/);
  });

  test("data connections fail, and the session goes on", async () => {
    const port = await freePort();
    const command = start(
      [`--allow-net=127.0.0.1:${port}`, `--allow-read=${folder.path}`],
      ["-i", "127.0.0.1", "-p", String(port)],
    );
    const target = await command.listening();
    const client = await FtpClient.login(target, "anonymous", "");
    expect((await client.cmd("PASV")).code).toBeGreaterThanOrEqual(400);
    expect((await client.cmd("EPSV")).code).toBeGreaterThanOrEqual(400);
    await client.expect("NOOP", 200);
    await client.quit();
    await stop(command);
  });
});

describe("at a terminal", () => {
  test("Deno asks once for each thing, and never for a client", async () => {
    const command = startAtTerminal([], LOCAL);
    await answer(command, "y", () => command.stdout.includes("<<<"));
    const asked = questions(command);
    expect(asked).toHaveLength(2);
    expect(asked[0]).toContain("net access");
    expect(asked[1]).toContain("read access");
    command.stderr = command.stdout;
    await exercise(command);
    expect(questions(command)).toEqual(asked);
  });

  test("one no ends the command with one line and a hint", async () => {
    const command = startAtTerminal([], LOCAL);
    let code: number | null = null;
    void command.exit.then((exit) => code = exit);
    await answer(command, "n", () => code !== null);
    expect(code).toBe(1);
    expect(questions(command)).toHaveLength(2);
    expect(command.stdout).toContain("anyftpd: error: Cannot start: ");
    expect(command.stdout).toContain("Add to 'deno run': --allow-net=");
  });

  test("with the options it asks nothing, whatever a client does", async () => {
    const command = startAtTerminal(
      ["--allow-net=127.0.0.1", `--allow-read=${folder.path}`],
      LOCAL,
    );
    await answer(command, "n", () => command.stdout.includes("<<<"));
    command.stderr = command.stdout;
    await exercise(command);
    expect(questions(command)).toEqual([]);
  });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as { readonly port: number };
  await new Promise((done) => server.close(done));
  return port;
}

describe("a program that is asked for logins", () => {
  test("needs what the command says, and no more", async () => {
    writeFileSync(folder.at("who"), "#!/bin/sh\ncat > /dev/null\necho {}\n", {
      mode: 0o755,
    });
    const args = [...LOCAL, "--auth-program", "./who"];
    const least = ["--no-prompt", "--allow-net", `--allow-read=${folder.path}`];
    const refused = start(least, args);
    expect(await refused.exit).toBe(1);
    const flags = /^Add to 'deno run': (.*)$/m
      .exec(stripVTControlCharacters(refused.stderr))?.[1]?.split(" ") ?? [];
    expect(flags).toEqual([
      `--allow-run=${folder.at("who")}`,
      "--allow-env=NODE_V8_COVERAGE",
    ]);
    const server = start([...least, ...flags], args);
    const client = await FtpClient.login(await server.listening(), "ann", "x");
    expect(await client.list("NLST")).toContain("hello.txt");
    await client.quit();
  });
});

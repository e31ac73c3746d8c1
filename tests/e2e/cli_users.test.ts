import {
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { scryptPasswords } from "../../adapters/_scrypt.ts";
import { yescryptPasswords } from "../../adapters/_yescrypt.ts";
import { builtCommand, Command, commandLine } from "../support/command.ts";
import { TemporaryFolder, until } from "../support/files.ts";
import { type ClientTarget, FtpClient } from "../support/ftp_client.ts";
import { requireProgram } from "../support/program.ts";

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

/** Starts the command in the folder; `input` is what is typed into it. */
function start(line: string, input?: string): Command {
  const command = new Command(line.split(" "), {
    cwd: folder.path,
    stdin: input === undefined ? "ignore" : "pipe",
  });
  commands.push(command);
  if (input !== undefined) command.child.stdin!.end(input);
  return command;
}

/** Runs a command that works; answers what it printed. */
async function run(line: string, input?: string): Promise<string> {
  const command = start(line, input);
  expect([await command.exit, command.stderr]).toEqual([0, ""]);
  return command.stdout;
}

async function canLogIn(
  target: ClientTarget,
  name: string,
  password: string,
): Promise<boolean> {
  const client = await FtpClient.connect(target);
  await client.expect(null, 220);
  await client.expect(`USER ${name}`, 331);
  const { code } = await client.cmd(`PASS ${password}`);
  client.destroy();
  return code === 230;
}

test(
  "users are made, let in, changed and kept out by the commands",
  async () => {
    const add = "user add ann --users users.json -w -d ann --quota 8";
    expect(await run(add, "secret\n")).toBe('added user "ann"\n');
    expect(statSync(folder.at("users.json")).mode & 0o777).toBe(0o600);
    expect(readFileSync(folder.at("users.json"), "utf8")).not.toContain(
      "secret",
    );
    mkdirSync(folder.at("ann"));

    const server = start("-i 127.0.0.1 -p 0 --users users.json");
    const target = await server.listening();
    const client = await FtpClient.login(target, "ann", "secret");
    await client.store("STOR a", "hello");
    expect(readFileSync(join(folder.at("ann"), "a"), "utf8")).toBe("hello");
    const data = await client.openData();
    await client.expect("STOR b", 125, 150);
    await data.end(Buffer.from("full"));
    expect(String((await client.reply()).lines)).toContain("Disk quota");
    data.destroy();
    expect(await canLogIn(target, "bob", "secret")).toBe(false);

    await run("user passwd ann --users users.json", "other");
    await until(
      "the new password is known",
      () => canLogIn(target, "ann", "other"),
      15_000,
    );
    expect((await client.cmd("SIZE a")).code).not.toBe(550);

    await run("user del ann --users users.json");
    await until(
      "the session may do nothing more",
      async () => (await client.cmd("CWD /")).code === 550,
      10_000,
    );
    await client.quit();
    server.signal("SIGTERM");
    expect(await server.exit).toBe(0);
    expect(server.stderr).toContain("users read again: 0.");
    expect(server.stderr).not.toContain("secret");
  },
  40_000,
);

test("a quota is right after kill -9 in the middle of uploads", async () => {
  const quota = 2_000_000;
  mkdirSync(folder.at("ann"));
  await run(`user add ann --users u.json -w -d ann --quota ${quota}`, "x");
  const line = "-i 127.0.0.1 -p 0 --users u.json";
  const killed = start(line);
  const target = await killed.listening();
  const used = (): number =>
    readdirSync(folder.at("ann")).reduce(
      (sum, name) => sum + statSync(folder.at("ann", name)).size,
      0,
    );
  const clients = await Promise.all(
    Array.from({ length: 20 }, () => FtpClient.login(target, "ann", "x")),
  );
  const uploads = await Promise.all(clients.map(async (client, at) => {
    const data = await client.openData();
    await client.expect(`STOR ${at}`, 125, 150);
    await data.write(Buffer.alloc(50_000));
    return data;
  }));
  await until("much is there", () => used() > quota / 4);
  killed.signal("SIGKILL");
  await killed.exit;
  for (const upload of uploads) upload.destroy();
  for (const client of clients) client.destroy();

  const server = start(line);
  const client = await FtpClient.login(await server.listening(), "ann", "x");
  const room = quota - used();
  expect(room).toBeGreaterThan(0);
  await client.store("STOR rest", Buffer.alloc(room - 1));
  await client.store("APPE rest", "1");
  const data = await client.openData();
  await client.expect("APPE rest", 125, 150);
  await data.end(Buffer.from("2"));
  expect(String((await client.reply()).lines)).toContain("Disk quota");
  data.destroy();
  expect(used()).toBe(quota);
  await client.quit();
}, 40_000);

test("a broken file does not start, and says where it is broken", async () => {
  writeFileSync(
    folder.at("users.json"),
    '{"users":{"ann":{"password":"secret","sessions":1}}}',
  );
  const server = start("--users users.json");
  expect(await server.exit).toBe(2);
  expect(server.stderr).toBe(
    "anyftpd: error: Cannot use the users file: users.ann.sessions: is not " +
      "known\n",
  );
});

test("a password is typed twice at a terminal, and not shown", async () => {
  const [program, ...first] = commandLine();
  const command = new Command([program, ...first, "hash"], {
    cwd: folder.path,
    stdin: "pipe",
    program: [
      requireProgram("python3", "python3"),
      "-c",
      "import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)",
    ],
  });
  commands.push(command);
  for (const prompt of ["Password: ", "The same again: "]) {
    await until(prompt, () => command.stdout.endsWith(prompt), 10_000);
    command.child.stdin!.write("typex\x7fd\r");
  }
  expect(await command.exit).toBe(0);
  const [, , hash, ...rest] = command.stdout.split("\r\n");
  expect(rest).toEqual([""]);
  expect(command.stdout.slice(0, -(hash!.length + 2)))
    .toBe("Password: \r\nThe same again: \r\n");
  expect(await scryptPasswords.verify(hash!, "typed")).toBe(true);
}, 30_000);

test("a users file in TOML, with a hash of another server", async () => {
  mkdirSync(folder.at("ann"));
  // "password", as htpasswd -B writes it.
  const bcrypt = "$2y$10$abcdefghijklmnopqrstuu5Lo0g67CiD3M4RpN1BmBb4Crp5w7dbK";
  const written = `# Mine.\n[users.ann]\npassword = "${bcrypt}"\n`;
  writeFileSync(folder.at("u.toml"), written);
  await run("user add bob --users u.toml -d ann --quota 8", "secret\n");
  const text = readFileSync(folder.at("u.toml"), "utf8");
  expect(text.startsWith(written)).toBe(true);
  expect(text).toContain("[users.bob.quota]\nbytes = 8\n");
  const target = await start("-i 127.0.0.1 -p 0 --users u.toml").listening();
  expect(await canLogIn(target, "ann", "password")).toBe(true);
  expect(await canLogIn(target, "ann", "Password")).toBe(false);
  expect(await canLogIn(target, "bob", "secret")).toBe(true);
  expect(await run("user del bob --users u.toml")).toBe('removed user "bob"\n');
  // The empty line between the tables stays.
  expect(readFileSync(folder.at("u.toml"), "utf8")).toBe(`${written}\n`);
}, 40_000);

test("hashes of yescrypt let in where the system can be asked", async () => {
  const password = "$y$j9T$uvVd3ZmS4zXq1cG0aB.Pe1$" +
    "TVDdWimGptSIJJI6gx1dpfbmVI1FFAf8zaYbloCbMd0";
  const users = { ann: { password } };
  writeFileSync(folder.at("users.json"), JSON.stringify({ users }));
  const server = start("-i 127.0.0.1 -p 0 --users users.json");
  if (yescryptPasswords.cost(password) === null) {
    expect(await server.exit).toBe(1);
    expect(server.stderr).toContain("yescrypt cannot be checked here");
    return;
  }
  const target = await server.listening();
  expect(await canLogIn(target, "ann", "wrong")).toBe(false);
  expect(await canLogIn(target, "ann", "secret")).toBe(true);
  expect(await canLogIn(target, "bob", "secret")).toBe(false);
}, 30_000);

// What a person sees at a terminal: who is on, and how far transfers are.

import { dirname, extname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { TemporaryFolder } from "../support/files.ts";
import { FtpClient } from "../support/ftp_client.ts";
import { runtimeCommand, serverKind } from "../support/server.ts";
import { Terminal } from "../support/terminal.ts";

const CRASHING = fileURLToPath(
  new URL("../support/servers/crashing_command.mjs", import.meta.url),
);

let folder: TemporaryFolder;
const clients: FtpClient[] = [];

beforeAll(() => {
  runtimeCommand(serverKind()); // Builds for Node once.
}, 60_000);
beforeEach(() => folder = new TemporaryFolder());
afterEach(() => {
  for (const client of clients.splice(0)) client.destroy();
  folder.remove();
});

/** What to type to start the command on the runtime under test. */
function commandLine(args: string, crashing = false): string {
  const { program, parameters, adapter } = runtimeCommand(serverKind());
  const root = dirname(dirname(adapter));
  const extension = extname(adapter);
  const start = crashing
    ? [CRASHING, `${pathToFileURL(root).href}/`, extension.slice(1)]
    : [join(root, `cli${extension}`)];
  return [program, ...parameters, ...start, "-i 127.0.0.1 -p 0 -w", args]
    .join(" ");
}

/** Starts the command in a terminal; answers its port. */
async function serve(terminal: Terminal, line: string): Promise<number> {
  await terminal.type(line);
  const screen = await terminal.shows(
    "the URL",
    (text) => /ftp:\/\/127\.0\.0\.1:\d+\//.test(text),
  );
  return Number(/ftp:\/\/127\.0\.0\.1:(\d+)\//.exec(screen)![1]);
}

async function enter(port: number): Promise<FtpClient> {
  const client = await FtpClient.login(
    { hostname: "127.0.0.1", port },
    "anonymous",
    "",
  );
  clients.push(client);
  return client;
}

/** Begins an upload of a million bytes and sends a quarter of it. */
async function uploadQuarter(port: number, name: string): Promise<void> {
  const client = await enter(port);
  await client.expect("TYPE I", 200);
  await client.expect("ALLO 1000000", 202);
  const data = await client.openData();
  await client.expect(`STOR ${name}`, 125, 150);
  await data.write(Buffer.alloc(250_000));
}

/** How often something is in a text. */
function times(text: string, what: string): number {
  return text.split(what).length - 1;
}

const SUMMARY = "── ";
const BAR = "███░░░░░░░░░  25%";

function open(env: Readonly<Record<string, string>> = {}): Promise<Terminal> {
  return Terminal.open({
    cwd: folder.path,
    columns: 90,
    env: { LC_ALL: "C.UTF-8", ...env },
  });
}

test(
  "sessions and transfers stay below the log, and go at the end",
  async () => {
    await using terminal = await open();
    const port = await serve(terminal, commandLine("--grace 0"));
    expect((await terminal.rows()).join("\n")).not.toContain(SUMMARY);
    await uploadQuarter(port, "half.bin");
    const idle = await enter(port);
    await idle.expect("MKD d", 257);
    await idle.expect("CWD d", 250);
    const screen = await terminal.shows(
      "both sessions",
      (text) => text.includes(BAR) && text.includes("CWD d "),
    );
    const rows = screen.split("\n");
    const at = rows.findIndex((row) => row.startsWith(SUMMARY));
    expect(rows[at]).toMatch(/^── 2 sessions {2}1 transfer {2}↓ 0 B\/s {2}↑ /);
    expect(rows[at + 1]).toMatch(/^↑ anonymous@127\.0\.0\.1 +\/half\.bin +█/);
    expect(rows[at + 2]).toMatch(
      /^ {2}anonymous@127\.0\.0\.1 +CWD d +idle 0:0/,
    );
    expect(rows.slice(at)).toHaveLength(3);
    expect(rows.slice(0, at).join("\n")).toContain("MKD ");
    expect(times(screen, SUMMARY)).toBe(1);
    await terminal.press("C-c");
    const end = await terminal.shows(
      "a prompt",
      (text) => /ready>$/.test(text),
    );
    expect(end).not.toContain(SUMMARY);
    expect(end).not.toContain(BAR);
    expect(end).toMatch(/completed=0 bytes=250000/);
    expect(await terminal.cursor()).toBe("7 1");
  },
  60_000,
);

test("nothing is left when the last session is gone", async () => {
  await using terminal = await open();
  const port = await serve(terminal, commandLine(""));
  const client = await enter(port);
  await terminal.shows("the session", (text) => text.includes("1 session "));
  await client.quit();
  await terminal.shows(
    "no session",
    (text) => text.includes("FTP session closed") && !text.includes(SUMMARY),
  );
}, 60_000);

test("a smaller and a larger terminal show the view once", async () => {
  await using terminal = await open();
  const port = await serve(terminal, commandLine(""));
  await uploadQuarter(port, "a.bin");
  await terminal.shows("the transfer", (text) => text.includes(BAR));
  for (const columns of [44, 130]) {
    await terminal.resize(columns, 24);
    const fits = columns === 44 ? " 25%" : `${BAR}  244 KiB`;
    await terminal.shows(
      `the view in ${columns} columns`,
      (text) => text.includes(fits) && times(text, SUMMARY) === 1,
    );
  }
}, 60_000);

test(
  "Ctrl-Z leaves the terminal to the shell, and fg brings it back",
  async () => {
    await using terminal = await open();
    const port = await serve(terminal, commandLine(""));
    await uploadQuarter(port, "a.bin");
    await terminal.shows("the transfer", (text) => text.includes(BAR));
    await terminal.press("C-z");
    const stopped = await terminal.shows(
      "the shell",
      (text) => /Stopped[^]*ready>$/.test(text),
    );
    expect(stopped).not.toContain(SUMMARY);
    await terminal.type("fg");
    const again = await terminal.shows(
      "the transfer again",
      (text) => text.includes(BAR),
    );
    expect(times(again, SUMMARY)).toBe(1);
  },
  60_000,
);

test("a crash leaves its reason and a clean terminal", async () => {
  await using terminal = await open();
  const port = await serve(terminal, commandLine("", true));
  await uploadQuarter(port, "a.bin");
  const screen = await terminal.shows(
    "the transfer",
    (text) => text.includes(BAR),
  );
  const pid = Number(/pid=(\d+)/.exec(screen)![1]);
  process.kill(pid, "SIGUSR2");
  const end = await terminal.shows("a prompt", (text) => /ready>$/.test(text));
  expect(end).toContain("nobody catches this");
  expect(end).not.toContain(SUMMARY);
  await terminal.type("echo $((6 * 7))");
  await terminal.shows(
    "what is typed, and the answer",
    (text) => /echo \$\(\(6 \* 7\)\)\n42\nready>$/.test(text),
  );
}, 60_000);

test("sessions of all worker processes are shown", async () => {
  await using terminal = await open();
  const port = await serve(
    terminal,
    commandLine("--concurrency multi-proc --workers 2"),
  );
  await uploadQuarter(port, "a.bin");
  await uploadQuarter(port, "b.bin");
  await terminal.shows("both transfers", (text) => times(text, BAR) === 2);
  await terminal.press("C-c");
  await terminal.press("C-c");
  await terminal.shows("a prompt", (text) => /ready>$/.test(text));
}, 60_000);

test.each([
  ["--no-live", {}],
  ["--json", {}],
  ["--debug", { TERM: "dumb" }],
])("there is no view with '%s' %o", async (args, env) => {
  await using terminal = await open(env);
  const port = await serve(terminal, commandLine(args));
  await uploadQuarter(port, "a.bin");
  const client = await enter(port);
  await client.quit();
  const screen = await terminal.shows(
    "the last record",
    (text) => text.includes("FTP session closed"),
  );
  expect(screen).not.toContain(SUMMARY);
}, 60_000);

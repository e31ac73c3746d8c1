// The programs of examples/, each on the runtime under test, used by clients.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { serveWindowsUsers } from "../../examples/windows_users.ts";
import { exampleCommand, startExample } from "../support/example.ts";
import { sampleBytes, until } from "../support/files.ts";
import { FtpClient } from "../support/ftp_client.ts";
import { FtpsClient } from "../support/ftps_client.ts";
import { requireProgram, run } from "../support/program.ts";
import { SERVER } from "../support/tls_certificates.ts";

const HERE = "127.0.0.1";

function target(port: number): { hostname: string; port: number } {
  return { hostname: HERE, port };
}

async function login(port: number): Promise<FtpClient> {
  return await FtpClient.login(target(port), "user", "12345");
}

describe("basic", () => {
  test("one user may write, anonymous may read", async () => {
    await using example = await startExample("basic", {
      files: { "a.txt": "Hello" },
    });
    const client = await login(example.port);
    await client.store("STOR b.txt", "written");
    await client.quit();
    const guest = await FtpClient.login(target(example.port), "anonymous", "x");
    expect(String(await guest.retrieve("RETR b.txt"))).toBe("written");
    await guest.expect("DELE b.txt", 550);
    await guest.quit();
  });

  test("curl is served, the sixth connection of an address is not", async () => {
    await using example = await startExample("basic", {
      files: { "a.txt": "Hello" },
    });
    const curl = requireProgram("curl", "curl");
    const url = `ftp://${HERE}:${example.port}/a.txt`;
    expect((await run(curl, ["-sS", url])).stdout.toString()).toBe("Hello");
    const clients: FtpClient[] = [];
    for (let at = 0; at < 5; at++) clients.push(await login(example.port));
    const sixth = await FtpClient.connect(target(example.port));
    expect((await sixth.reply()).raw).toBe(
      "421 Too many connections from the same IP address.",
    );
    for (const client of [...clients, sixth]) client.destroy();
  });
});

test("log_file: what happens is written to a file", async () => {
  await using example = await startExample("log_file", {
    files: { "a.txt": "Hello" },
  });
  const client = await FtpClient.login(target(example.port), "anonymous", "x");
  await client.retrieve("RETR a.txt");
  await client.quit();
  const log = (): string => readFileSync(example.folder.at("ftpd.log"), "utf8");
  await until("the end is logged", () => log().includes("(disconnect)"));
  expect(log()).toMatch(/^\[I \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\] 127\.0\.0\.1:/);
  expect(log()).toContain("USER 'anonymous' logged in.");
  expect(log()).toMatch(/RETR .*a\.txt completed=1 bytes=5 seconds=/);
  expect(log()).not.toContain("PASS");
});

test("log_file: at debug every command is there, and no password", async () => {
  await using example = await startExample("log_file", {
    replace: { 'logLevel: "info"': 'logLevel: "debug"' },
  });
  const client = await FtpClient.login(
    target(example.port),
    "anonymous",
    "secret",
  );
  await client.quit();
  const log = (): string => readFileSync(example.folder.at("ftpd.log"), "utf8");
  await until("the end is logged", () => log().includes("(disconnect)"));
  expect(log()).toContain("<- PASS ******");
  expect(log()).toContain("-> 221 Goodbye.");
  expect(log()).not.toContain("secret");
});

test("log_prefix: each line begins as it is told", async () => {
  await using example = await startExample("log_prefix");
  const client = await FtpClient.login(target(example.port), "anonymous", "x");
  await client.quit();
  const output = await example.printed("FTP session closed");
  expect(output).toContain("] XXX []@127.0.0.1 FTP session opened (connect)");
  expect(output).toContain(
    "] XXX [anonymous]@127.0.0.1 USER 'anonymous' logged in.",
  );
});

test("hashed_passwords: the right password fits its hash", async () => {
  await using example = await startExample("hashed_passwords");
  const client = await login(example.port);
  await client.store("STOR a.txt", "written");
  await client.quit();
  const stranger = await FtpClient.connect(target(example.port));
  await stranger.expect(null, 220);
  await stranger.expect("USER user", 331);
  await stranger.expect("PASS 12346", 530);
  stranger.destroy();
});

test("worker_processes: clients are spread over the workers", async () => {
  await using example = await startExample("worker_processes", {
    with: ["worker_options"],
    files: { "a.txt": "Hello" },
  });
  const banners = new Set<string>();
  const clients: FtpClient[] = [];
  for (let at = 0; at < 2; at++) {
    const client = await FtpClient.connect(target(example.port));
    banners.add((await client.expect(null, 220)).raw);
    clients.push(client);
  }
  expect(banners.size).toBe(2);
  for (const client of clients) {
    await client.expect("USER user", 331);
    await client.expect("PASS 12345", 230);
    expect(String(await client.retrieve("RETR a.txt"))).toBe("Hello");
    await client.quit();
  }
});

test("throttling: 600 KiB take two seconds, and arrive whole", async () => {
  const content = sampleBytes(600 * 1024);
  await using example = await startExample("throttling", {
    files: { "a.bin": content },
  });
  const client = await login(example.port);
  const begin = performance.now();
  const received = await client.retrieve("RETR a.bin");
  const seconds = (performance.now() - begin) / 1000;
  expect(received.equals(content)).toBe(true);
  // The first burst is free.
  expect(seconds).toBeGreaterThan(0.5);
  await client.quit();
});

test("ftps: nobody gets in without TLS", async () => {
  await using example = await startExample("ftps", {
    files: { "fullchain.pem": SERVER.cert, "privkey.pem": SERVER.key },
  });
  const clear = await FtpClient.connect(target(example.port));
  await clear.expect(null, 220);
  await clear.expect("USER user", 550);
  clear.destroy();
  using client = new FtpsClient(example.port);
  await client.expect(null, 220);
  await client.expect("AUTH TLS", 234);
  await client.secure();
  await client.expect("USER user", 331);
  await client.expect("PASS 12345", 230);
  await client.expect("PASV", 550);
  await client.expect("PBSZ 0", 200);
  await client.expect("PROT P", 200);
  await client.expect("PASV", 227);
});

test("event_callbacks: each event is told, a broken upload removed", async () => {
  await using example = await startExample("event_callbacks", {
    files: { "a.txt": "Hello" },
  });
  const client = await login(example.port);
  await client.retrieve("RETR a.txt");
  await client.store("STOR b.txt", "written");
  const data = await client.openData();
  await client.expect("STOR broken.txt", 125, 150);
  await data.write(Buffer.from("half"));
  await until(
    "the first half is there",
    () => readFileSync(example.folder.at("broken.txt"), "utf8").length === 4,
  );
  await client.expect("ABOR", 426);
  await client.expect(null, 226);
  data.destroy();
  await example.printed("/broken.txt received in part and removed");
  expect(existsSync(example.folder.at("broken.txt"))).toBe(false);
  await client.quit();
  const output = await example.printed("disconnected");
  for (
    const line of [
      "127.0.0.1 connected",
      "user logged in",
      "/a.txt sent 5",
      "/b.txt received 7",
      "user logged out",
    ]
  ) expect(output).toContain(line);
});

test("site_command: a tree is removed, and HELP knows the command", async () => {
  await using example = await startExample("site_command", {
    files: { "tree/a/b.txt": "x", "tree/c.txt": "y", "kept.txt": "z" },
  });
  const client = await login(example.port);
  const help = await client.expect("SITE HELP", 214);
  expect(help.lines.join("\n")).toContain("RMTREE");
  await client.expect("SITE RMTREE", 501);
  await client.expect("SITE RMTREE /", 550);
  await client.expect("SITE RMTREE missing", 550);
  await client.expect("SITE RMTREE tree", 200);
  expect(readdirSync(example.folder.path)).toEqual(["kept.txt"]);
  await client.quit();
});

test("long_task: others are served while an upload is worked on", async () => {
  await using example = await startExample("long_task");
  const client = await login(example.port);
  const other = await login(example.port);
  await client.store("STOR a.txt", "abc");
  await other.expect("NOOP", 200);
  await example.printed(`/a.txt has checksum ${97 + 98 + 99}`);
  await client.quit();
  await other.quit();
});

test("anti_flood: who floods is thrown out and stays out", async () => {
  await using example = await startExample("anti_flood");
  const client = await FtpClient.login(target(example.port), "anonymous", "x");
  await client.send(Array.from({ length: 700 }, () => "NOOP").join("\r\n"));
  let last = await client.reply();
  while (last.code === 200) last = await client.reply();
  expect(last.raw).toBe("550 You are banned for 3600 seconds.");
  await client.closed;
  await example.printed("127.0.0.1 is banned");
  const again = await FtpClient.connect(target(example.port));
  expect((await again.reply()).raw).toBe("550 You are banned.");
  await again.closed;
});

test("daemon: starts, is asked, stops", async () => {
  using command = await exampleCommand("daemon");
  const { program, parameters, folder } = command;
  const daemon = async (...words: string[]): Promise<string> => {
    const result = await run(program, [...parameters, ...words], {
      cwd: folder.path,
    });
    expect(result.code, result.text).toBe(0);
    return result.stdout.toString().trim();
  };
  expect(await daemon("status")).toBe("It does not run");
  const started = await daemon("start", "-i", HERE, "-p", "0");
  const pid = /^Started as (\d+)$/.exec(started)?.[1];
  expect(await daemon("status")).toBe(pid);
  const log = (): string => readFileSync(folder.at("anyftpd.log"), "utf8");
  const port = (): number =>
    Number(/starting FTP server on 127\.0\.0\.1:(\d+)/.exec(log())?.[1] ?? 0);
  await until("the server listens", () => port() > 0, 15_000);
  const client = await FtpClient.login(target(port()), "anonymous", "x");
  await client.quit();
  expect(await daemon("stop")).toBe("Stopped");
  expect(await daemon("status")).toBe("It does not run");
});

test.skipIf(process.platform === "win32")(
  "windows_users: elsewhere it says that there are no such users",
  async () => {
    await expect(serveWindowsUsers(0)).rejects.toThrow(/Windows/);
  },
);

test("every example is run by a test", () => {
  const here = new URL("./", import.meta.url);
  const tests = readdirSync(here).filter((name) => name.endsWith(".test.ts"))
    .map((name) => readFileSync(new URL(name, here), "utf8")).join("\n");
  for (const name of readdirSync(new URL("../../examples/", here))) {
    // Parts of the shim, which its test runs.
    if (/^ftp_srv_(adapter|file_system)\.ts$/.test(name)) continue;
    const stem = name.replace(/\.ts$/, "");
    const isRun = [`"${stem}"`, `examples/${name}`]
      .some((text) => tests.includes(text));
    expect(isRun, name).toBe(true);
  }
});

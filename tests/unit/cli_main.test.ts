import { describe, expect, test } from "vitest";
import { ConfigError } from "../../lib/base/errors.ts";
import { main } from "../../lib/cli/main.ts";
import { USAGE } from "../../lib/cli/usage.ts";
import { VERSION } from "../../lib/cli/version.ts";
import { connectClient, FakeCliHost } from "./cli_fake_host.ts";

/** The start of every log line of the fake clock's first second. */
const PREFIX = /^\[[DIWE] \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\] /gm;

describe("main()", () => {
  test("prints the help on standard output", async () => {
    const host = new FakeCliHost();
    expect(await main(["-w", "--help"], host)).toBe(0);
    expect(host.stdout.text).toBe(USAGE);
    expect(host.stderr.text).toBe("");
  });

  test("prints the version on standard output", async () => {
    const host = new FakeCliHost();
    expect(await main(["--version"], host)).toBe(0);
    expect(host.stdout.text).toBe(`anyftpd ${VERSION}\n`);
    expect(host.stderr.text).toBe("");
  });

  test("has folders opened as --fsync and the file of --config say", async () => {
    for (
      const [line, fsync] of [["", false], ["--fsync", true], [
        "--config a.toml",
        true,
      ]] as const
    ) {
      const host = new FakeCliHost();
      host.textFiles.set("a.toml", "fsync = true");
      const seen: boolean[] = [];
      host.openFolder = (path, options) => {
        seen.push(options.fsync);
        throw new ConfigError(`Cannot share "${path}": as planned`);
      };
      expect(await main(line.split(" ").filter(Boolean), host)).toBe(2);
      expect(seen).toEqual([fsync]);
    }
  });

  for (
    const [line, message] of [
      ["--ssl", "unknown option: --ssl"],
      ["-p", "argument -p/--port: expected one argument"],
      [
        "-u bob",
        "if username (-u) is supplied, a password is required: -P, " +
        "--password-file or ANYFTPD_PASSWORD",
      ],
      [
        "-u bob --password=",
        "argument -P/--password: the password must not " +
        "be empty",
      ],
      [
        "-u bob --password-file empty",
        "argument --password-file: the " +
        "password must not be empty",
      ],
    ] as const
  ) {
    test(`answers one line, a hint and 2 to ${line}`, async () => {
      const host = new FakeCliHost();
      host.textFiles.set("empty", "\nsecret on the second line\n");
      expect(await main(line.split(" "), host)).toBe(2);
      expect(host.stderr.text).toBe(
        `anyftpd: error: ${message}\nTry 'anyftpd --help'\n`,
      );
      expect(host.stdout.text).toBe("");
      expect(host.signalListeners).toBe(0);
    });
  }

  for (
    const [line, message] of [
      ["-d /nope", 'Cannot share "/nope": no such directory'],
      ["/no\nway", 'Cannot share "/no\\x0away": no such directory'],
      ["--encoding zzz", 'Cannot use encoding "zzz": unknown encoding'],
      [
        "-u bob --password-file nope",
        'Cannot read "nope": no such file or ' +
        "directory",
      ],
    ] as const
  ) {
    test(`answers one line and 2 to ${JSON.stringify(line)}`, async () => {
      const host = new FakeCliHost();
      expect(await main(line.split(" "), host)).toBe(2);
      expect(host.stderr.text).toBe(`anyftpd: error: ${message}\n`);
      expect(host.signalListeners).toBe(0);
    });
  }

  test("answers 1 when the port is in use", async () => {
    const host = new FakeCliHost();
    await host.transport.listen({ hostname: "127.0.0.1", port: 2121 });
    expect(await main(["-i", "127.0.0.1", "-q"], host)).toBe(1);
    expect(host.stderr.text).toBe(
      "anyftpd: error: Cannot listen on 127.0.0.1:2121: address in use\n",
    );
    expect(host.signalListeners).toBe(0);
  });

  test("answers 1 when the port is not permitted", async () => {
    const host = new FakeCliHost();
    host.transport.forbiddenPorts.add(21);
    expect(await main(["-p", "21", "-q"], host)).toBe(1);
    expect(host.stderr.text).toMatch(/^anyftpd: error: .*permi.*\n$/);
  });
});

describe("main() serving", () => {
  test("says how it runs, where, and what to type into a client", async () => {
    const host = new FakeCliHost();
    const { exit } = await host.start("");
    expect(host.stderr.text.replace(PREFIX, "")).toBe(
      "concurrency model: async\n" +
        "masquerade (NAT) address: None\n" +
        "passive ports: None\n" +
        ">>> starting FTP server on [::]:2121, pid=4711 <<<\n" +
        "sharing / (read-only, anonymous):\n" +
        "    ftp://192.168.1.5:2121/\n" +
        "    ftp://127.0.0.1:2121/\n",
    );
    expect(host.stderr.text.match(PREFIX)).toHaveLength(5);
    host.stderr.text = "";
    host.signal("SIGINT");
    expect(await exit).toBe(0);
    expect(host.stderr.text.replace(PREFIX, "")).toBe(
      "received interrupt signal\n" +
        ">>> shutting down FTP server, pid=4711, 0 open session(s) <<<\n",
    );
    expect(host.transport.openListeners).toBe(0);
    expect(host.signalListeners).toBe(0);
    expect(host.clock.pending).toBe(0);
    expect(host.stdout.text).toBe("");
  });

  test("names NAT address, ports and user, and never the password", async () => {
    const host = new FakeCliHost();
    const { exit } = await host.start(
      "-D -w -n 203.0.113.5 -r 8000-9000 -u bob -P s3cret -i 127.0.0.1",
    );
    expect(host.stderr.text).toContain("masquerade (NAT) address: 203.0.113.5");
    expect(host.stderr.text).toContain("passive ports: 8000->9000");
    expect(host.stderr.text).toContain("(read and write, user bob)");
    expect(host.stderr.text).toContain("    ftp://bob@127.0.0.1:2121/\n");
    expect(host.stderr.text).toContain("max connections: 512");
    expect(host.stderr.text).toContain("max connections per ip: unlimited");
    const client = await connectClient(host);
    expect(await client.reply()).toMatch(/^220 /);
    await client.ask("USER bob");
    expect(await client.ask("PASS s3cret")).toMatch(/^230 /);
    host.signal("SIGTERM");
    await exit;
    expect(host.stderr.text).toContain("USER 'bob' logged in.");
    expect(host.stderr.text).not.toContain("s3cret");
  });

  test("falls back to IPv4 where there is no IPv6", async () => {
    const host = new FakeCliHost();
    const listen = host.transport.listen.bind(host.transport);
    host.transport.listen = (options) =>
      listen(
        options.hostname === "::"
          ? { ...options, hostname: "192.0.2.1" } // Nothing can listen there.
          : options,
      );
    const { exit } = await host.start("");
    expect(host.stderr.text).toContain("starting FTP server on 0.0.0.0:2121,");
    host.signal("SIGINT");
    expect(await exit).toBe(0);
  });

  test("takes the password from a file, or from the environment", async () => {
    for (const source of ["file", "environment"]) {
      const host = new FakeCliHost();
      host.textFiles.set("secret", "\ufeffs3 cret \r\nnot this\r\n");
      host.env["ANYFTPD_PASSWORD"] = source === "file" ? "wrong" : "s3 cret ";
      const { exit } = await host.start(
        source === "file" ? "-u bob --password-file secret" : "-u bob",
      );
      const client = await connectClient(host);
      await client.reply();
      await client.ask("USER bob");
      expect(await client.ask("PASS s3 cret "), source).toMatch(/^230 /);
      host.signal("SIGINT");
      expect(await exit).toBe(0);
    }
  });

  test("is read-only unless told otherwise", async () => {
    for (const [line, code] of [["", "550"], ["-w", "257"]] as const) {
      const host = new FakeCliHost();
      const { exit } = await host.start(line);
      expect(host.stderr.text.includes("[W ")).toBe(line === "-w");
      const client = await connectClient(host);
      await client.reply();
      await client.ask("USER anonymous");
      await client.ask("PASS x");
      expect(await client.ask("MKD a")).toMatch(new RegExp(`^${code} `));
      host.signal("SIGINT");
      expect(await exit).toBe(0);
    }
  });

  test("closes sessions at once when nothing is transferred", async () => {
    const host = new FakeCliHost();
    const { exit } = await host.start("");
    const client = await connectClient(host);
    await client.reply();
    host.signal("SIGTERM");
    expect(await exit).toBe(0);
    expect(host.stderr.text).toContain("received termination signal\n");
    expect(host.stderr.text).toContain("pid=4711, 1 open session(s) <<<\n");
    await client.reply();
    expect(client.ended).toBe(true);
  });

  test("names the option for foreign data connections on a terminal", async () => {
    for (const isTerminal of [true, false]) {
      const host = new FakeCliHost();
      host.stderr.isTerminal = isTerminal;
      const { exit } = await host.start("");
      const client = await connectClient(host);
      await client.reply();
      await client.ask("USER anonymous");
      await client.ask("PASS x");
      const [, port] = /\|(\d+)\|/.exec(await client.ask("EPSV"))!;
      const stranger = await host.transport.dial({
        hostname: "127.0.0.1",
        port: Number(port),
        from: "10.0.0.9",
      });
      expect(await client.reply()).toMatch(
        /^425 .*foreign address 10\.0\.0\.9/,
      );
      expect(host.stderr.text.includes("--permit-foreign-addresses"))
        .toBe(isTerminal);
      stranger.close();
      host.signal("SIGINT");
      expect(await exit).toBe(0);
    }
  });

  test("writes nothing but warnings when it shall be quiet", async () => {
    const host = new FakeCliHost();
    const { exit } = await host.start("-q");
    const client = await connectClient(host);
    await client.ask("QUIT");
    host.signal("SIGINT");
    expect(await exit).toBe(0);
    expect(host.stderr.text).toBe("");
  });

  test("writes one JSON object per line when asked for", async () => {
    const host = new FakeCliHost();
    host.stderr.isTerminal = true;
    const { exit } = await host.start("--json");
    host.signal("SIGINT");
    expect(await exit).toBe(0);
    const records = host.stderr.text.trimEnd().split("\n")
      .map((line) => JSON.parse(line) as { fields?: { urls?: unknown } });
    expect(records.length).toBeGreaterThan(4);
    expect(records.find(({ fields }) => fields?.urls)?.fields?.urls).toEqual([
      "ftp://192.168.1.5:2121/",
      "ftp://127.0.0.1:2121/",
    ]);
  });

  for (
    const [terminal, env, coloured] of [
      [true, {}, true],
      [false, {}, false],
      [true, { TERM: "dumb" }, false],
      [true, { NO_COLOR: "1" }, false],
      [true, { NO_COLOR: "" }, true],
      [false, { FORCE_COLOR: "1" }, true],
      [true, { FORCE_COLOR: "0" }, false],
      [true, { FORCE_COLOR: "1", NO_COLOR: "1" }, false],
    ] as const
  ) {
    const where = `${terminal ? "on" : "off"} a terminal`;
    test(`${where} with ${JSON.stringify(env)} colours: ${coloured}`, async () => {
      const host = new FakeCliHost();
      host.stderr.isTerminal = terminal;
      Object.assign(host.env, env);
      const { exit } = await host.start("");
      host.signal("SIGINT");
      await exit;
      expect(host.stderr.text.startsWith("\x1b[32m[I ")).toBe(coloured);
      expect(host.stderr.text.includes("\x1b")).toBe(coloured);
    });
  }
});

test("worker processes are told all that the command line says", async () => {
  const host = new FakeCliHost();
  host.env["ANYFTPD_PASSWORD"] = "secret";
  const { exit } = await host.start(
    "--concurrency pre-fork --workers 3 -u bob --max-cons 7",
  );
  expect(host.workersRequests).toMatchObject([{
    workers: 3,
    maxConnections: 7,
    order: {
      options: { username: "bob", maxCons: 7, concurrency: "pre-fork" },
      password: "secret",
      cwd: "/home/ann",
    },
  }]);
  // It goes through JSON.
  const { order } = host.workersRequests[0]!;
  expect(JSON.parse(JSON.stringify(order))).toEqual(order);
  expect(host.stderr.text).toContain("concurrency model: pre-fork\n");
  host.signal("SIGTERM");
  expect(await exit).toBe(0);
});

test("--atomic-uploads leaves what is there until the upload is whole", async () => {
  const host = new FakeCliHost();
  const files = host.folders.get(host.cwd)!;
  files.writeFile("/a", "old");
  const { exit } = await host.start("-w --atomic-uploads");
  const client = await connectClient(host);
  await client.reply();
  for (const line of ["USER anonymous", "PASS x", "TYPE I"]) {
    await client.ask(line);
  }
  const passive = await client.ask("EPSV");
  const port = Number(/\|(\d+)\|/.exec(passive)?.[1]);
  const data = await host.transport.dial({ hostname: "127.0.0.1", port });
  expect(await client.ask("STOR a")).toMatch(/^1/);
  await data.write(new TextEncoder().encode("half"));
  data.reset();
  expect(await client.reply()).toMatch(/^426 /);
  expect(new TextDecoder().decode(files.readFile("/a"))).toBe("old");
  client.close();
  host.signal("SIGTERM");
  await exit;
});

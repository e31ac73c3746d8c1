import { describe, expect, test } from "vitest";
import { settle } from "../../adapters/memory.ts";
import { main } from "../../lib/cli/main.ts";
import type { ServerOptions } from "../../lib/server/options.ts";
import { loadConfig } from "../../lib/cli/config_load.ts";
import { withConfig } from "../../lib/cli/config_overlay.ts";
import { parseCommandLineOptions } from "../../lib/cli/options.ts";
import { serverOptions } from "../../lib/cli/server_options.ts";
import { OPTION_SPECS } from "../../lib/cli/options.ts";
import { MemoryFileSystem } from "../../lib/fs/memory_file_system.ts";
import { FakeCliHost } from "./cli_fake_host.ts";

function hostWith(text: string, name = "a.toml"): FakeCliHost {
  const host = new FakeCliHost();
  host.textFiles.set(name, text);
  return host;
}

/** What `anyftpd check` says: standard output, else the lines of errors. */
async function check(text: string, name = "a.toml"): Promise<string> {
  const host = hostWith(text, name);
  const code = await main(["check", name], host);
  expect(code).toBe(host.stderr.text === "" ? 0 : 2);
  return host.stdout.text +
    host.stderr.text.replaceAll("anyftpd: error: ", "");
}

/** The options of the server for a command line. */
async function optionsFor(
  host: FakeCliHost,
  line: string,
): Promise<Partial<ServerOptions>> {
  const request = parseCommandLineOptions(line === "" ? [] : line.split(" "));
  if (request.kind !== "serve") throw new Error(`asked for ${request.kind}`);
  const { config } = await loadConfig(request.source, host);
  const options = withConfig(request.options, request.given, config);
  const { authorizer: _1, log: _2, ...rest } = serverOptions(
    options,
    { authenticate: () => Promise.resolve(null) },
    () => {},
  );
  return rest;
}

describe("anyftpd check", () => {
  test("says that a file is well", async () => {
    expect(await check("")).toBe("a.toml: ok\n");
    expect(await check("{}", "b.json")).toBe("b.json: ok\n");
    expect(await check("maxConnections = 5\n[[listen]]\nport = 21\n"))
      .toBe("a.toml: ok\n");
  });

  for (
    const [text, complaint] of [
      [
        "\nmaxConections = 5",
        "2:1: maxConections: is not known; did you " +
        "mean maxConnections?",
      ],
      ["maxConnections = '5'", "1:1: maxConnections: must be a whole number"],
      ["maxConnections = -1", "1:1: maxConnections: must be at least 0"],
      ["maxConnections = 1.5", "1:1: maxConnections: must be a whole number"],
      [
        "idleTimeoutMs = 3_000_000_000",
        "1:1: idleTimeoutMs: must be at most " +
        "2147483647",
      ],
      ["write = 1", "1:1: write: must be true or false"],
      ["lineEnding = 'lf'", '1:1: lineEnding: must be one of "crlf", "any"'],
      ["listen = []", "1:1: listen: must not be empty"],
      [
        "listen = [{ prt = 21 }]",
        "1:13: listen[0].prt: is not known; did " +
        "you mean port?",
      ],
      [
        "[[listen]]\nport = 1\npath = 'x'",
        "1:1: listen[0]: must have an " +
        "address and port, a path or a descriptor, and one of them only",
      ],
      [
        "[[listen]]\nimplicitTls = true",
        "2:1: listen[0].implicitTls: needs " +
        "tls",
      ],
      ["[tls]\nkey = 'k'", "2:1: tls.key: needs tls.cert"],
      ["[tls]\nclientCert = 'require'", "2:1: tls.clientCert: needs tls.ca"],
      [
        "[tls]\nminVersion = '1.3'\nmaxVersion = '1.2'",
        "3:1: " +
        "tls.maxVersion: is below tls.minVersion",
      ],
      [
        "passivePorts = 5",
        "1:1: passivePorts: must be a range such as " +
        "{ from = 50000, to = 50100 }, or a list of ports",
      ],
      ["passivePorts = { from = 5 }", "1:1: passivePorts.to: is missing"],
      [
        "passivePorts = { from = 9, to = 5 }",
        "1:1: passivePorts: Cannot use " +
        "passive ports 9-5: the first is above the last",
      ],
      ["encoding = 'klingon'", '1:1: encoding: "klingon": unknown encoding'],
      [
        "masqueradeAddress = '256.1.1.1'",
        "1:1: masqueradeAddress: must be " +
        "an IPv4 address or a host name",
      ],
      [
        "[masqueradeAddressMap]\nx = '1.2.3.4'",
        "1:1: masqueradeAddressMap: " +
        '"x": not an IP address',
      ],
      [
        "[masqueradeNetworks]\n'10.0.0.0/8' = '::1'",
        "1:1: " +
        'masqueradeNetworks: "::1": not an IPv4 address',
      ],
      [
        "masqueradeNetworks.'10.0.0.1/8' = 'local'",
        "1:1: " +
        'masqueradeNetworks: "10.0.0.1/8": not a network',
      ],
      [
        "disabledCommands = ['PORT', 'FROB']",
        "1:29: disabledCommands[1]: is " +
        "no command",
      ],
      ["workers = 2", "1:1: workers: only with a concurrency other than async"],
      [
        "users = 'u.json'\nusername = 'ann'",
        "2:1: username: not together " +
        "with users",
      ],
      ["passwordFile = 'p'", "1:1: passwordFile: needs username"],
      [
        "username = 'anonymous'",
        "1:1: username: must be a name other than " +
        "anonymous",
      ],
      [
        "mounts.in.directory = 'x'",
        "1:1: mounts.in (the name): must be an " +
        "absolute path",
      ],
      [
        "directory = 'nope'",
        '1:1: directory: Cannot share "/home/ann/nope": ' +
        "no such directory",
      ],
      [
        "mounts.'/in'.directory = '/in'",
        '1:1: mounts["/in"].directory: ' +
        'Cannot share "/in": no such directory',
      ],
      [
        "users = 'u.json'",
        '1:1: users: Cannot read "/home/ann/u.json": no ' +
        "such file",
      ],
      [
        "masqueradeAddress = 'ftp.example.org'",
        "1:1: masqueradeAddress: " +
        'Cannot show the address of "ftp.example.org": no IPv4 address is ' +
        "found",
      ],
      ["write = 2030-12-31", "1:1: write: must be true or false"],
      ["tls = 2030-12-31", "1:1: tls: must be a table of settings"],
      [
        "write = true\nwrite = false",
        "2:1: it is no TOML: trying to " +
        "redefine an already defined table or value",
      ],
    ] as const
  ) {
    test(`names line and key: ${text.replaceAll("\n", "; ")}`, async () => {
      expect(await check(text)).toBe(`a.toml:${complaint}\n`);
    });
  }

  test("names every mistake of the form at once", async () => {
    const text = '{\n "writ": true,\n "backlog": 0,\n "tls": { "a": 1 }\n}';
    expect(await check(text, "b.json")).toBe(
      "b.json:2:2: writ: is not known; did you mean write?\n" +
        "b.json:3:2: backlog: must be at least 1\n" +
        "b.json:4:11: tls.a: is not known\n",
    );
  });

  test("tells when there is no file, and shows nothing of its contents", async () => {
    const host = new FakeCliHost();
    expect(await main(["check", "x.toml"], host)).toBe(2);
    expect(host.stderr.text).toContain('Cannot read "x.toml"');
    expect(await check("password = hunter2")).not.toContain("hunter2");
    expect(await check('{"a": hunter2}', "b.json")).not.toContain("hunter2");
  });

  test("opens no log file, which could then be another user's", async () => {
    const host = hostWith('[log]\nfile = "a.log"\nxferlog = "x.log"');
    expect(await main(["check", "a.toml"], host)).toBe(0);
    expect(host.openedLogs).toEqual([]);
  });

  test("takes the words that it knows, and no others", async () => {
    const host = new FakeCliHost();
    expect(await main(["check"], host)).toBe(2);
    expect(await main(["check", "a", "b"], host)).toBe(2);
    expect(await main(["check", "--frob", "a"], host)).toBe(2);
    expect(await main(["check", "--help"], host)).toBe(0);
    expect(host.stdout.text).toMatch(/^Usage: anyftpd check FILE\n/);
  });
});

describe("the order of precedence", () => {
  test("is file, variable, --set, other options", async () => {
    const host = hostWith(
      "maxConnections = 1\nmaxLoginAttempts = 1\nbacklog = 1\nlocalTime = true",
    );
    host.env.ANYFTPD_MAX_LOGIN_ATTEMPTS = "2";
    host.env.ANYFTPD_BACKLOG = "2";
    host.env.ANYFTPD_MAX_CONNECTIONS = "2";
    const line = "--config a.toml --set backlog=3 --max-cons 4";
    expect(await optionsFor(host, line)).toMatchObject({
      maxConnections: 4,
      backlog: 3,
      maxLoginAttempts: 2,
      localTime: true,
    });
  });

  test("of idleTimeoutMs says nothing of dataTimeoutMs", async () => {
    for (const idleTimeoutMs of [5_000, 0]) {
      const host = hostWith(`idleTimeoutMs = ${idleTimeoutMs}`);
      const line = "--config a.toml";
      expect(await optionsFor(host, line))
        .toMatchObject({ idleTimeoutMs, dataTimeoutMs: 300_000 });
      expect(await optionsFor(host, `${line} --timeout 7`))
        .toMatchObject({ idleTimeoutMs: 7_000, dataTimeoutMs: 7_000 });
    }
  });

  test("lets variables do without a file, and name it", async () => {
    const host = hostWith("maxConnections = 7");
    host.env.ANYFTPD_IDLE_TIMEOUT_MS = "1000";
    expect(await optionsFor(host, "")).toMatchObject({ idleTimeoutMs: 1000 });
    host.env.ANYFTPD_CONFIG = "a.toml";
    expect(await optionsFor(host, "")).toMatchObject({ maxConnections: 7 });
  });

  for (
    const [name, text, expected] of [
      ["PASSIVE_PORTS", "50000-50100", {
        passivePorts: { from: 50000, to: 50100 },
      }],
      ["PASSIVE_PORTS", "50000,50002", { passivePorts: [50000, 50002] }],
      ["PASSIVE_PORTS", "[50000]", { passivePorts: [50000] }],
      ["NO_DELAY", "false", { noDelay: false }],
      ["LOGGED_COMMANDS", "DELE, MKD", { loggedCommands: ["DELE", "MKD"] }],
      ["LOGGED_COMMANDS", "[]", { loggedCommands: [] }],
      ["MASQUERADE_NETWORKS", '{"private":"local"}', {
        masqueradeNetworks: { private: "local" },
      }],
      ["DISABLED_COMMANDS", "port,SITE CHMOD", {
        commands: { PORT: null, "SITE CHMOD": null },
      }],
      ["BANNER", "true", { banner: "true" }],
    ] as const
  ) {
    test(`reads ANYFTPD_${name}=${text}, and the same by --set`, async () => {
      const host = new FakeCliHost();
      host.env[`ANYFTPD_${name}`] = text;
      expect(await optionsFor(host, "")).toMatchObject(expected);
    });
  }

  test("names the variable or the option that does not hold", async () => {
    const host = new FakeCliHost();
    host.env.ANYFTPD_BACKLOG = "many";
    expect(await main([], host)).toBe(2);
    expect(host.stderr.text).toBe(
      "anyftpd: error: ANYFTPD_BACKLOG: backlog: must be a whole number\n",
    );
    host.env.ANYFTPD_BACKLOG = "";
    host.env.ANYFTPD_ENCODING = "klingon";
    host.stderr.text = "";
    expect(await main([], host)).toBe(2);
    expect(host.stderr.text).toBe(
      'anyftpd: error: ANYFTPD_ENCODING: encoding: "klingon": unknown ' +
        "encoding\n",
    );
    delete host.env.ANYFTPD_ENCODING;
    for (const set of ["frob=1", "backlog", "backlog=x", "tls.x=1"]) {
      host.stderr.text = "";
      expect(await main(["--set", set], host), set).toBe(2);
      expect(host.stderr.text, set).toMatch(
        /^anyftpd: error: argument --set: /,
      );
    }
  });

  test("gives each option of the command line its way over the file", async () => {
    // Values that the options below must win against.
    const host = hostWith(`
directory = "/file"
write = false
masqueradeAddress = "192.0.2.1"
passivePorts = [1]
username = "file"
idleTimeoutMs = 1
dataTimeoutMs = 1
banner = "file"
permitForeignAddresses = false
permitPrivilegedPorts = false
encoding = "latin1"
localTime = false
maxConnections = 1
maxConnectionsPerAddress = 1
maxLoginAttempts = 1
downloadRate = 1
uploadRate = 1
lineEnding = "crlf"
atomicUploads = false
sendfile = true
useOpenssl = true
concurrency = "pre-fork"
logLevel = "warn"
graceMs = 1
listen = [{ port = 1 }]
tls = { minVersion = "1.2", control = "off", data = "off" }
`);
    host.env.ANYFTPD_PASSWORD = "x";
    const words: Readonly<Record<string, string>> = {
      interface: "127.0.0.1",
      port: "5",
      directory: "/line",
      "nat-address": "192.0.2.2",
      range: "8000-8001",
      username: "line",
      timeout: "5",
      banner: "line",
      encoding: "utf-8",
      "max-cons": "5",
      "max-cons-per-ip": "5",
      "max-login-attempts": "5",
      "download-rate": "5",
      "upload-rate": "5",
      "tls-min": "1.3",
      concurrency: "async",
      grace: "5",
    };
    const switches = [
      "write",
      "debug",
      "permit-foreign-addresses",
      "permit-privileged-ports",
      "use-localtime",
      "lenient-line-endings",
      "atomic-uploads",
      "disable-sendfile",
      "disable-openssl",
      "tls-control-required",
      "tls-data-required",
    ];
    const known = OPTION_SPECS.map(({ name }) => name as string);
    const args = [
      ...Object.entries(words).map(([name, value]) => `--${name}=${value}`),
      ...switches.map((name) => `--${name}`),
    ];
    for (const name of [...Object.keys(words), ...switches]) {
      expect(known).toContain(name);
    }
    const request = parseCommandLineOptions([...args, "--config", "a.toml"]);
    if (request.kind !== "serve") throw new Error("not to be served");
    const { config } = await loadConfig(request.source, host);
    const options = withConfig(request.options, request.given, config);
    const { config: left, ...effective } = options;
    expect(effective).toEqual(request.options);
    expect(left).toEqual({
      tls: { minVersion: "1.3", control: "required", data: "required" },
    });
  });
});

describe("systemUsers in a file", () => {
  function optionsOf(text: string, ...args: string[]) {
    const host = hostWith(text);
    const request = parseCommandLineOptions(["--config", "a.toml", ...args]);
    if (request.kind !== "serve") throw new Error("not to be served");
    return loadConfig(request.source, host).then(({ config }) =>
      withConfig(request.options, request.given, config)
    );
  }

  test("is what --system-users is, with its defaults", async () => {
    const { systemUsers } = await optionsOf("[systemUsers]\n");
    const request = parseCommandLineOptions(["--system-users"]);
    if (request.kind !== "serve") throw new Error("not to be served");
    expect(systemUsers).toEqual(request.options.systemUsers);
    expect(
      (await optionsOf(
        '[systemUsers]\nallowed = ["ann"]\nanonymous = "ftp"\njail = false',
      )).systemUsers,
    ).toEqual({
      allowed: ["ann"],
      rejected: null,
      anonymous: "ftp",
      jail: false,
    });
  });

  test("does not stand beside other ways in", async () => {
    expect(await check('directory = "x"\nsystemUsers = {}')).toBe(
      "a.toml:1:1: directory: not together with systemUsers\n",
    );
    expect(
      await check('[systemUsers]\nallowed = ["a"]\nrejected = ["b"]'),
    ).toBe("a.toml:3:1: systemUsers.rejected: not together with allowed\n");
    await expect(optionsOf("systemUsers = {}", "-d", "/srv")).rejects
      .toThrow("not allowed with systemUsers");
  });

  test("gives way to users on the command line", async () => {
    const { systemUsers, users } = await optionsOf(
      "systemUsers = {}",
      "--users",
      "u.json",
    );
    expect([systemUsers, users]).toEqual([null, "u.json"]);
  });
});

describe("anyftpd --config", () => {
  test("resolves paths from the file's folder, and words from the current one", async () => {
    const host = hostWith(
      'directory = "srv"\n[log]\nxferlog = "/var/x"\n[[listen]]\npath = "s"',
      "etc/a.toml",
    );
    host.env.ANYFTPD_LOG_FILE = "b.log";
    const source = { file: "etc/a.toml", sets: [] };
    const { config } = await loadConfig(source, host);
    expect(config).toEqual({
      directory: "/home/ann/etc/srv",
      log: { xferlog: "/var/x", file: "/home/ann/b.log" },
      listen: [{ path: "/home/ann/etc/s" }],
    });
  });

  test.each(["async", "pre-fork"])(
    "SIGHUP opens logs again that no file names: %s",
    async (model) => {
      const host = new FakeCliHost();
      const { exit } = await host.start(
        `--concurrency ${model} --set log.file=/a.log --set log.xferlog=/x.log`,
      );
      const isAsync = model === "async";
      expect(host.openedLogs.sort()).toEqual(["/a.log", "/x.log"]);
      host.openedLogs.length = 0;
      host.reload();
      await settle();
      expect(host.openedLogs.sort()).toEqual(["/a.log", "/x.log"]);
      // Each worker opens it anew.
      expect(host.workersRequests).toHaveLength(isAsync ? 0 : 2);
      expect(host.textFiles.get("/a.log")).toContain("xferlog opened again.\n");
      host.signal("SIGTERM");
      expect(await exit).toBe(0);
    },
  );

  test("writes the log to a file, as JSON if it says so", async () => {
    const host = hostWith('[log]\nfile = "a.log"\nformat = "json"');
    const { exit } = await host.start("--config a.toml");
    host.signal("SIGTERM");
    expect(await exit).toBe(0);
    expect(host.stderr.text).toBe("");
    const lines = host.textFiles.get("/home/ann/a.log")!.trimEnd().split("\n");
    expect(lines.length).toBeGreaterThan(3);
    for (const line of lines) expect(JSON.parse(line)).toHaveProperty("level");
  });

  test("shows other folders in the one that is shared", async () => {
    const host = hostWith('[mounts."/in"]\ndirectory = "/srv/in"\n');
    const mounted = new MemoryFileSystem();
    mounted.writeFile("/a.txt", "x");
    host.folders.set("/srv/in", mounted);
    expect(await main(["check", "a.toml"], host)).toBe(0);
  });

  test("tells workers everything that the file says", async () => {
    const host = hostWith(
      'concurrency = "pre-fork"\nworkers = 3\nbacklog = 9\nunicodeErrors = "strict"',
    );
    const { exit } = await host.start("--config a.toml");
    host.signal("SIGTERM");
    await exit;
    const [request] = host.workersRequests;
    expect(request).toMatchObject({ workers: 3, backlog: 9 });
    const carried = JSON.parse(JSON.stringify(request!.order));
    expect(carried).toEqual(request!.order);
    expect(carried.options.config.unicodeErrors).toBe("strict");
  });
});

import { describe, expect, test } from "vitest";
import {
  ConfigError,
  DEFAULT_COMMANDS,
  FtpServer,
  MemoryAuthorizer,
  memoryPlatform,
  type ServerOptions,
} from "../../adapters/memory.ts";
import { resolveOptions } from "../../lib/server/options.ts";

const authorizer = new MemoryAuthorizer();

describe("defaults", () => {
  const settings = resolveOptions({ authorizer });

  test.each(
    [
      ["idleTimeoutMs", 300_000],
      ["dataTimeoutMs", 300_000],
      ["passiveTimeoutMs", 30_000],
      ["activeTimeoutMs", 30_000],
      ["failedLoginDelayMs", 3_000],
      ["maxLoginAttempts", 3],
      ["maxConnections", 512],
      ["maxConnectionsPerAddress", 0],
      ["maxLineBytes", 2048],
      ["maxBytesBeforeLogin", 65_536],
      ["maxQueuedCommands", 64],
      ["permitForeignAddresses", false],
      ["permitPrivilegedPorts", false],
      ["passivePorts", null],
      ["masqueradeAddress", null],
      ["localTime", false],
      ["lineEnding", "crlf"],
      ["noDelay", true],
      ["backlog", 100],
      ["downloadRate", 0],
      ["uploadRate", 0],
      ["hooks", {}],
      ["progressIntervalMs", 1_000],
      ["logLevel", "info"],
    ] as const,
  )("%s is %s", (name, value) => {
    expect(settings[name]).toEqual(value);
  });

  test("text is UTF-8, and bytes that are not are preserved", () => {
    expect(settings.codec.name).toBe("utf-8");
    expect(settings.codec.decode(new Uint8Array([0xe9]))).toBe("\udce9");
  });

  test("commands that change something are logged", () => {
    expect([...settings.loggedCommands].sort().join(" ")).toBe(
      "CWD DELE MFMT MKD REIN RMD RNFR RNTO SITE CHMOD XCWD XMKD XRMD",
    );
  });

  test("the commands are those of pyftpdlib", () => {
    expect([...settings.commands.keys()].sort().join(" ")).toBe(
      "ABOR ALLO APPE CDUP CWD DELE EPRT EPSV FEAT HELP LIST MDTM MFMT MKD " +
        "MLSD MLST MODE NLST NOOP OPTS PASS PASV PORT PWD QUIT REIN REST " +
        "RETR RMD RNFR RNTO SITE SITE CHMOD SITE HELP SIZE STAT STOR STOU " +
        "STRU SYST TYPE USER XCUP XCWD XMKD XPWD XRMD",
    );
  });
});

/** Options as a program without types may write them. */
type Untyped = Readonly<Record<string, unknown>>;

function problem(options: Untyped): string {
  try {
    new FtpServer(
      memoryPlatform(),
      { authorizer, ...options } as unknown as ServerOptions,
    );
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as ConfigError).message;
  }
  return "accepted";
}

const TIMES = [
  "idleTimeoutMs",
  "dataTimeoutMs",
  "passiveTimeoutMs",
  "activeTimeoutMs",
  "failedLoginDelayMs",
];
const COUNTS = [
  "maxConnections",
  "maxConnectionsPerAddress",
  "maxBytesBeforeLogin",
  "downloadRate",
  "uploadRate",
];
const POSITIVE_COUNTS = ["maxLoginAttempts", "maxQueuedCommands", "backlog"];

describe("a value that does not hold is refused by name", () => {
  for (const name of TIMES) {
    test.each([-1, NaN, Infinity, 2 ** 31, "300"])(
      `${name}: %s`,
      (value) => {
        expect(problem({ [name]: value })).toBe(
          `Cannot use ${name} ${value}: must be from 0 to 2147483647`,
        );
      },
    );
    test.each([0, 0.5, 2 ** 31 - 1])(`${name} may be %s`, (value) => {
      expect(problem({ [name]: value })).toBe("accepted");
    });
  }

  for (const name of COUNTS) {
    test.each([-1, 0.5, NaN, Infinity, "1"])(`${name}: %s`, (value) => {
      expect(problem({ [name]: value })).toBe(
        `Cannot use ${name} ${value}: must be a whole number of at least 0`,
      );
    });
    test(`${name} may be 0`, () => {
      expect(problem({ [name]: 0 })).toBe("accepted");
    });
  }

  test.each(POSITIVE_COUNTS)("%s: 0", (name) => {
    expect(problem({ [name]: 0 })).toBe(
      `Cannot use ${name} 0: must be a whole number of at least 1`,
    );
  });

  test.each(
    [
      [{ maxLineBytes: 15 }, "maxLineBytes 15"],
      [{ masqueradeAddress: "ftp.example.org" }, "not an IPv4 address"],
      [{ masqueradeAddress: "::1" }, "not an IPv4 address"],
      [{ masqueradeAddress: 42 }, "not an IPv4 address"],
      [{ masqueradeAddress: "" }, "not an IPv4 address"],
      [{ masqueradeAddress: "256.1.1.1" }, "not an IPv4 address"],
      [
        { masqueradeAddressMap: { "127.0.0.1": "x" } },
        'masqueradeAddressMap "x": not an IPv4 address',
      ],
      [
        { masqueradeAddressMap: { localhost: "192.0.2.1" } },
        'masqueradeAddressMap "localhost": not an IP address',
      ],
      [{ passivePorts: [] }, "the list is empty"],
      [{ passivePorts: [0] }, "a port is from 1 to 65535"],
      [{ passivePorts: [70_000] }, "a port is from 1 to 65535"],
      [{ passivePorts: { from: 2, to: 1 } }, "the first is above the last"],
      [{ encoding: "klingon" }, 'Cannot use encoding "klingon"'],
      [{ encoding: "utf-16" }, 'Cannot use encoding "utf-16"'],
      [{ unicodeErrors: "ignore" }, 'Cannot use unicodeErrors "ignore"'],
      [{ lineEnding: "lf" }, 'Cannot use lineEnding "lf"'],
      [{ logLevel: "verbose" }, 'Cannot use logLevel "verbose"'],
      [{ authorizer: undefined }, "Cannot use authorizer"],
      [{ authorizer: {} }, "Cannot use authorizer"],
      [{ banner: 42 }, "Cannot use banner"],
      [{ log: "stderr" }, "Cannot use log"],
      [{ commands: { noop: null } }, 'Cannot use command "noop"'],
      [{ commands: { "SITE  X": null } }, 'Cannot use command "SITE  X"'],
      [{ commands: { "": null } }, 'Cannot use command ""'],
    ] as const,
  )("%j", (options, why) => {
    const message = problem(options);
    expect(message).toContain(why);
    expect(message).toMatch(/^Cannot use .+: .+[^.]$/);
  });
});

describe("no value and null fall back to the default", () => {
  test.each([
    ...TIMES,
    ...COUNTS,
    ...POSITIVE_COUNTS,
    "passivePorts",
    "masqueradeAddress",
    "masqueradeAddressMap",
    "encoding",
    "unicodeErrors",
    "lineEnding",
    "logLevel",
    "commands",
    "hooks",
    "banner",
    "log",
    "loggedCommands",
  ])("%s", (name) => {
    expect(problem({ [name]: undefined })).toBe("accepted");
    expect(problem({ [name]: null })).toBe("accepted");
  });
});

test("a removed command does not change the default table", () => {
  resolveOptions({ authorizer, commands: { NOOP: null } });
  expect(DEFAULT_COMMANDS.NOOP).toBeDefined();
  expect(resolveOptions({ authorizer }).commands.has("NOOP")).toBe(true);
});

import { describe, expect, test } from "vitest";
import {
  type CliOptions,
  parseCommandLineOptions,
} from "../../lib/cli/options.ts";
import { USAGE } from "../../lib/cli/usage.ts";
import { UsageError } from "../../lib/cli/usage_error.ts";

const DEFAULTS: CliOptions = {
  interface: null,
  port: 2121,
  write: false,
  directory: null,
  natAddress: null,
  range: null,
  username: null,
  password: null,
  passwordFile: null,
  users: null,
  external: null,
  systemUsers: null,
  timeoutMs: 300_000,
  banner: null,
  permitForeignAddresses: false,
  permitPrivilegedPorts: false,
  encoding: "utf-8",
  useLocaltime: false,
  maxCons: 512,
  maxConsPerIp: 0,
  maxLoginAttempts: 3,
  downloadRate: 0,
  uploadRate: 0,
  lenientLineEndings: false,
  tls: null,
  atomicUploads: false,
  noOverwrite: false,
  fsync: false,
  sendfile: true,
  useOpenssl: true,
  concurrency: "async",
  workers: null,
  json: false,
  live: true,
  logLevel: "info",
  graceMs: 10_000,
};

function optionsOf(args: readonly string[]): CliOptions {
  const request = parseCommandLineOptions(args);
  if (request.kind !== "serve") throw new Error(`asked for ${request.kind}`);
  return request.options;
}

describe("parseCommandLineOptions()", () => {
  test("has pyftpdlib's defaults, and no limit per address", () => {
    expect(optionsOf([])).toEqual(DEFAULTS);
  });

  for (
    const [line, changes] of [
      ["-i 127.0.0.1", { interface: "127.0.0.1" }],
      ["--interface=[::1]", { interface: "::1" }],
      ["--interface=", { interface: null }],
      ["-p 0", { port: 0 }],
      ["--port 21", { port: 21 }],
      ["-w", { write: true }],
      ["--write", { write: true }],
      ["-d /srv", { directory: "/srv" }],
      ["--directory /srv", { directory: "/srv" }],
      ["/srv", { directory: "/srv" }],
      ["-w /srv -p 21", { write: true, directory: "/srv", port: 21 }],
      ["-n 203.0.113.5", { natAddress: "203.0.113.5" }],
      ["--nat-address 203.0.113.5", { natAddress: "203.0.113.5" }],
      ["-r 8000-9000", { range: { from: 8000, to: 9000 } }],
      ["--range 8000-8000", { range: { from: 8000, to: 8000 } }],
      ["-D", { logLevel: "debug" }],
      ["--debug", { logLevel: "debug" }],
      ["-q", { logLevel: "warn" }],
      ["--quiet", { logLevel: "warn" }],
      ["-u ann -P x", { username: "ann", password: "x" }],
      ["--username ann --password x", { username: "ann", password: "x" }],
      ["-u ann --password-file f", { username: "ann", passwordFile: "f" }],
      ["-u ann", { username: "ann" }],
      ["--timeout 60", { timeoutMs: 60_000 }],
      ["--timeout 0", { timeoutMs: 0 }],
      ["--banner hi", { banner: "hi" }],
      ["--banner=", { banner: "" }],
      ["--permit-foreign-addresses", { permitForeignAddresses: true }],
      ["--permit-privileged-ports", { permitPrivilegedPorts: true }],
      ["--encoding latin-1", { encoding: "latin-1" }],
      ["--use-localtime", { useLocaltime: true }],
      ["--max-cons 0", { maxCons: 0 }],
      ["--max-cons-per-ip 5", { maxConsPerIp: 5 }],
      ["--max-login-attempts 1", { maxLoginAttempts: 1 }],
      ["--download-rate 1M", { downloadRate: 1_048_576 }],
      ["--upload-rate 10K", { uploadRate: 10_240 }],
      ["--lenient-line-endings", { lenientLineEndings: true }],
      ["--disable-sendfile", { sendfile: false }],
      ["--disable-openssl", { useOpenssl: false }],
      ["--json", { json: true }],
      ["--grace 2.5", { graceMs: 2_500 }],
    ] satisfies readonly (readonly [string, Partial<CliOptions>])[]
  ) {
    test(`reads ${line}`, () => {
      expect(optionsOf(line.split(" "))).toEqual({ ...DEFAULTS, ...changes });
    });
  }

  for (const line of ["-h", "--help", "-w --help", "-p 1 -h"]) {
    test(`shows help for ${line}`, () => {
      expect(parseCommandLineOptions(line.split(" "))).toEqual({
        kind: "help",
        text: USAGE,
      });
    });
  }

  for (const line of ["-v", "--version"]) {
    test(`shows the version for ${line}`, () => {
      expect(parseCommandLineOptions(line.split(" "))).toEqual({
        kind: "version",
      });
    });
  }

  for (
    const [line, message] of [
      ["-i", "argument -i/--interface: expected one argument"],
      ["-p", "argument -p/--port: expected one argument"],
      ["-p x", "argument -p/--port: invalid value: 'x'"],
      ["-p 70000", "argument -p/--port: invalid value: '70000'"],
      ["-d=", "argument -d/--directory: must not be empty"],
      ["-d /a /b", "argument -d/--directory: not allowed with DIRECTORY '/b'"],
      ["/a /b", "unexpected argument: '/b'"],
      ["-n ::1", "argument -n/--nat-address: not an IPv4 address: '::1'"],
      ["-r 80", "argument -r/--range: invalid port range: '80'"],
      ["-r 10-5", "argument -r/--range: start port must be <= stop port"],
      ["-D -q", "argument -q/--quiet: not allowed with -D/--debug"],
      ["-P x", "if a password is supplied, a username (-u) is required"],
      ["--password-file f", "a username (-u) is required"],
      ["-u=", "argument -u/--username: must not be empty"],
      ["-u anonymous -P x", "'anonymous' takes any password"],
      ["-u a -P x --password-file f", "not allowed with -P/--password"],
      ["--timeout soon", "argument --timeout: invalid value: 'soon'"],
      ["--max-login-attempts 0", "argument --max-login-attempts: invalid"],
      ["--download-rate fast", "argument --download-rate: invalid rate"],
      ["--grace -1", "argument --grace: expected one argument"],
      ["--ssl", "unknown option: --ssl"],
      ["--concurrency many", "argument --concurrency: invalid choice: 'many'"],
      ["--workers 2", "argument --workers: only with a --concurrency"],
      ["-x", "unknown option: -x"],
    ] as const
  ) {
    test(`refuses ${line}`, () => {
      const parse = (): unknown => parseCommandLineOptions(line.split(" "));
      expect(parse).toThrow(UsageError);
      expect(parse).toThrow(message);
    });
  }
});

test("logins are asked for in one way only", () => {
  const read = (...args: string[]): unknown => {
    const request = parseCommandLineOptions(args);
    return request.kind === "serve" ? request.options.external : null;
  };
  expect(read("--auth-url", "https://x/")).toEqual({
    kind: "http",
    url: "https://x/",
  });
  expect(read("--auth-program", "./who")).toEqual({
    kind: "program",
    path: "./who",
  });
  for (
    const line of [
      ["--auth-url", "https://x/", "--auth-program", "y"],
      ["--auth-url", "https://x/", "--users", "u.json"],
      ["--auth-program", "y", "-u", "ann", "-P", "x"],
      ["--auth-url", ""],
      ["--auth-program", ""],
    ]
  ) expect(() => parseCommandLineOptions(line), line.join(" ")).toThrow();
});

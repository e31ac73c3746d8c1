import { describe, expect, test } from "vitest";
import { MemoryAuthorizer } from "../../lib/auth/memory_authorizer.ts";
import { parseCommandLineOptions } from "../../lib/cli/options.ts";
import { serverOptions } from "../../lib/cli/server_options.ts";
import {
  resolveOptions,
  type ServerOptions,
} from "../../lib/server/options.ts";

const AUTHORIZER = new MemoryAuthorizer();
const log = (): void => {};

function optionsFor(line: string): ServerOptions {
  const request = parseCommandLineOptions(line === "" ? [] : line.split(" "));
  if (request.kind !== "serve") throw new Error(`asked for ${request.kind}`);
  return serverOptions(request.options, AUTHORIZER, log);
}

describe("serverOptions()", () => {
  test("changes none of the server's defaults by itself", () => {
    const { commands: _1, banner: _2, codec: _3, ...plain } = resolveOptions({
      authorizer: AUTHORIZER,
      log,
    });
    expect(resolveOptions(optionsFor(""))).toMatchObject(plain);
    expect(optionsFor("")).not.toHaveProperty("banner");
  });

  for (
    const [line, expected] of [
      ["--timeout 60", { idleTimeoutMs: 60_000, dataTimeoutMs: 60_000 }],
      ["--banner hello", { banner: "hello" }],
      ["-n 203.0.113.5", { masqueradeAddress: "203.0.113.5" }],
      ["-r 8000-8009", { passivePorts: { from: 8000, to: 8009 } }],
      ["--permit-foreign-addresses", { permitForeignAddresses: true }],
      ["--permit-privileged-ports", { permitPrivilegedPorts: true }],
      ["--encoding latin-1", { encoding: "latin-1" }],
      ["--use-localtime", { localTime: true }],
      ["--max-cons 5", { maxConnections: 5 }],
      ["--max-cons-per-ip 2", { maxConnectionsPerAddress: 2 }],
      ["--max-login-attempts 1", { maxLoginAttempts: 1 }],
      ["--download-rate 2K", { downloadRate: 2048 }],
      ["--upload-rate 3K", { uploadRate: 3072 }],
      ["--lenient-line-endings", { lineEnding: "any" }],
      ["--disable-sendfile", { sendfile: false }],
      ["-D", { logLevel: "debug" }],
      ["-q", { logLevel: "warn" }],
    ] satisfies readonly (readonly [string, Partial<ServerOptions>])[]
  ) {
    test(`hands ${line} on, and nothing else`, () => {
      const options = optionsFor(line);
      expect(options).toEqual({ ...optionsFor(""), ...expected });
      expect(options).not.toEqual(optionsFor(""));
      resolveOptions(options); // The server takes the value.
    });
  }
});

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runtimeProgram } from "../support/runtimes.ts";
import { cleanEnvironment, Consumer, output, ROOT } from "./_packed.ts";

let consumer: Consumer;

beforeAll(() => {
  consumer = new Consumer();
  consumer.write("program.ts", PROGRAM);
  consumer.write("hosts.ts", HOSTS);
  consumer.write("wrong.ts", WRONG);
}, 120_000);
afterAll(() => consumer?.remove());

const PROGRAM = `
import { type FtpServer, serve } from "anyftpd";
import { type Account, type Authorizer, reply } from "anyftpd/core";
import * as node from "anyftpd/node";
import * as deno from "anyftpd/deno";
import * as bun from "anyftpd/bun";
import { memoryServer } from "anyftpd/memory";
import { streamConnection } from "anyftpd/streams";
import { type CliHost, main } from "anyftpd/cli";
import { type ContractCase, fileSystemContract } from "anyftpd/contract";
import { type ListOptions, LocalFileSystem } from "anyftpd/deno";

const account: Account = {
  name: "ann",
  fileSystem: node.localFileSystem("."),
  allows: (action) => action === "read",
};
const authorizer: Authorizer = {
  authenticate: (request) =>
    Promise.resolve(request.username === "ann" ? account : null),
};
const server: FtpServer = await serve({ authorizer, port: 0 });
await server.close();
await using memory = await memoryServer({
  hooks: { fileSent: ({ path, bytes }) => { path.at(0); bytes.toFixed(); } },
});
const platforms: readonly ReturnType<typeof node.platform>[] = [
  node.platform(), deno.platform(), bun.platform(),
];
export function run(host: CliHost): Promise<number> {
  return main([], host);
}
class Mine extends LocalFileSystem {
  override async *list(path: string, options: ListOptions) {
    for await (const batch of super.list(path, options)) yield [...batch];
  }
}
export const cases: readonly ContractCase[] = fileSystemContract(
  () => ({ fileSystem: new Mine(".") }),
);
export const external: Authorizer = node.httpAuthorizer({
  url: "https://example.com/",
  openFolder: node.localFileSystem,
});
export { memory, platforms, reply, streamConnection };
`;

/** With the types of Node: what a host has fits what we ask for. */
const HOSTS = `
import { createServer, type Socket } from "node:net";
import { nodeConnection, nodeListener } from "anyftpd/node";

export const listener = nodeListener(createServer());
export const connect = (socket: Socket) => nodeConnection(socket);
`;

/** Lest the compiler checks nothing. */
const WRONG = `
import { serve } from "anyftpd";
await serve({ port: "2121" });
`;

/** What the compiler has against a file. */
function complaints(file: string, options: readonly string[]): string {
  const result = spawnSync("node", [
    join(ROOT, "node_modules/typescript/bin/tsc"),
    "--ignoreConfig",
    "--noEmit",
    "--strict",
    "--exactOptionalPropertyTypes",
    "--skipLibCheck",
    "false",
    "--target",
    "es2022",
    ...options,
    file,
  ], { cwd: consumer.path, encoding: "utf8", env: cleanEnvironment() });
  return result.stdout;
}

const NODE_TYPES = [
  "--typeRoots",
  join(ROOT, "node_modules/@types"),
  "--types",
  "node",
];

describe.each([
  ["node16", ["--module", "node16"]],
  ["nodenext", ["--module", "nodenext"]],
  ["bundler", ["--module", "esnext", "--moduleResolution", "bundler"]],
])("a TypeScript program resolving as %s", (_, options) => {
  test("finds all types, without those of a runtime", () => {
    expect(complaints("program.ts", options)).toBe("");
  });

  test("finds them beside those of Node", () => {
    expect(complaints("program.ts", [...options, ...NODE_TYPES])).toBe("");
  });

  test("hands over sockets and servers of Node", () => {
    expect(complaints("hosts.ts", [...options, ...NODE_TYPES])).toBe("");
  });

  test("is told of its mistakes", () => {
    expect(complaints("wrong.ts", options)).toMatch(
      /^wrong\.ts\(3,15\): error TS2322: [^\n]+\n/,
    );
  });
});

describe("the declarations", () => {
  test("name no runtime", () => {
    const options = ["--module", "nodenext", "--listFilesOnly"];
    const read = complaints("program.ts", options).split("\n")
      .filter((path) => path.includes("/anyftpd/dist/"))
      .map((path) => path.slice(path.indexOf("/dist/") + 1));
    expect(read.length).toBeGreaterThan(30);
    const naming = read.filter((path) =>
      /^(?!\s*\*).*(\bfrom "(?!\.)|\bimport\("(?!\.)|reference types)/m
        .test(consumer.read(path))
    );
    expect(naming).toEqual([]);
  });

  test("satisfy deno check", () => {
    output(
      runtimeProgram("deno"),
      ["check", "--all", "program.ts"],
      consumer.path,
    );
  });
});

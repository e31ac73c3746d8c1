// Real clients over TLS: each of them, both versions, explicit and implicit,
// passive and active, and 200 transfers in a row. `SOAK=1` has curl do as many
// too, and starts it 1,000 times; it takes a quarter of a minute otherwise.

import { Client } from "basic-ftp";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TemporaryFolder } from "../support/files.ts";
import { requireProgram, run } from "../support/program.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { SERVER } from "../support/tls_certificates.ts";

const PYTHON_SCRIPT = fileURLToPath(
  new URL("clients/ftps_client.py", import.meta.url),
);

const VERSIONS = ["1.2", "1.3"] as const;
const WAYS = ["explicit", "implicit"] as const;
const MODES = ["passive", "active"] as const;

/** Enough for several records, little enough to be moved often. */
const FILE_BYTES = 100_003;

/** Transfers in a row that must all go well. */
const IN_A_ROW = 200;

/**
 * curl 7.88 waits 0.2 s in every transfer over TLS: it looks at the data
 * connection alone when it is the reply to TYPE that comes.
 */
const [CURL_IN_A_ROW, RUNS_OF_CURL] = process.env["SOAK"] === "1"
  ? [IN_A_ROW, 1_000]
  : [20, 10];

/**
 * curl before 7.88.2 never begins the handshake on a connection that it has
 * accepted, and waits (its issue 10252 and others).
 */
const CURL_LACKS_ACTIVE = true;

/** A few transfers in each cell of the table. */
const TURNS = 3;

let folder: TemporaryFolder;
let local: TemporaryFolder;
let server: TestServer;
let content: Buffer;

beforeAll(async () => {
  folder = new TemporaryFolder("anyftpd-ftps");
  local = new TemporaryFolder("anyftpd-ftps-client");
  content = Buffer.from(
    Array.from({ length: FILE_BYTES }, (_, at) => (at * 7 + (at >> 9)) & 0xff),
  );
  writeFileSync(folder.at("a.bin"), content);
  writeFileSync(local.at("a.bin"), content);
  server = await startServer({
    directory: folder.path,
    tls: { config: SERVER, control: "required", data: "required" },
    implicitTls: true,
  });
}, 30_000);

afterAll(async () => {
  await server.close();
  folder.remove();
  local.remove();
});

function portOf(way: (typeof WAYS)[number]): number {
  return way === "explicit" ? server.port : server.implicitPort;
}

/** What the server got under this name is what was sent. */
function expectStored(name: string): void {
  expect(readFileSync(folder.at(name)).equals(content), name).toBe(true);
}

describe.each(VERSIONS)("TLS %s", (version) => {
  describe.each(WAYS)("%s", (way) => {
    describe.each(MODES)("%s", (mode) => {
      test.each(["reuse", "fresh"])("python's ftplib, %s", async (sessions) => {
        const { stdout, text } = await run("/usr/bin/python3", [
          ...[PYTHON_SCRIPT, String(portOf(way)), way, version, mode],
          ...[sessions, String(TURNS), local.at("a.bin")],
        ]);
        expect(String(stdout), text).toBe(`${TURNS * 3}\n`);
      }, 30_000);

      test("lftp", async () => {
        const name = `lftp-${version}-${way}-${mode}`;
        await lftp(way, [
          `set ssl:priority NORMAL:-VERS-ALL:+VERS-TLS${version}`,
          `set ftp:passive-mode ${mode === "passive"}`,
        ], [
          `put a.bin -o ${name}`,
          `get ${name} -o ${name}`,
          "cls",
        ]);
        expectStored(name);
        expect(readFileSync(local.at(name)).equals(content)).toBe(true);
      }, 30_000);

      test.skipIf(mode === "active" && CURL_LACKS_ACTIVE)("curl", async () => {
        const name = `curl-${version}-${way}-${mode}`;
        const options = [
          ...["--tls-max", version, `--tlsv${version}`],
          ...(mode === "active" ? ["--ftp-port", "-"] : []),
        ];
        await curl(way, [...options, "-T", "a.bin"], name);
        expectStored(name);
        await curl(way, [...options, "-o", name], name);
        expect(readFileSync(local.at(name)).equals(content)).toBe(true);
      }, 30_000);
    });

    test("basic-ftp", async () => {
      const client = await basicFtp(way, version);
      const name = `basic-${version}-${way}`;
      for (let turn = 0; turn < TURNS; turn++) {
        await client.uploadFrom(local.at("a.bin"), name);
        await client.downloadTo(local.at(name), name);
        expect(readFileSync(local.at(name)).equals(content)).toBe(true);
        expect((await client.list()).map((file) => file.name)).toContain(name);
      }
      client.close();
      expectStored(name);
    }, 30_000);

    test("openssl s_client", async () => {
      const program = requireProgram("openssl", "openssl");
      const lines = ["USER user", "PASS pass", "PWD", "QUIT"];
      const { stdout, text } = await run(program, [
        ...["s_client", "-quiet", `-tls${version.replace(".", "_")}`],
        ...["-connect", `127.0.0.1:${portOf(way)}`, "-crlf"],
        ...(way === "explicit" ? ["-starttls", "ftp"] : []),
      ], { input: `${lines.join("\n")}\n` });
      const codes = String(stdout).trim().split("\r\n")
        .map((line) => line.slice(0, 3));
      expect(codes.slice(-4), text).toEqual(["331", "230", "257", "221"]);
    }, 30_000);
  });
});

describe(`${IN_A_ROW} transfers in a row`, () => {
  for (const version of VERSIONS) {
    for (const sessions of ["reuse", "fresh"]) {
      test(`python's ftplib, ${version}, ${sessions}`, async () => {
        const turns = Math.ceil(IN_A_ROW / 3);
        const { stdout, text } = await run("/usr/bin/python3", [
          ...[PYTHON_SCRIPT, String(server.port), "explicit", version],
          ...["passive", sessions, String(turns), local.at("a.bin")],
        ], { timeoutMs: 60_000 });
        expect(String(stdout), text).toBe(`${turns * 3}\n`);
      }, 70_000);
    }
  }

  test("python's ftplib, active", async () => {
    const turns = Math.ceil(IN_A_ROW / 3);
    const { stdout, text } = await run("/usr/bin/python3", [
      ...[PYTHON_SCRIPT, String(server.port), "explicit", "1.3", "active"],
      ...["reuse", String(turns), local.at("a.bin")],
    ], { timeoutMs: 60_000 });
    expect(String(stdout), text).toBe(`${turns * 3}\n`);
  }, 70_000);

  test(`curl, in one session, ${CURL_IN_A_ROW} only`, async () => {
    const half = CURL_IN_A_ROW / 2;
    await curl(
      "explicit",
      ["-T", `{${Array(half).fill("a.bin").join()}}`],
      "curl-row",
    );
    expectStored("curl-row");
    // The number is part of the name of the local file only.
    const { stdout } = await curl(
      "explicit",
      ["-w", "%{num_connects} %{size_download}\n", "-o", "row-#1"],
      `{${Array(half).fill("a.bin").join()}}`,
    );
    const lines = String(stdout).trim().split("\n");
    expect(lines).toHaveLength(half);
    expect(new Set(lines.map((line) => line.split(" ")[1])))
      .toEqual(new Set([String(FILE_BYTES)]));
  }, 30_000 + CURL_IN_A_ROW * 1_000);

  for (const mode of MODES) {
    test(`lftp, ${mode}`, async () => {
      await lftp("explicit", [`set ftp:passive-mode ${mode === "passive"}`], [
        ...Array.from({ length: IN_A_ROW / 2 }, () => [
          "put a.bin -o lftp-row",
          "get lftp-row -o lftp-row",
        ]).flat(),
      ]);
      expectStored("lftp-row");
      expect(readFileSync(local.at("lftp-row")).equals(content)).toBe(true);
    }, 70_000);
  }

  test("basic-ftp", async () => {
    const client = await basicFtp("explicit", "1.3");
    for (let turn = 0; turn < IN_A_ROW / 2; turn++) {
      await client.uploadFrom(local.at("a.bin"), "basic-row");
      await client.downloadTo(local.at("basic-row"), "basic-row");
      expect(readFileSync(local.at("basic-row")).equals(content)).toBe(true);
    }
    client.close();
  }, 70_000);
});

test(
  `${RUNS_OF_CURL} runs of curl, up and down, without an error`,
  async () => {
    for (let turn = 0; turn < RUNS_OF_CURL; turn++) {
      const name = `curl-run-${turn % 10}`;
      await curl("explicit", ["-T", "a.bin"], name);
      await curl("explicit", ["-o", name], name);
      expect(readFileSync(local.at(name)).equals(content)).toBe(true);
    }
  },
  30_000 + RUNS_OF_CURL * 2_000,
);

test("curl ends TLS by CCC, in both of its ways", async () => {
  await using clear = await clearable();
  for (const mode of ["active", "passive"]) {
    const { text } = await run(requireProgram("curl", "curl"), [
      ...["-s", "-S", "-k", "-v", "--ssl-reqd", "-u", "user:pass"],
      ...["--ftp-ssl-ccc-mode", mode, "-o", "ccc.bin"],
      `ftp://127.0.0.1:${clear.server.port}/a.bin`,
    ], { cwd: local.path });
    expect(text).toContain("< 200 CCC command successful.");
    expect(text).toContain("< 226 Transfer complete.");
    expect(readFileSync(local.at("ccc.bin")).equals(content)).toBe(true);
  }
}, 30_000);

test("python's ftplib ends TLS by CCC", async () => {
  await using clear = await clearable();
  const script = `
import ftplib, io, ssl, sys
client = ftplib.FTP_TLS(context=ssl._create_unverified_context(), timeout=10)
client.connect("127.0.0.1", ${clear.server.port})
client.login("user", "pass")
client.prot_p()
client.ccc()
back = io.BytesIO()
client.retrbinary("RETR a.bin", back.write)
assert client.sock.version() is None
print(client.pwd(), len(back.getvalue()))
client.quit()
`;
  const { stdout, text } = await run("/usr/bin/python3", ["-c", script]);
  expect(String(stdout), text).toBe(`/ ${FILE_BYTES}\n`);
}, 30_000);

/** A server that lets clients end TLS. */
async function clearable(): Promise<
  AsyncDisposable & { readonly server: TestServer }
> {
  const server = await startServer({
    directory: folder.path,
    tls: { config: SERVER, clearCommands: "allowed" },
  });
  return {
    server,
    [Symbol.asyncDispose]: () => server.close(),
  };
}

/** Runs curl in the local folder. */
async function curl(
  way: (typeof WAYS)[number],
  options: readonly string[],
  path: string,
): ReturnType<typeof run> {
  const result = await run(requireProgram("curl", "curl"), [
    ...["-s", "-S", "-k", "-u", "user:pass", "--max-time", "300"],
    ...(way === "explicit" ? ["--ssl-reqd"] : []),
    ...options,
    `${way === "explicit" ? "ftp" : "ftps"}://127.0.0.1:${portOf(way)}/${path}`,
  ], { cwd: local.path, timeoutMs: 300_000 });
  expect(result.code, result.text).toBe(0);
  return result;
}

/** Runs lftp in the local folder; stops at the first line that fails. */
async function lftp(
  way: (typeof WAYS)[number],
  settings: readonly string[],
  lines: readonly string[],
): Promise<void> {
  const script = [
    "set cmd:fail-exit yes",
    "set net:max-retries 1",
    "set net:timeout 10",
    "set ssl:verify-certificate no",
    "set ftp:ssl-force yes",
    "set ftp:ssl-protect-data yes",
    "set ftp:ssl-protect-list yes",
    "set xfer:clobber yes",
    ...settings,
    `open -u user,pass ${way === "explicit" ? "ftp" : "ftps"}://127.0.0.1:${
      portOf(way)
    }`,
    ...lines,
    "exit",
  ].join("\n");
  const result = await run(requireProgram("lftp", "lftp"), ["--norc"], {
    input: `${script}\n`,
    cwd: local.path,
    env: { HOME: local.path },
    timeoutMs: 60_000,
  });
  expect(result.code, result.text).toBe(0);
}

async function basicFtp(
  way: (typeof WAYS)[number],
  version: (typeof VERSIONS)[number],
): Promise<Client> {
  const client = new Client(10_000);
  await client.access({
    host: "127.0.0.1",
    port: portOf(way),
    user: "user",
    password: "pass",
    secure: way === "explicit" ? true : "implicit",
    secureOptions: {
      rejectUnauthorized: false,
      minVersion: `TLSv${version}`,
      maxVersion: `TLSv${version}`,
    },
  });
  return client;
}

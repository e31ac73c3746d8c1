import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { httpAuthorizer } from "../../adapters/_http_authorizer.ts";
import { programAuthorizer } from "../../adapters/_program_authorizer.ts";
import {
  ExternalAuthorizer,
  type ExternalAuthorizerOptions,
} from "../../lib/auth/external_authorizer.ts";
import { ACCOUNT_SCHEMA } from "../../lib/auth/users_schema.ts";
import { LoginUnavailableError } from "../../lib/base/errors.ts";
import { MemoryFileSystem } from "../../lib/fs/memory_file_system.ts";
import { QuotaBook } from "../../lib/fs/quota_book.ts";
import type {
  Account,
  Action,
  Authorizer,
  LoginRequest,
} from "../../lib/spi/authorizer.ts";
import { SERVER } from "../support/tls_certificates.ts";

const SIGNAL = new AbortController().signal;
const files = new MemoryFileSystem();
const SECRET = 'top "secret" é\udce9';

const REQUEST: LoginRequest = {
  username: "ann",
  password: SECRET,
  remote: { hostname: "192.0.2.7", port: 50123 },
  local: { hostname: "192.0.2.1", port: 21 },
  secure: true,
  peerCertificate: null,
};

const QUESTION = {
  user: "ann",
  password: SECRET,
  address: "192.0.2.7",
  port: 50123,
  localAddress: "192.0.2.1",
  localPort: 21,
  tls: true,
  certificate: null,
};

/** Why a login cannot be told; no message ever has the password. */
async function unavailable(
  authorizer: Authorizer,
  signal: AbortSignal = SIGNAL,
): Promise<string> {
  const error = await authorizer.authenticate(REQUEST, signal)
    .catch((error) => error);
  expect(error).toBeInstanceOf(LoginUnavailableError);
  // All that a log may show.
  const shown = [error.message, error.stack, error.cause, error.cause?.stack];
  expect(shown.map(String).join()).not.toMatch(/secret|k=v/);
  return error.message;
}

async function allows(account: Account, action: Action): Promise<boolean> {
  const isDirectory = (): Promise<boolean> => Promise.resolve(false);
  return await account.allows(action, { path: "/in/x", isDirectory });
}

describe("ExternalAuthorizer", () => {
  const make = (
    answer: unknown,
    options: ExternalAuthorizerOptions = { fileSystem: files },
  ): ExternalAuthorizer =>
    new ExternalAuthorizer({ ask: () => Promise.resolve(answer) }, options);
  const login = (authorizer: Authorizer): Promise<Account | null> =>
    authorizer.authenticate(REQUEST, SIGNAL);

  test("makes an account of what it is told", async () => {
    const folder = new MemoryFileSystem();
    folder.makeFolders("/in");
    const opened: string[] = [];
    const account = await login(make({
      directory: "/srv/ann",
      home: "/in/",
      permissions: "elr",
      folders: { "/in": { permissions: "elw" } },
      limits: { sessions: 2 },
      tls: { control: "required" },
      loginMessage: "Hello.",
      quitMessage: "Bye.",
      networks: ["192.0.2.0/24"],
      expires: "2999-01-01",
    }, {
      openFolder: (directory) => {
        opened.push(directory);
        return folder;
      },
    }));
    expect(account).toMatchObject({
      name: "ann",
      fileSystem: folder,
      home: "/in",
      limits: { sessions: 2 },
      tls: { control: "required" },
      loginMessage: "Hello.",
      quitMessage: "Bye.",
      pathRules: true,
    });
    expect(opened).toEqual(["/srv/ann"]);
    expect(await allows(account!, "write")).toBe(true);
    expect(await allows(account!, "read")).toBe(false);
  });

  test("a user has the name that the answer says", async () => {
    const account = await login(make({ name: "Ann of Sales" }));
    expect(account).toMatchObject({ name: "Ann of Sales" });
    for (const name of ["", "a\nb", 1]) {
      expect(await unavailable(make({ name }))).toContain(
        "the answer.name: must be a name without control characters",
      );
    }
  });

  test("an empty answer is an account with the defaults", async () => {
    const account = await login(make({}));
    expect(account).toMatchObject({ name: "ann", home: "/" });
    expect(account!.fileSystem).toBe(files);
    expect(await allows(account!, "read")).toBe(true);
    expect(await allows(account!, "write")).toBe(false);
  });

  test("keeps out whom the answer keeps out, and says so", async () => {
    for (
      const answer of [
        null,
        { enabled: false },
        { expires: "2020-01-01" },
        { networks: ["10.0.0.0/8"] },
      ]
    ) {
      const log: string[] = [];
      const authorizer = make(answer, {
        fileSystem: files,
        log: (_level, message) => log.push(message),
      });
      expect(await login(authorizer)).toBeNull();
      expect(log.length).toBe(answer === null ? 0 : 1);
    }
  });

  test("an account ends with its date, in the middle of a session", async () => {
    let time = Date.UTC(2030, 0, 1) - 1;
    const account = await login(make({ expires: "2030-01-01" }, {
      fileSystem: files,
      clock: { wallTime: () => time },
    }));
    expect(await allows(account!, "read")).toBe(true);
    time++;
    expect(await allows(account!, "read")).toBe(false);
  });

  test.each([
    "no object",
    7,
    [],
    { permissions: "xyz" },
    { password: "a hash" },
    { unknown: 1 },
    { expires: "2030-02-30" },
    { networks: ["10.0.0.1/8"] },
    { folders: { "/": { permissions: "" } } },
  ])("an answer that means nothing lets nobody in: %j", async (answer) => {
    expect(await unavailable(make(answer))).toMatch(
      /^Cannot use the account: the answer/,
    );
  });

  test("keeps quotas where there is a book of them", async () => {
    const answer = { quota: { files: 1 } };
    await expect(login(make(answer))).rejects.toThrow(
      'Cannot let user "ann" in: there is a quota',
    );
    const account = await login(make(answer, {
      fileSystem: new MemoryFileSystem(),
      quotas: new QuotaBook(),
    }));
    await account!.fileSystem.makeDirectory("/a");
    await expect(account!.fileSystem.makeDirectory("/b")).rejects
      .toMatchObject({ code: "quota-exceeded" });
  });

  test("asks about few at the same time, and about nobody who left", async () => {
    let running = 0;
    let most = 0;
    let asked = 0;
    const waiting: (() => void)[] = [];
    const authorizer = new ExternalAuthorizer({
      ask: async () => {
        asked++;
        most = Math.max(most, ++running);
        await new Promise<void>((resolve) => waiting.push(resolve));
        running--;
        return {};
      },
    }, { fileSystem: files, maxConcurrent: 2 });
    const gone = new AbortController();
    const logins = Array.from(
      { length: 6 },
      (_, at) =>
        authorizer.authenticate(REQUEST, at === 5 ? gone.signal : SIGNAL),
    );
    gone.abort();
    expect(await logins[5]).toBeNull();
    for (let done = 0; done < 5; done++) {
      while (waiting.length === 0) await new Promise(setImmediate);
      waiting.shift()!();
      await new Promise(setImmediate);
    }
    expect((await Promise.all(logins)).filter((one) => one !== null).length)
      .toBe(5);
    expect({ most, asked }).toEqual({ most: 2, asked: 5 });
  });

  test("asks about certificates only where it is told to", async () => {
    expect(make({}).recognize).toBeUndefined();
    const questions: unknown[] = [];
    const authorizer = new ExternalAuthorizer(
      { ask: (question) => Promise.resolve(void questions.push(question)) },
      { fileSystem: files, certificates: true },
      (der) => ({
        subject: "CN=ann",
        commonName: "ann",
        issuer: "CN=ca",
        alternativeNames: [],
        fingerprint: "00",
        serialNumber: "01",
        der,
      }),
    );
    await authorizer.recognize!(REQUEST, SIGNAL);
    expect(questions).toEqual([]);
    const peerCertificate = new Uint8Array(1);
    await authorizer.recognize!({ ...REQUEST, peerCertificate }, SIGNAL);
    expect(questions).toEqual([{
      ...QUESTION,
      password: null,
      certificate: {
        subject: "CN=ann",
        commonName: "ann",
        issuer: "CN=ca",
        alternativeNames: [],
        fingerprint: "00",
        serialNumber: "01",
      },
    }]);
  });

  test("refuses options that cannot hold", () => {
    expect(() => make({}, {})).toThrow(
      "Cannot make an authorizer: one of fileSystem and openFolder is needed",
    );
    for (const maxConcurrent of [0, -1, 0.5, NaN]) {
      expect(() => make({}, { fileSystem: files, maxConcurrent })).toThrow(
        `Cannot make an authorizer: maxConcurrent cannot be ${maxConcurrent}`,
      );
    }
    expect(() => make({}, { fileSystem: files, certificates: true })).toThrow(
      "certificates cannot be read here",
    );
  });

  test("the schema of accounts is the one that is published", async () => {
    await expect(JSON.stringify(ACCOUNT_SCHEMA, null, 2) + "\n")
      .toMatchFileSnapshot("../../schema/account.schema.json");
  });
});

describe("httpAuthorizer", () => {
  let server: Server;
  let url: string;
  let requests: { request: IncomingMessage; body: string }[];
  let answer: { status: number; body: string; headers?: object } | null;

  beforeEach(async () => {
    requests = [];
    answer = { status: 200, body: "{}" };
    server = createServer((request, response) => {
      let body = "";
      request.setEncoding("utf8").on("data", (chunk) => body += chunk);
      request.on("end", () => {
        requests.push({ request, body });
        if (answer === null) return;
        response.writeHead(answer.status, { ...answer.headers });
        response.end(answer.body);
      });
    });
    await new Promise<void>((resolve) =>
      server.listen(0, "127.0.0.1", resolve)
    );
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/ftp?k=v`;
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  test("posts the question as JSON and lets in on 200", async () => {
    let token = 0;
    const authorizer = httpAuthorizer({
      url,
      bearer: () => `t${++token}`,
      headers: { "x-server": "ftp" },
      fileSystem: files,
    });
    for (let login = 1; login <= 2; login++) {
      const account = await authorizer.authenticate(REQUEST, SIGNAL);
      expect(account).toMatchObject({ name: "ann" });
      const { request, body } = requests.at(-1)!;
      expect(request.method).toBe("POST");
      expect(request.url).toBe("/ftp?k=v");
      expect(request.headers).toMatchObject({
        "content-type": "application/json",
        authorization: `Bearer t${login}`,
        "x-server": "ftp",
      });
      expect(JSON.parse(body)).toEqual(QUESTION);
    }
  });

  test("says what a certificate says", async () => {
    const authorizer = httpAuthorizer({
      url,
      fileSystem: files,
      certificates: true,
    });
    const der = Buffer.from(
      SERVER.cert.split("-----")[2]!.replaceAll("\n", ""),
      "base64",
    );
    const request = { ...REQUEST, peerCertificate: new Uint8Array(der) };
    expect(await authorizer.recognize!(request, SIGNAL))
      .toMatchObject({ name: "ann" });
    const question = JSON.parse(requests[0]!.body);
    expect(question.password).toBeNull();
    expect(question.certificate.fingerprint).toMatch(/^[0-9a-f]{64}$/);
    expect(question.certificate).not.toHaveProperty("der");
  });

  test.each([401, 403])("refuses on %i", async (status) => {
    answer = { status, body: "no" };
    const authorizer = httpAuthorizer({ url, fileSystem: files });
    expect(await authorizer.authenticate(REQUEST, SIGNAL)).toBeNull();
  });

  test.each([201, 204, 400, 404, 429, 500, 503])(
    "cannot tell on %i",
    async (status) => {
      answer = { status, body: status === 204 ? "" : "{}" };
      const authorizer = httpAuthorizer({ url, fileSystem: files });
      expect(await unavailable(authorizer)).toBe(
        `Cannot ask ${url.replace("?k=v", "")}: status ${status}`,
      );
    },
  );

  test("takes no password elsewhere", async () => {
    const headers = { location: "/other" };
    for (const status of [301, 302, 307, 308]) {
      answer = { status, body: "", headers };
      const authorizer = httpAuthorizer({ url, fileSystem: files });
      expect(await unavailable(authorizer)).toContain(`status ${status}`);
    }
    expect(requests.map(({ request }) => request.url))
      .toEqual(Array(4).fill("/ftp?k=v"));
  });

  test("takes nothing but JSON of a bounded size", async () => {
    const authorizer = httpAuthorizer({
      url,
      fileSystem: files,
      maxAnswerBytes: 1000,
    });
    answer = { status: 200, body: "secret" };
    expect(await unavailable(authorizer)).toContain("it is no JSON");
    answer = { status: 200, body: `{}${" ".repeat(1000)}` };
    expect(await unavailable(authorizer)).toContain("longer than 1000 bytes");
    answer = { status: 200, body: `{}${" ".repeat(998)}` };
    expect(await authorizer.authenticate(REQUEST, SIGNAL)).not.toBeNull();
  });

  test("waits no longer than it is told, nor for who left", async () => {
    answer = null;
    const options = { url, fileSystem: files };
    expect(await unavailable(httpAuthorizer({ ...options, timeoutMs: 50 })))
      .toContain("no answer in time");
    const gone = new AbortController();
    const left = unavailable(httpAuthorizer(options), gone.signal);
    setTimeout(() => gone.abort(), 20);
    expect(await left).toContain("the client is gone");
  });

  test("a service that is not there cannot tell", async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    const why = await unavailable(httpAuthorizer({ url, fileSystem: files }));
    expect(why).toContain("Cannot ask http://127.0.0.1:");
    // The query may be a secret.
    expect(why).not.toContain("k=v");
  });

  test.each(["s3cret\nsecond line", "s3cret\0", "s3cr€t"])(
    "tells nobody of a header that cannot be sent: %j",
    async (bearer) => {
      const why = "a header cannot be sent";
      for (const secret of [{ bearer }, { headers: { "x-key": bearer } }]) {
        const options = { url, fileSystem: files, ...secret };
        expect(await unavailable(httpAuthorizer(options)))
          .toBe(`Cannot ask ${url.replace("?k=v", "")}: ${why}`);
      }
      expect(requests).toEqual([]);
    },
  );

  test("asks in clear on this machine only", () => {
    const make = (url: string, allowClearText = false): unknown =>
      httpAuthorizer({ url, fileSystem: files, allowClearText });
    for (
      const good of [
        "https://example.com/",
        "http://localhost:1/",
        "http://127.1.2.3/",
        "http://[::1]:8080/x",
      ]
    ) make(good);
    make("http://example.com/", true);
    for (
      const bad of [
        "http://example.com/",
        "http://127.0.0.1.example.com/",
        "http://localhost.example.com/",
        "http://10.0.0.1/",
      ]
    ) expect(() => make(bad)).toThrow("passwords would travel in clear");
    expect(() => make("file:///etc/passwd")).toThrow("file: is not https:");
    expect(() => make("nonsense")).toThrow("cannot be understood");
    expect(() => make("https://u:p@example.com/")).toThrow("not into the URL");
    const broken = { url, fileSystem: files, timeoutMs: 0 };
    expect(() => httpAuthorizer(broken)).toThrow("timeoutMs cannot be 0");
  });
});

describe.skipIf(process.platform === "win32")("programAuthorizer", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "anyftpd-program-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const sh = (script: string, more: object = {}): ExternalAuthorizer =>
    programAuthorizer({
      command: ["/bin/sh", "-c", script],
      cwd: folder,
      fileSystem: files,
      ...more,
    });

  test("reads the question, and nothing of it is an argument", async () => {
    const authorizer = sh(
      "cat > question; tr '\\0' ' ' < /proc/$$/cmdline > arguments; " +
        'env > environment; echo \'{"permissions": "elradfmw"}\'',
      { env: { REALM: "ftp" } },
    );
    process.env["ANYFTPD_TEST_SECRET"] = "x";
    const account = await authorizer.authenticate(REQUEST, SIGNAL);
    delete process.env["ANYFTPD_TEST_SECRET"];
    expect(await allows(account!, "write")).toBe(true);
    const read = (name: string): string =>
      readFileSync(join(folder, name), "utf8");
    expect(read("question")).toMatch(/^[^\n]*\n$/);
    expect(JSON.parse(read("question"))).toEqual(QUESTION);
    expect(read("arguments")).not.toMatch(/secret|ann/);
    expect(read("environment")).toContain("REALM=ftp\n");
    expect(read("environment")).toContain("PATH=");
    expect(read("environment")).not.toContain("ANYFTPD_TEST_SECRET");
  });

  test("refuses with 1, cannot tell with any other code", async () => {
    const refused = sh("cat > /dev/null; echo '{}'; exit 1");
    expect(await refused.authenticate(REQUEST, SIGNAL)).toBeNull();
    expect(await unavailable(sh("exit 2"))).toContain("it ended with 2");
    expect(await unavailable(sh("kill -9 $$"))).toContain("SIGKILL");
    expect(await unavailable(sh("true"))).toContain("it is no JSON");
    expect(await unavailable(sh("cat"))).toContain("is not known");
    const missing = programAuthorizer({
      command: ["/nope/nope"],
      fileSystem: files,
    });
    await unavailable(missing);
  });

  test("one that does not read the question may answer it", async () => {
    const many = { ...REQUEST, password: "x".repeat(1_000_000) };
    const account = await sh("echo {}").authenticate(many, SIGNAL);
    expect(account).not.toBeNull();
  });

  test("one that talks too much or takes too long is killed", async () => {
    expect(await unavailable(sh("exec yes", { maxAnswerBytes: 100_000 })))
      .toContain("longer than 100000 bytes");
    writeFileSync(join(folder, "pid"), "");
    const slow = sh("echo $$ > pid; exec sleep 600", { timeoutMs: 300 });
    expect(await unavailable(slow)).toContain("no answer in time");
    const pid = Number(readFileSync(join(folder, "pid"), "utf8"));
    expect(pid).toBeGreaterThan(1);
    await expectGone(pid);
  });

  test("one whose child keeps the output open ends in time", async () => {
    const script = "sleep 2 & echo {}";
    expect(await unavailable(sh(script, { timeoutMs: 300 })))
      .toContain("no answer in time");
  });

  test("one that nobody waits for is killed", async () => {
    const gone = new AbortController();
    const left = unavailable(
      sh("echo $$ > pid; exec sleep 600"),
      gone.signal,
    );
    let pid = 0;
    while (pid === 0) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      try {
        pid = Number(readFileSync(join(folder, "pid"), "utf8"));
      } catch {
        // Not begun yet.
      }
    }
    gone.abort();
    expect(await left).toContain("the client is gone");
    await expectGone(pid);
  });

  test("refuses options that cannot hold", () => {
    const make = (more: object): unknown =>
      programAuthorizer({ command: ["x"], fileSystem: files, ...more });
    expect(() => make({ command: [] })).toThrow("no command is given");
    expect(() => make({ timeoutMs: -1 })).toThrow("timeoutMs cannot be -1");
    expect(() => make({ maxAnswerBytes: NaN })).toThrow("cannot be NaN");
  });
});

/** A process that was killed is gone as soon as it is waited for. */
async function expectGone(pid: number): Promise<void> {
  for (let look = 0; look < 100; look++) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`process ${pid} is there still`);
}

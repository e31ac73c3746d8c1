// The shim for programs of npm's ftp-srv, in this process.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { PassThrough, Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import FtpSrv, {
  FileSystem,
  type FtpConnection,
  type LoginAnswer,
} from "../../examples/ftp_srv_shim.ts";
import { sampleBytes, TemporaryFolder, until } from "../support/files.ts";
import { FtpClient } from "../support/ftp_client.ts";

interface LoginData {
  readonly connection: FtpConnection;
  readonly username: string;
  readonly password: string;
}
type Resolve = (answer: LoginAnswer) => void;
type Reject = (error: Error) => void;

/**
 * "Usage" of the README of ftp-srv 4.6.3 (MIT licence, the autovance/ftp-srv
 * authors), as it stands there.
 */
const README_EXAMPLE = `
// Quick start, create an active ftp server.
const FtpSrv = require('ftp-srv');

const port=21;
const ftpServer = new FtpSrv({
    url: "ftp://0.0.0.0:" + port,
    anonymous: true
});

ftpServer.on('login', ({ connection, username, password }, resolve, reject) => { 
    if(username === 'anonymous' && password === 'anonymous'){
        return resolve({ root:"/" });    
    }
    return reject(new errors.GeneralError('Invalid username or password', 401));
});

ftpServer.listen().then(() => { 
    console.log('Ftp server is starting...')
});
`;

let folder: TemporaryFolder;
const servers: FtpSrv[] = [];

beforeEach(() => {
  folder = new TemporaryFolder("anyftpd-shim");
});

afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
  folder.remove();
});

async function served(
  login: (data: LoginData, resolve: Resolve, reject: Reject) => void,
  options: ConstructorParameters<typeof FtpSrv>[0] = {},
): Promise<FtpSrv> {
  const server = new FtpSrv({ url: "ftp://127.0.0.1:0", ...options });
  servers.push(server);
  server.on("login", login);
  await server.listen();
  return server;
}

async function entered(
  server: FtpSrv,
  username = "ann",
  password = "secret",
): Promise<FtpClient> {
  const target = { hostname: "127.0.0.1", port: server.port };
  return await FtpClient.login(target, username, password);
}

describe("the example of ftp-srv's README", () => {
  /** Port 21 is the system's; all else is as the program says. */
  class Elsewhere extends FtpSrv {
    constructor(options: { readonly url: string }) {
      expect(options.url).toBe("ftp://0.0.0.0:21");
      super({ ...options, url: "ftp://127.0.0.1:0" });
      servers.push(this);
    }
  }

  async function started(): Promise<FtpSrv> {
    const printed: string[] = [];
    const program = new Function("require", "console", README_EXAMPLE);
    program(
      (name: string) => {
        expect(name).toBe("ftp-srv");
        return Elsewhere;
      },
      { log: (line: string) => printed.push(line) },
    );
    await until("it says so", () => printed.length > 0);
    expect(printed).toEqual(["Ftp server is starting..."]);
    return servers[0]!;
  }

  test("runs as it stands, and shares the disk", async () => {
    writeFileSync(folder.at("a.txt"), "Hello");
    const client = await entered(await started(), "anonymous", "anonymous");
    const path = folder.at("a.txt");
    expect(String(await client.retrieve(`RETR ${path}`))).toBe("Hello");
    expect(await client.list(`NLST ${folder.path}`)).toEqual([path]);
    await client.quit();
  });

  test("lets nobody else in, and tells nothing of its mistakes", async () => {
    const { port } = await started();
    const client = await FtpClient.connect({ hostname: "127.0.0.1", port });
    await client.expect(null, 220);
    await client.expect("USER anonymous", 331);
    // Its `errors` is defined nowhere: the listener throws.
    const refused = await client.expect("PASS wrong", 530);
    expect(refused.raw).not.toContain("errors");
    client.destroy();
  }, 20_000);
});

describe("the login event", () => {
  test("resolves with root and folder, rejects with a text", async () => {
    mkdirSync(folder.at("sub"));
    writeFileSync(folder.at("sub", "a.txt"), "Hello");
    const server = await served(({ username, password }, resolve, reject) => {
      if (password === "secret") resolve({ root: folder.path, cwd: "/sub" });
      else reject(new Error(`No entry for ${username}`));
    });
    const client = await entered(server);
    expect((await client.cmd("PWD")).raw).toContain('"/sub"');
    await client.expect("CWD ..", 250);
    expect((await client.cmd("CWD ..")).raw).toContain('"/"');
    expect(await client.list("NLST")).toEqual(["sub"]);
    await client.quit();
    const { port } = server;
    const other = await FtpClient.connect({ hostname: "127.0.0.1", port });
    await other.expect(null, 220);
    await other.expect("USER bob", 331);
    expect((await other.expect("PASS x", 530)).raw)
      .toBe("530 No entry for bob.");
    other.destroy();
  });

  test("anonymous needs no password, as the option says", async () => {
    const seen: string[] = [];
    const server = await served(({ username, password }, resolve) => {
      seen.push(`${username} ${password}`);
      resolve({ root: folder.path });
    }, { anonymous: "guest" });
    const client = await FtpClient.connect({
      hostname: "127.0.0.1",
      port: server.port,
    });
    await client.expect(null, 220);
    await client.expect("USER guest", 331);
    await client.expect("PASS", 230);
    expect(seen).toEqual(["guest @anonymous"]);
    await client.quit();
  });

  test("lists of commands hold for the server and for one client", async () => {
    const server = await served(
      ({ username }, resolve) =>
        resolve({
          root: folder.path,
          ...(username === "few" ? { whitelist: ["PWD", "QUIT", "TYPE"] } : {}),
        }),
      { blacklist: ["RMD"], greeting: ["Welcome", "to us"] },
    );
    const client = await entered(server);
    expect((await client.expect("RMD x", 502)).raw)
      .toBe("502 Command blacklisted: RMD");
    await client.expect("MKD x", 257);
    await client.quit();
    const few = await entered(server, "few");
    expect((await few.expect("MKD y", 502)).raw)
      .toBe("502 Command not whitelisted: MKD");
    await few.expect("PWD", 257);
    await few.quit();
  });

  test("connections tell of files, the server of clients", async () => {
    const told: string[] = [];
    const server = await served(({ connection }, resolve) => {
      for (const name of ["RETR", "STOR", "RNTO"]) {
        connection.on(
          name,
          (error: Error | null, path: string) =>
            told.push(`${name} ${error === null} ${path}`),
        );
      }
      resolve({ root: folder.path });
    });
    server.on(
      "disconnect",
      ({ newConnectionCount }) => told.push(`disconnect ${newConnectionCount}`),
    );
    const client = await entered(server);
    await client.store("STOR a.txt", "Hello");
    await client.retrieve("RETR a.txt");
    await client.expect("RNFR a.txt", 350);
    await client.expect("RNTO b.txt", 250);
    await client.quit();
    await until("the end is told", () => told.includes("disconnect 0"));
    expect(told).toEqual([
      `STOR true ${folder.at("a.txt")}`,
      `RETR true ${folder.at("a.txt")}`,
      `RNTO true ${folder.at("b.txt")}`,
      "disconnect 0",
    ]);
  });
});

describe("a FileSystem that is extended", () => {
  test("as it comes: all commands, resumed transfers too", async () => {
    const server = await served(({ connection }, resolve) =>
      resolve({ fs: new FileSystem(connection, { root: folder.path }) })
    );
    const client = await entered(server);
    const content = sampleBytes(3_000_000);
    await client.store("STOR a.bin", content);
    expect((await client.retrieve("RETR a.bin")).equals(content)).toBe(true);
    await client.expect("REST 2999990", 350);
    expect((await client.retrieve("RETR a.bin")).length).toBe(10);
    await client.expect("REST 5", 350);
    await client.store("STOR a.bin", "12345");
    expect(readFileSync(folder.at("a.bin")).subarray(4, 11)).toEqual(
      Buffer.concat([
        content.subarray(4, 5),
        Buffer.from("12345"),
        content.subarray(10, 11),
      ]),
    );
    await client.store("APPE a.bin", "end");
    await client.expect("SIZE a.bin", 213);
    await client.store("STOR empty", "");
    await client.expect("MKD sub", 257);
    await client.expect("RNFR empty", 350);
    await client.expect("RNTO sub/empty", 250);
    expect(await client.list("NLST")).toEqual(["a.bin", "sub"]);
    await client.expect("SITE CHMOD 600 a.bin", 200);
    await client.expect("RMD sub", 550);
    await client.expect("DELE sub", 550);
    await client.expect("RMD a.bin", 550);
    await client.expect("CWD sub", 250);
    await client.expect("DELE empty", 250);
    await client.expect("CDUP", 250);
    await client.expect("RMD sub", 250);
    expect((await client.expect("RETR missing", 550)).raw)
      .toBe("550 No such file or directory.");
    await client.quit();
  });

  test("with methods of its own, and their words", async () => {
    const stored: Buffer[] = [];
    class Mine extends FileSystem {
      override get(name: string): ReturnType<FileSystem["get"]> {
        return Promise.resolve({
          name,
          size: 5,
          mtime: new Date(0),
          isDirectory: () => name === "/",
        });
      }
      override list(): ReturnType<FileSystem["list"]> {
        return Promise.all([this.get("hello.txt")]);
      }
      override read(): ReturnType<FileSystem["read"]> {
        return Promise.resolve({
          stream: Readable.from([Buffer.from("He"), Buffer.from("llo")]),
          clientPath: "/hello.txt",
        });
      }
      override write(): ReturnType<FileSystem["write"]> {
        const stream = new PassThrough();
        stream.on("data", (chunk: Buffer) => stored.push(chunk));
        return Promise.resolve(stream);
      }
      override delete(): Promise<void> {
        throw new Error("This archive is for ever");
      }
    }
    const server = await served(({ connection }, resolve) =>
      resolve({ fs: new Mine(connection, { root: folder.path }) })
    );
    const client = await entered(server);
    expect(await client.list("NLST")).toEqual(["hello.txt"]);
    expect(String(await client.retrieve("RETR hello.txt"))).toBe("Hello");
    await client.store("STOR new.txt", "written");
    expect(Buffer.concat(stored).toString()).toBe("written");
    expect((await client.expect("DELE hello.txt", 550)).raw)
      .toBe("550 This archive is for ever.");
    await client.quit();
  });
});

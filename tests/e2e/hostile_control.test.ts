import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TemporaryFolder, until, within } from "../support/files.ts";
import { FtpClient } from "../support/ftp_client.ts";
import { GARBAGE } from "../support/garbage.ts";
import { descriptorCount } from "../support/process_stats.ts";
import { SeededRandom } from "../support/random.ts";
import type { Reply } from "../support/reply_parser.ts";
import { serverKind, startServer, type TestServer } from "../support/server.ts";

const MIB = 2 ** 20;
/** What a hostile client may cost while it is there. */
const HEAP_SLACK_BYTES = 5 * MIB;
/** pyftpdlib has no limit of bytes before login. */
const upstream = serverKind() === "pyftpdlib";

describe("Hostile control connections", () => {
  let folder: TemporaryFolder;
  let server: TestServer;
  let open: number;

  beforeAll(async () => {
    folder = new TemporaryFolder();
    server = await startServer({ directory: folder.path });
    await serves();
    open = descriptorCount(server.pid);
  });

  afterAll(async () => {
    await server.close();
    folder.remove();
  });

  async function serves(): Promise<void> {
    const client = await within("a login", FtpClient.login(server));
    expect((await within("a NOOP", client.cmd("NOOP"))).code).toBe(200);
    await client.quit();
  }

  async function leftNothing(): Promise<void> {
    await until(
      "no descriptor is left",
      () => descriptorCount(server.pid) <= open,
    );
  }

  /** Sends bytes, then QUIT; the replies up to the end of the session. */
  async function replies(
    bytes: Uint8Array,
    login = false,
  ): Promise<Reply[]> {
    const client = login
      ? await FtpClient.login(server)
      : await FtpClient.connect(server);
    await client.write(bytes).catch(() => undefined);
    await client.write("\r\nQUIT\r\n").catch(() => undefined);
    await within("the end of the session", client.closed, 10_000);
    client.destroy();
    return [...client.unread];
  }

  test.each(GARBAGE)("%s: replies in form, then the end", async (_, bytes) => {
    for (const login of [false, true]) {
      const answers = await replies(bytes, login);
      for (const { code } of answers) {
        expect([1, 2, 3, 4, 5]).toContain(Math.floor(code / 100));
      }
      await serves();
    }
    await leftNothing();
  });

  test("random bytes in random pieces: replies in form, then the end", async () => {
    const random = new SeededRandom(20261121);
    const words = [
      ..."USER PASS RETR STOR PASV EPSV PORT EPRT LIST ABOR REST SITE".split(
        " ",
      ),
      "\r\n",
      "\r",
      "\n",
      " ",
      "\0",
      "\xff\xf4",
      "..",
      "/",
      "user",
    ];
    for (let round = 0; round < 60; round++) {
      const client = await FtpClient.connect(server);
      for (let piece = 0; piece < 20; piece++) {
        const bytes = random.below(3) === 0
          ? random.bytes(1 + random.below(100))
          : Buffer.from(random.pick(words), "latin1");
        await client.write(bytes).catch(() => undefined);
      }
      await client.write("\r\nQUIT\r\n").catch(() => undefined);
      await within(`the end of session ${round}`, client.closed);
      client.destroy();
    }
    await serves();
    await leftNothing();
  });

  test("2048 bytes before CRLF are a command, 2049 are not", async () => {
    const client = await FtpClient.login(server);
    const noop = (length: number): string => "NOOP " + "a".repeat(length - 5);
    expect((await client.cmd(noop(2048))).raw).toContain("501");
    expect((await client.cmd(noop(2049))).raw).toBe("500 Command too long.");
    client.destroy();
  });

  test.skipIf(upstream)(
    "an over-long line is answered once, whatever its pieces",
    async () => {
      const client = await FtpClient.login(server);
      for (const length of [2049, 4096, 10_000, 300_000]) {
        for (const pieces of [1, 2, 7]) {
          const line = Buffer.alloc(length, "PWD ");
          const step = Math.ceil(length / pieces);
          for (let at = 0; at < length; at += step) {
            await client.write(line.subarray(at, at + step));
          }
          await client.write("\r\n");
          expect((await client.reply()).raw).toBe("500 Command too long.");
          expect((await client.cmd("PWD")).code).toBe(257);
        }
      }
      await client.quit();
    },
  );

  test("a command that comes byte by byte is one command", async () => {
    const client = await FtpClient.connect(server);
    await client.expect(null, 220);
    for (const byte of Buffer.from("USER user\r\nPASS pass\r\nPWD\r\n")) {
      await client.write(Uint8Array.of(byte));
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await client.expect(null, 331);
    await client.expect(null, 230);
    await client.expect(null, 257);
    await client.quit();
  });

  test.skipIf(upstream).each([
    ["one endless line", Buffer.alloc(MIB, "x")],
    ["endless short lines", Buffer.from("h\r\n".repeat(MIB / 3))],
    ["endless line ends", Buffer.alloc(MIB, "\r\n")],
    [
      "endless failed logins",
      Buffer.from("USER a\r\nPASS b\r\n".repeat(65536)),
    ],
  ])(
    "50 MB of junk before login (%s) ends the session and costs nothing",
    async (_, junk) => {
      const before = await server.heap();
      const client = await FtpClient.connect(server);
      let sent = 0;
      let ended = false;
      void client.closed.then(() => ended = true);
      while (!ended && sent < 50 * MIB) {
        await client.write(junk).then(
          () => sent += junk.length,
          () => undefined,
        );
      }
      await within("the end of the session", client.closed);
      client.destroy();
      const after = await server.heap();
      expect(after - before).toBeLessThan(HEAP_SLACK_BYTES);
      await serves();
      await leftNothing();
    },
  );

  test.skipIf(upstream)(
    "a client that sends 12 MB of commands and reads no reply is held back",
    async () => {
      const client = await FtpClient.login(server);
      const before = await server.heap();
      client.pause();
      const junk = Buffer.from("h\r\n".repeat(4 * MIB));
      const sent = client.write(junk).catch(() => undefined);
      // Long enough for a server that reads on to have read it all.
      await Promise.race([
        sent,
        client.closed,
        new Promise((resolve) => setTimeout(resolve, 1500)),
      ]);
      const during = await server.heap();
      expect(during - before).toBeLessThan(HEAP_SLACK_BYTES);
      await serves();
      client.reset();
      await sent;
      await leftNothing();
    },
  );

  test("clients that say nothing do not keep others waiting", async () => {
    const silent = await Promise.all(
      Array.from({ length: 200 }, () => FtpClient.connect(server)),
    );
    await serves();
    for (const client of silent) client.reset();
    await leftNothing();
  });

  test("FIN at any moment of a login ends the session", async () => {
    const lines = [
      "",
      "USER user\r\n",
      "USER user\r\nPASS pass\r\n",
      "USER us",
    ];
    for (const text of lines) {
      const client = await FtpClient.connect(server);
      await client.write(text);
      client.end();
      await within(`the end after ${JSON.stringify(text)}`, client.closed);
      client.destroy();
    }
    await leftNothing();
  });

  test("resets at any moment of a login leave nothing behind", async () => {
    const text = "USER user\r\nPASS pass\r\nPASV\r\nLIST\r\n";
    for (let length = 0; length <= text.length; length += 3) {
      const client = await FtpClient.connect(server);
      await client.write(text.slice(0, length));
      client.reset();
    }
    await serves();
    await leftNothing();
  });
});

describe("Silent clients", () => {
  test("are told 421 and let go: idle, no data connection, stalled data", async () => {
    const folder = new TemporaryFolder();
    const server = await startServer({
      directory: folder.path,
      idleTimeoutMs: 400,
      passiveTimeoutMs: 200,
      dataTimeoutMs: 300,
    });
    try {
      for (const open of [FtpClient.connect, FtpClient.login]) {
        // pyftpdlib 1.5.7 forgets the timer once a command was given.
        if (upstream && open === FtpClient.login) continue;
        const silent = await open(server);
        if (open === FtpClient.connect) await silent.expect(null, 220);
        const idle = await within("421 for idling", silent.expect(null, 421));
        expect(idle.raw).toBe("421 Control connection timed out.");
        await within("the end", silent.closed);
      }

      const known = await FtpClient.login(server);
      await known.expect("PASV", 227);
      const passive = await within("421 for PASV", known.expect(null, 421));
      expect(passive.raw).toBe("421 Passive data channel timed out.");
      await known.quit();

      const stalled = await FtpClient.login(server);
      const data = await stalled.openData("PASV");
      await stalled.expect("STOR stalled", 125, 150);
      await data.write(Buffer.from("x"));
      const late = await within("421 for a stall", stalled.expect(null, 421));
      expect(late.raw).toBe("421 Data connection timed out.");
      await within("the end", stalled.closed);
      await until(
        "the upload is told to be incomplete",
        async () =>
          (await server.events()).at(-1)?.type === "incomplete-received",
      );
    } finally {
      await server.close();
      folder.remove();
    }
  });
});

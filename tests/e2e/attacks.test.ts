import { readdirSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { AttackFixture } from "../support/attack_fixture.ts";
import { type TemporaryFolder, until, within } from "../support/files.ts";
import { FtpClient } from "../support/ftp_client.ts";
import { passivePort } from "../support/reply_error.ts";
import { serverKind, type TestServer } from "../support/server.ts";

/** Rows where pyftpdlib does otherwise: `[!]` of the parity page. */
const upstream = serverKind() === "pyftpdlib";

/**
 * Each a mistake that some FTP server once made: ProFTPD's and npm ftp-srv's,
 * by their own change logs and by probing.
 */
describe("Attacks on the dialogue that worked on others", () => {
  let fixture: AttackFixture;
  let folder: TemporaryFolder;
  let server: TestServer;
  let client: FtpClient;

  beforeEach(async () => {
    fixture = await AttackFixture.start();
    ({ folder, server, client } = fixture);
  });

  afterEach(() => fixture?.close());

  test.each(["-1", "-0x5", "18446744073709551615", "1e3", "0x10", "+5", " 5"])(
    "REST %s never leads before the start or past all limits",
    async (offset) => {
      const reply = await client.cmd(`REST ${offset}`);
      expect([350, 501]).toContain(reply.code);
      const data = await client.openData();
      const begun = await client.cmd("RETR file");
      if (begun.code < 200) {
        const content = (await data.readAll()).toString();
        expect("0123456789".endsWith(content)).toBe(true);
        await client.expect(null, 226);
      } else expect([550, 554]).toContain(begun.code);
      data.destroy();
      expect((await client.cmd("NOOP")).code).toBe(200);
    },
  );

  test("EPSV ALL stays in force after ABOR", async () => {
    await client.expect("EPSV ALL", 200, 220);
    await client.expect("EPSV", 229);
    await client.expect("ABOR", 225);
    await client.expect("PASV", 501);
    await client.expect("PORT 127,0,0,1,200,1", 501);
    await client.expect("EPRT |1|127.0.0.1|51201|", 501);
    await client.expect("EPSV", 229);
  });

  test("EPSV ALL opens no port", async () => {
    const reply = await client.cmd("EPSV ALL");
    expect(reply.raw).not.toMatch(/\|\|\|\d+\|/);
  });

  test("RNTO before RNFR, and before login, renames nothing", async () => {
    await client.expect("RNTO stolen", 503);
    const stranger = await FtpClient.connect(server);
    await stranger.expect(null, 220);
    await stranger.expect("RNTO stolen", 530);
    await stranger.expect("RNFR file", 530);
    await stranger.expect("RNTO stolen", 530);
    stranger.destroy();
    expect(readdirSync(folder.at("root"))).not.toContain("stolen");
  });

  test.skipIf(upstream)("a failed RNFR leaves none in force", async () => {
    await client.expect("RNFR file", 350);
    await client.expect("RNFR nope", 550);
    await client.expect("RNTO stolen", 503);
  });

  test("REIN and USER forget RNFR, REST and the login", async () => {
    for (const line of ["REIN", "USER user"]) {
      await client.expect("RNFR file", 350);
      await client.expect("REST 5", 350);
      await client.expect(line, 230, 331);
      for (const command of ["RNTO x", "RETR file", "PWD", "PASV", "ABOR"]) {
        await client.expect(command, 530);
      }
      if (line === "REIN") await client.expect("USER user", 331);
      await client.expect("PASS pass", 230);
      await client.expect("RNTO x", 503);
      await client.expect("TYPE I", 200);
      expect((await client.retrieve("RETR file")).length).toBe(10);
    }
  });

  test.each(["TYPE A X", "TYPE IX", "TYPE L9", "TYPE L 8 8", "TYPE E", "TYPE"])(
    "%s is refused and changes nothing",
    async (line) => {
      expect([501, 504]).toContain((await client.cmd(line)).code);
      expect((await client.expect("STAT", 211)).raw).toContain("TYPE: Binary");
    },
  );

  test("verbs of non-ASCII bytes are unknown verbs", async () => {
    for (const verb of ["\xd5\xd3\xc5\xd2", "\u0130", "\xff\xfe", "\xdf"]) {
      const reply = await client.cmd(Buffer.from(`${verb} user`, "latin1"));
      expect(reply.code).toBe(500);
    }
    await client.expect("PWD", 257);
  });

  test("a first byte LF neither ends the session nor hides a command", async () => {
    const stranger = await FtpClient.connect(server);
    await stranger.expect(null, 220);
    await stranger.expect("\nUSER user", 500);
    await stranger.expect("PASS pass", 503);
    await stranger.expect("USER user", 331);
    stranger.destroy();
  });

  test("a command in two packets is one command, wherever it is cut", async () => {
    const text = "SIZE sub/../file\r\n";
    for (let at = 1; at < text.length; at++) {
      await client.write(text.slice(0, at));
      await new Promise((resolve) => setTimeout(resolve, 3));
      await client.write(text.slice(at));
      expect((await client.reply()).raw).toBe("213 10");
    }
  });

  test("UTF-8 cut inside a character is one name", async () => {
    writeFileSync(folder.at("root", "\u00fc\u20ac\u{1f600}"), "x");
    const bytes = Buffer.from("SIZE \u00fc\u20ac\u{1f600}\r\n");
    for (let at = 1; at < bytes.length; at++) {
      await client.write(bytes.subarray(0, at));
      await new Promise((resolve) => setTimeout(resolve, 3));
      await client.write(bytes.subarray(at));
      expect((await client.reply()).raw).toBe("213 1");
    }
  });

  test.each(["LIST -a", "LIST -la", "LIST -al", "LIST -l"])(
    "%s lists the folder",
    async (line) => {
      expect((await client.list(line)).join("\n")).toMatch(/ file$/m);
    },
  );

  test("FEAT tells what is there and nothing else", async () => {
    const features = (await client.expect("FEAT", 211)).lines.slice(1, -1)
      .map((line) => line.trim().split(" ")[0]!);
    for (
      const name of ["EPRT", "EPSV", "MDTM", "MLST", "REST", "SIZE", "UTF8"]
    ) {
      expect(features).toContain(name);
    }
    for (const name of features.filter((name) => !/UTF8|TVFS/.test(name))) {
      expect((await client.cmd(`HELP ${name}`)).code, name).toBe(214);
    }
  });

  test.each(["GET", "POST", "HEAD", "OPTIONS", "CONNECT", "PUT", "DELETE"])(
    "an HTTP %s gets no command of its body executed for a browser",
    async (verb) => {
      const browser = await FtpClient.connect(server);
      await browser.expect(null, 220);
      const reply = await browser.cmd(`${verb} / HTTP/1.1`).catch(() => null);
      if (reply) expect([421, 500, 501]).toContain(reply.code);
      browser.destroy();
    },
  );

  test("PORT and EPRT reach no other machine and no privileged port", async () => {
    for (
      const line of [
        "PORT 127,0,0,2,200,1",
        "PORT 10,0,0,1,200,1",
        "PORT 127,0,0,1,0,25",
        "EPRT |1|127.0.0.2|51201|",
        "EPRT |1|127.0.0.1|25|",
      ]
    ) await client.expect(line, 501);
  });

  test("a port of one client serves no other client of the same address", async () => {
    const other = await FtpClient.login(server);
    const port = passivePort(await other.expect("PASV", 227));
    const thief = connect({ host: "127.0.0.1", port });
    thief.on("error", () => undefined);
    await client.expect("PASV", 227);
    // The thief took the only place: the owner's next command must end, and
    // with what the thief gets or not, one client's file is no other's reply.
    const reply = await within("a reply", other.cmd("NLST"));
    expect([125, 150, 425, 426]).toContain(reply.code);
    thief.destroy();
    await client.expect("NOOP", 200);
    other.destroy();
  });

  test("wrong passwords are answered alike, for users there are and are not", async () => {
    const answers = new Set<string>();
    for (const name of ["user", "reader", "nobody-at-all"]) {
      const stranger = await FtpClient.connect(server);
      await stranger.expect(null, 220);
      const asked = await stranger.expect(`USER ${name}`, 331);
      const told = await stranger.expect("PASS wrong", 530);
      answers.add(`${asked.raw} ${told.raw}`);
      stranger.destroy();
    }
    expect(answers.size).toBe(1);
  });

  test("the third wrong password ends the session", async () => {
    const stranger = await FtpClient.connect(server);
    await stranger.expect(null, 220);
    for (let count = 1; count <= 3; count++) {
      await stranger.expect("USER user", 331);
      const reply = await stranger.expect("PASS wrong", 530);
      expect(reply.raw.endsWith("Disconnecting.")).toBe(count === 3);
    }
    await within("the end", stranger.closed);
    await until(
      "the server goes on",
      async () => (await client.cmd("NOOP")).code === 200,
    );
  });
});

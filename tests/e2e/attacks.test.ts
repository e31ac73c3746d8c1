import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { connect } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { TemporaryFolder, until, within } from "../support/files.ts";
import { FtpClient, passivePort } from "../support/ftp_client.ts";
import { serverKind, startServer, type TestServer } from "../support/server.ts";

/** Rows where pyftpdlib does otherwise: `[!]` of the parity page. */
const upstream = serverKind() === "pyftpdlib";

/**
 * Each a mistake that some FTP server once made: ProFTPD's and npm ftp-srv's,
 * by their own change logs and by probing.
 */
describe("Attacks that worked on others", () => {
  let folder: TemporaryFolder;
  let server: TestServer;
  let client: FtpClient;

  beforeEach(async () => {
    folder = new TemporaryFolder();
    mkdirSync(folder.at("root"));
    mkdirSync(folder.at("outside"));
    writeFileSync(folder.at("outside", "secret"), "secret");
    writeFileSync(folder.at("root", "file"), "0123456789");
    mkdirSync(folder.at("root", "sub"));
    symlinkSync(folder.at("outside"), folder.at("root", "escape"));
    symlinkSync("../outside", folder.at("root", "relative-escape"));
    symlinkSync(folder.at("outside", "secret"), folder.at("root", "leak"));
    symlinkSync("/proc/self/root", folder.at("root", "proc"));
    server = await startServer({
      directory: folder.at("root"),
      users: [
        {
          username: "reader",
          password: "pass",
          directory: folder.at("root"),
          permissions: "elr",
        },
        {
          username: "renamer",
          password: "pass",
          directory: folder.at("root"),
          permissions: "elrf",
        },
      ],
    });
    client = await FtpClient.login(server);
  });

  afterEach(async () => {
    client.destroy();
    await server.close();
    folder.remove();
  });

  async function transfer(line: string): Promise<number> {
    const data = await client.openData();
    const reply = await client.cmd(line);
    if (reply.code >= 200) {
      data.destroy();
      return reply.code;
    }
    await data.end(Buffer.from("EVIL"));
    await data.readAll().catch(() => undefined);
    return (await client.reply()).code;
  }

  function outsideIsUntouched(): void {
    expect(readdirSync(folder.at("outside"))).toEqual(["secret"]);
    expect(readFileSync(folder.at("outside", "secret"), "utf8")).toBe("secret");
  }

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

  test("REST 5 and STOR keep the first five bytes", async () => {
    await client.expect("REST 5", 350);
    await client.store("STOR file", "xyz");
    expect(readFileSync(folder.at("root", "file"), "utf8")).toBe("01234xyz89");
  });

  test.each(["escape", "relative-escape", "proc/tmp", "leak", "sub/../escape"])(
    "%s leads no command out of the root",
    async (link) => {
      const target = link === "leak" ? link : `${link}/secret`;
      for (
        const line of [
          `RETR ${target}`,
          `STOR ${target}`,
          `APPE ${target}`,
          // A link is no folder: `STOU leak` makes a file beside it.
          ...(upstream || link === "leak" ? [] : [`STOU ${target}`]),
          `LIST ${link}`,
          `NLST ${link}`,
          `MLSD ${link}`,
        ]
      ) expect(await transfer(line), line).toBeGreaterThanOrEqual(450);
      for (
        const line of [
          `CWD ${link}`,
          `SIZE ${target}`,
          `MDTM ${target}`,
          `MLST ${target}`,
          `STAT ${link}/`,
          `DELE ${link}/secret`,
          `MKD ${link}/made`,
          `RMD ${link}/made`,
          `RNFR ${link}/secret`,
          `SITE CHMOD 777 ${target}`,
          `MFMT 20010203040506 ${target}`,
        ]
      ) expect((await client.cmd(line)).code, line).toBeGreaterThanOrEqual(500);
      await client.expect("RNFR file", 350);
      expect((await client.cmd(`RNTO ${link}/stolen`)).code)
        .toBeGreaterThanOrEqual(500);
      outsideIsUntouched();
    },
  );

  test("a file that a link is put in place of later is not followed out", async () => {
    await client.expect("RNFR sub", 350);
    symlinkSync(folder.at("outside"), folder.at("root", "late"));
    expect((await client.cmd("RNTO late/sub")).code).toBeGreaterThanOrEqual(
      500,
    );
    outsideIsUntouched();
    expect(lstatSync(folder.at("root", "sub")).isDirectory()).toBe(true);
  });

  test.each(['q"uote', '"', '""x""', ' "a" b" '])(
    "the name %j is reached by every command, and PWD doubles its quotes",
    async (name) => {
      const doubled = name.replaceAll('"', '""');
      const made = await client.expect(`MKD ${name}`, 257);
      expect(made.raw).toContain(`257 "/${doubled}" `);
      await client.expect(`CWD ${name}`, 250);
      const where = await client.expect("PWD", 257);
      expect(where.raw).toContain(`257 "/${doubled}" `);
      await client.expect("CDUP", 250);
      await client.store(`STOR ${name}/${name}`, "x");
      expect((await client.cmd(`SIZE ${name}/${name}`)).raw).toBe("213 1");
      expect((await client.retrieve(`RETR ${name}/${name}`)).length).toBe(1);
      await client.expect(`DELE ${name}/${name}`, 250);
      await client.expect(`RMD ${name}`, 250);
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

  test("a reader changes nothing, by no command", async () => {
    const reader = await FtpClient.login(server, "reader");
    for (
      const line of [
        "DELE file",
        "MKD made",
        "XMKD made",
        "RMD sub",
        "XRMD sub",
        "RNFR file",
        "SITE CHMOD 000 file",
        "site chmod 000 file",
        "MFMT 20010203040506 file",
        "STOR file",
        "STOR made",
        "APPE file",
        "APPE made",
        "STOU",
        "STOU made",
        "STOU sub/made",
      ]
    ) expect((await reader.cmd(line)).code, line).toBe(550);
    await reader.expect("PASV", 227);
    for (const line of ["STOU", "STOR file", "APPE file"]) {
      expect((await reader.cmd(line)).code, line).toBe(550);
    }
    await reader.quit();
    expect(readdirSync(folder.at("root")).sort()).toEqual(
      ["escape", "file", "leak", "proc", "relative-escape", "sub"],
    );
    expect(readdirSync(folder.at("root", "sub"))).toEqual([]);
    const file = statSync(folder.at("root", "file"));
    expect(readFileSync(folder.at("root", "file"), "utf8")).toBe("0123456789");
    expect(file.mode & 0o777).toBe(0o644);
  });

  test.skipIf(upstream)(
    "the letter f alone does not overwrite by RNTO",
    async () => {
      writeFileSync(folder.at("root", "victim"), "precious");
      const renamer = await FtpClient.login(server, "renamer");
      await renamer.expect("RNFR file", 350);
      await renamer.expect("RNTO victim", 550);
      expect(readFileSync(folder.at("root", "victim"), "utf8")).toBe(
        "precious",
      );
      await renamer.expect("RNFR file", 350);
      await renamer.expect("RNTO free", 250);
      await renamer.quit();
    },
  );

  test("very long names and paths are refused, not half taken", async () => {
    for (const length of [255, 256, 300, 1000, 2000]) {
      const name = "n".repeat(length);
      const made = await client.cmd(`MKD ${name}`);
      expect(made.code).toBe(length <= 255 ? 257 : 550);
      if (length <= 255) {
        expect((await client.expect(`MLST ${name}`, 250)).raw)
          .toContain(` /${name}\n`);
      }
    }
    const deep = Array.from({ length: 9 }, () => "d".repeat(200));
    for (const part of deep) {
      await client.expect(`MKD ${part}`, 257);
      await client.expect(`CWD ${part}`, 250);
    }
    expect((await client.expect("MLST", 250)).raw).toContain(deep.join("/"));
    expect(await client.list("MLSD")).toEqual([]);
  });

  test.skipIf(upstream)(
    "NUL, CR and LF in a path are refused in one reply",
    async () => {
      for (const character of ["\0", "\n", "\r"]) {
        for (
          const verb of ["MKD", "CWD", "SIZE", "DELE", "RNFR", "RETR", "STOR"]
        ) {
          const reply = await client.cmd(`${verb} a${character}200 forged`);
          expect([501, 550], `${verb} ${JSON.stringify(character)}`)
            .toContain(reply.code);
          expect(reply.lines.length).toBe(1);
        }
      }
      await client.expect("NOOP", 200);
      expect(client.unread).toEqual([]);
    },
  );

  test("names on disk with line ends forge no line of a listing", async () => {
    mkdirSync(folder.at("root", "odd"));
    writeFileSync(folder.at("root", "odd", "a\r\n-rw 1 0 0 666 forged"), "");
    writeFileSync(folder.at("root", "odd", "b\n213 End of status."), "");
    if (upstream) return;
    for (const line of ["LIST odd", "NLST odd", "MLSD odd"]) {
      expect((await client.list(line)).length, line).toBe(2);
    }
    const status = await client.expect("STAT odd", 213);
    expect(status.lines.length).toBe(4);
    await client.expect("NOOP", 200);
  });

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

  test("RETR and STOR of pipes and devices do not stop the server", async () => {
    if (upstream) return;
    const { spawnSync } = await import("node:child_process");
    spawnSync("mkfifo", [folder.at("root", "pipe")]);
    symlinkSync("/dev/zero", folder.at("root", "zero"));
    for (const line of ["RETR pipe", "STOR pipe", "APPE pipe", "RETR zero"]) {
      expect(await within(line, transfer(line)), line)
        .toBeGreaterThanOrEqual(450);
    }
    await client.expect("NOOP", 200);
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

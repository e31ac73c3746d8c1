import { spawnSync } from "node:child_process";
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { AttackFixture } from "../support/attack_fixture.ts";
import { type TemporaryFolder, within } from "../support/files.ts";
import { FtpClient } from "../support/ftp_client.ts";
import { serverKind, type TestServer } from "../support/server.ts";

/** Rows where pyftpdlib does otherwise: `[!]` of the parity page. */
const upstream = serverKind() === "pyftpdlib";

/**
 * Each a mistake that some FTP server once made: ProFTPD's and npm ftp-srv's,
 * by their own change logs and by probing.
 */
describe("Attacks on files that worked on others", () => {
  let fixture: AttackFixture;
  let folder: TemporaryFolder;
  let server: TestServer;
  let client: FtpClient;

  beforeEach(async () => {
    fixture = await AttackFixture.start();
    ({ folder, server, client } = fixture);
  });

  afterEach(() => fixture?.close());

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

  test("RETR and STOR of pipes and devices do not stop the server", async () => {
    if (upstream) return;
    spawnSync("mkfifo", [folder.at("root", "pipe")]);
    symlinkSync("/dev/zero", folder.at("root", "zero"));
    for (const line of ["RETR pipe", "STOR pipe", "APPE pipe", "RETR zero"]) {
      expect(await within(line, transfer(line)), line)
        .toBeGreaterThanOrEqual(450);
    }
    await client.expect("NOOP", 200);
  });
});

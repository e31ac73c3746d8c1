import { expect, test } from "vitest";
import {
  dialogue,
  expectSilence,
  greeted,
  loggedIn,
  nextReply,
  utf8,
} from "./_dialogue.ts";
import { settle } from "../../adapters/memory.ts";

const NOTHING = "200 I successfully did nothing.";
const BINARY = new Uint8Array([0xff, 0xf4, 0xff, 0xf2]);

test("a bare LF ends no command, nor does a lone CR", async () => {
  await using stage = await greeted();
  const { client } = stage;
  for (const part of ["NOOP\n", "\r", "x"]) {
    await client.send(part);
    await expectSilence(client);
  }
  await client.send("\r\n");
  expect(await nextReply(client)).toBe(
    '500 Command "NOOP??X" not understood.',
  );
});

test("LF and CR CR LF end commands where the option says so", async () => {
  await using stage = await greeted({ lineEnding: "any" });
  const { client } = stage;
  for (const end of ["\n", "\r\n", "\r\r\n"]) {
    await client.send(`NOOP${end}`);
    expect(await nextReply(client)).toBe(NOTHING);
  }
});

test("a command is the same wherever its bytes are cut", async () => {
  await using stage = await greeted();
  const { client } = stage;
  const line = "SITE HELP site chmod\r\n";
  for (let cut = 1; cut < line.length; cut++) {
    await client.send(line.slice(0, cut));
    await expectSilence(client);
    await client.send(line.slice(cut));
    expect(await nextReply(client)).toBe(
      "214 Syntax: SITE CHMOD <SP> mode path (change file mode).",
    );
  }
});

test("2048 bytes pass and 2049 do not, with one answer for the line", async () => {
  await using stage = await loggedIn();
  const { client } = stage;
  const long = "x".repeat(2048);
  await dialogue(client, [
    [`CWD ${long.slice(4)}`, "550 No such file or directory."],
    [`CWD ${long.slice(3)}`, "500 Command too long."],
    ["PWD", '257 "/" is the current directory.'],
  ]);
});

test("verbs are the same in any letter case", async () => {
  await using stage = await loggedIn();
  await dialogue(stage.client, [
    ["noop", NOTHING],
    ["NoOp", NOTHING],
    ["site chmod 600 /x", "550 No such file or directory."],
  ]);
});

test("an argument keeps its spaces, and a tab is none", async () => {
  await using stage = await loggedIn();
  const { client, files } = stage;
  files.makeFolders("/d");
  await dialogue(client, [
    ["CWD  d", "550 No such file or directory."],
    ["CWD d ", "550 No such file or directory."],
    ["MKD  d ", '257 "/ d " directory created.'],
    ["CWD  d ", '250 "/ d " is the current directory.'],
    ["CWD\td", '500 Command "CWD\tD" not understood.'],
  ]);
});

test("letters that grow in upper case do not shift the argument", async () => {
  await using stage = await loggedIn();
  await dialogue(stage.client, [
    ["ß x", /^500 Command ".+" not understood\.$/],
    ["MKD ß", '257 "/Ã\x9f" directory created.'],
  ]);
  expect((await stage.files.stat("/ß")).kind).toBe("directory");
});

test("an empty line, and one that begins with a space, name no command", async () => {
  await using stage = await greeted();
  await dialogue(stage.client, [
    ["", '500 Command "" not understood.'],
    [" NOOP", '500 Command "" not understood.'],
    ["   ", '500 Command "" not understood.'],
  ]);
});

test("one trailing space is no argument, two are one", async () => {
  await using stage = await loggedIn();
  await dialogue(stage.client, [
    ["NOOP ", NOTHING],
    ["PWD  ", "501 Syntax error: command does not accept arguments."],
  ]);
});

test("SITE names its sub-command, in any letter case", async () => {
  await using stage = await loggedIn();
  await dialogue(stage.client, [
    ["SITE", "501 Syntax error: command needs an argument."],
    ["SITE ", "501 Syntax error: command needs an argument."],
    ["SITE  CHMOD 600 x", '500 Command "SITE " not understood.'],
    ["SITE ?!?", '500 Command "SITE ?!?" not understood.'],
    ["site foo bar", '500 Command "SITE FOO" not understood.'],
    ["sitefoo bar", '500 Command "SITEFOO" not understood.'],
  ]);
});

test("ABOR, STAT and QUIT are found behind up to four Telnet bytes", async () => {
  await using stage = await loggedIn();
  const { client } = stage;
  const none = "225 No transfer to abort.";
  for (let from = 0; from <= BINARY.length; from++) {
    await client.send(BINARY.subarray(from));
    await dialogue(client, [["abor", none]]);
    await client.send(BINARY.subarray(0, from));
    await dialogue(client, [["STAT", /^211-FTP server status:\n/]]);
  }
  await dialogue(client, [
    ["XXABOR", none],
    ["sitestat", /^211-/],
    ["SITE ABOR", none],
    ["XXQUIT x", "501 Syntax error: command does not accept arguments."],
    ["XXQUIT", "221 Goodbye."],
  ]);
  expect(await client.isEnded()).toBe(true);
});

test("Telnet bytes that came as urgent data, one after the other", async () => {
  await using stage = await loggedIn();
  const { client } = stage;
  for (const byte of [0xf4, 0xff]) {
    await client.send(Uint8Array.of(byte));
    await settle();
  }
  await dialogue(client, [["abor", "225 No transfer to abort."]]);
});

test("commands in one segment are answered in their order", async () => {
  await using stage = await loggedIn();
  const { client } = stage;
  await client.send("MKD a\r\nCWD a\r\nFOO\r\nPWD\r\nCDUP\r\nRMD a\r\n");
  for (
    const expected of [
      '257 "/a" directory created.',
      '250 "/a" is the current directory.',
      '500 Command "FOO" not understood.',
      '257 "/a" is the current directory.',
      '250 "/" is the current directory.',
      "250 Directory removed.",
    ]
  ) expect(await nextReply(client)).toBe(expected);
  await expectSilence(client);
});

test("every whole line, even a wrong one, restarts the idle time", async () => {
  await using stage = await greeted({ idleTimeoutMs: 1000 });
  const { client, clock } = stage;
  for (const line of ["NOOP", "FOO", ""]) {
    await clock.advance(999);
    expect(await client.command(line)).toMatch(/^[25]00 /);
  }
  await clock.advance(600);
  await client.send("NO");
  await clock.advance(399);
  await expectSilence(client);
  await clock.advance(1);
  expect(await client.reply()).toBe("421 Control connection timed out.");
  expect(await client.isEnded()).toBe(true);
});

test("an HTTP request ends the session before its body is read", async () => {
  for (const verb of ["GET", "POST", "PUT", "HEAD", "DELETE", "OPTIONS"]) {
    await using stage = await loggedIn();
    const { client, files } = stage;
    await client.send(
      `${verb} / HTTP/1.1\r\nHost: x\r\n\r\nMKD stolen\r\nQUIT\r\n`,
    );
    expect(await nextReply(client)).toBe("421 This is not an HTTP server.");
    expect(await client.isEnded()).toBe(true);
    await expect(files.stat("/stolen")).rejects.toThrow();
  }
});

test("a TLS handshake on a clear connection ends it without a word", async () => {
  const records: string[] = [];
  await using stage = await greeted({
    log: ({ level, message }) => records.push(`${level}: ${message}`),
  });
  const { client } = stage;
  await client.send(Uint8Array.of(0x16, 3, 1, 0, 200, 1, 0, 0, 196, 3, 3, 10));
  expect(await client.isEnded()).toBe(true);
  client.close();
  await settle();
  expect(records).toEqual([
    "info: FTP session opened (connect)",
    "info: TLS handshake on a clear connection.",
    "info: FTP session closed (disconnect).",
  ]);
});

test("replies are in the session's encoding", async () => {
  await using stage = await loggedIn({ encoding: "latin-1" });
  const { client, files } = stage;
  await client.send(Uint8Array.of(...utf8("MKD "), 0xe9, 0x0d, 0x0a));
  expect(await nextReply(client)).toBe('257 "/\xe9" directory created.');
  expect((await files.stat("/\u00e9")).kind).toBe("directory");
});

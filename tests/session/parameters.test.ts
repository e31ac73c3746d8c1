import { expect, test } from "vitest";
import { dialogue, greeted, loggedIn } from "./_dialogue.ts";

const ASCII = "200 Type set to: ASCII.";
const BINARY = "200 Type set to: Binary.";

test("TYPE knows A, L7, I and L8, with spaces and in any letter case", async () => {
  await using stage = await loggedIn();
  const { client } = stage;
  const status = async () =>
    /TYPE: (\w+)/.exec(await client.command("STAT"))?.[1];
  expect(await status()).toBe("ASCII");
  for (const word of ["I", "i", "L8", "l8", "L 8", "l 8"]) {
    await dialogue(client, [["TYPE A", ASCII], [`TYPE ${word}`, BINARY]]);
    expect(await status()).toBe("Binary");
  }
  for (const word of ["A", "a", "L7", "l7", "L 7", "A N", "a n"]) {
    await dialogue(client, [["TYPE I", BINARY], [`TYPE ${word}`, ASCII]]);
    expect(await status()).toBe("ASCII");
  }
  for (const word of ["?!?", "E", "A T", "A C", "L9", "L", "IA"]) {
    await dialogue(client, [
      ["TYPE I", BINARY],
      [`TYPE ${word}`, `504 Unsupported type "${word}".`],
    ]);
    expect(await status()).toBe("Binary");
  }
});

test("STRU is file, MODE is stream", async () => {
  await using stage = await loggedIn();
  await dialogue(stage.client, [
    ["STRU F", "200 File transfer structure set to: F."],
    ["STRU f", "200 File transfer structure set to: F."],
    ["STRU p", "504 Unimplemented STRU type."],
    ["STRU R", "504 Unimplemented STRU type."],
    ["STRU ?!?", "501 Unrecognized STRU type."],
    ["MODE S", "200 Transfer mode set to: S"],
    ["MODE s", "200 Transfer mode set to: S"],
    ["MODE b", "504 Unimplemented MODE type."],
    ["MODE C", "504 Unimplemented MODE type."],
    ["MODE Z", "501 Unrecognized MODE type."],
    ["MODE ?!?", "501 Unrecognized MODE type."],
  ]);
});

test("ALLO, NOOP and SYST have one answer each", async () => {
  await using stage = await loggedIn();
  await dialogue(stage.client, [
    ["ALLO x", "202 No storage allocation necessary."],
    ["ALLO 250 R 80", "202 No storage allocation necessary."],
    ["NOOP", "200 I successfully did nothing."],
    ["SYST", "215 UNIX Type: L8"],
  ]);
});

test("what RFC 959 and its siblings have besides is unknown", async () => {
  await using stage = await loggedIn();
  for (
    const name of [
      "ACCT",
      "SMNT",
      "ADAT",
      "CCC",
      "CONF",
      "ENC",
      "MIC",
      "LANG",
      "HOST",
      "HASH",
      "XCRC",
      "XMD5",
      "XSHA1",
      "LPRT",
      "LPSV",
    ]
  ) {
    await dialogue(stage.client, [
      [`${name} x`, `500 Command "${name}" not understood.`],
    ]);
  }
});

test("REST takes a whole number in binary only", async () => {
  await using stage = await loggedIn();
  const bad = "501 Invalid parameter.";
  await dialogue(stage.client, [
    ["REST 10", "501 Resuming transfers not allowed in ASCII mode."],
    ["TYPE I", BINARY],
    ["REST", "501 Syntax error: command needs an argument."],
    ["REST str", bad],
    ["REST -1", bad],
    ["REST 10.1", bad],
    ["REST 1e3", bad],
    ["REST 0x10", bad],
    ["REST 9007199254740992", bad],
    ["REST 0", "350 Restarting at position 0."],
    ["REST 10", "350 Restarting at position 10."],
    ["REST 9007199254740991", /^350 /],
  ]);
});

test("HELP lists the commands in rows of eight, or shows a syntax", async () => {
  await using stage = await greeted();
  const { client } = stage;
  const lines = (await client.command("HELP")).split("\n");
  expect(lines[0]).toBe("214-The following commands are recognized:");
  expect(lines.at(-1)).toBe("214 Help command successful.");
  expect(lines[1]).toBe(
    " ABOR   ALLO   APPE   CDUP   CWD    DELE   EPRT   EPSV  ",
  );
  const names = lines.slice(1, -1).join(" ").trim().split(/ +/);
  expect(names).toEqual([...names].sort());
  expect(names).not.toContain("CHMOD");
  for (const name of names) {
    expect(await client.command(`help ${name.toLowerCase()}`)).toMatch(
      new RegExp(`^214 Syntax: ${name}\\b`),
    );
  }
  await dialogue(client, [
    ["HELP ?!?", "501 Unrecognized command."],
    [
      "HELP SITE CHMOD",
      "214 Syntax: SITE CHMOD <SP> mode path (change file mode).",
    ],
  ]);
});

test("SITE HELP lists the sub-commands, or shows a syntax", async () => {
  await using stage = await greeted();
  await dialogue(stage.client, [
    [
      "SITE HELP",
      "214-The following SITE commands are recognized:\n CHMOD\n HELP\n" +
      "214 Help SITE command successful.",
    ],
    [
      "SITE HELP HELP",
      "214 Syntax: SITE HELP [<SP> cmd] (show SITE command help).",
    ],
    ["SITE HELP STOR", "214 Syntax: STOR <SP> file-name (store a file)."],
    [
      "SITE HELP SITE CHMOD",
      "214 Syntax: SITE CHMOD <SP> mode path (change file mode).",
    ],
    ["SITE HELP ?!?", "501 Unrecognized SITE command."],
  ]);
});

test("FEAT lists what there is, sorted", async () => {
  await using stage = await greeted();
  const lines = (await stage.client.command("FEAT")).split("\n");
  expect(lines[0]).toBe("211-Features supported:");
  expect(lines.at(-1)).toBe("211 End FEAT.");
  expect(lines.slice(1, -1).filter((line) => !line.startsWith(" MLST")))
    .toEqual([
      " EPRT",
      " EPSV",
      " MDTM",
      " MFMT",
      " REST STREAM",
      " SIZE",
      " TVFS",
      " UTF8",
    ]);
  expect(lines).toEqual([
    lines[0],
    ...lines.slice(1, -1).sort(),
    lines.at(-1),
  ]);
  expect(lines[5]).toMatch(
    /^ MLST type\*;perm\*;size\*;modify\*;unique\*;unix\.mode;unix\.uid;unix\.gid;/,
  );
});

test("UTF8 is no feature, and no option, in another encoding", async () => {
  await using stage = await greeted({ encoding: "latin-1" });
  const { client } = stage;
  expect(await client.command("FEAT")).not.toContain("UTF8");
  expect(await client.command("OPTS UTF8 ON")).toMatch(/^501 /);
});

test("OPTS UTF8 is always on, however it is asked for", async () => {
  await using stage = await greeted();
  for (const line of ["UTF8 ON", "utf8 on", "UTF-8 ON", "UTF8", "UTF8 NLST"]) {
    await dialogue(stage.client, [
      [`OPTS ${line}`, "200 Always in UTF8 mode."],
    ]);
  }
});

test("OPTS MLST chooses facts, and FEAT marks them", async () => {
  await using stage = await loggedIn();
  const { client } = stage;
  const marks = async () =>
    (await client.command("FEAT")).match(/[a-z.]+\*/g) ?? [];
  await dialogue(client, [
    ["OPTS MLST size;type;", "200 MLST OPTS size;type;"],
  ]);
  expect(await marks()).toEqual(["type*", "size*"]);
  await dialogue(client, [
    ["opts mlst TYPE;foo;SiZe;type;", "200 MLST OPTS type;size;type;"],
    ["OPTS MLST foo;", "200 MLST OPTS "],
  ]);
  expect(await marks()).toEqual([]);
  await dialogue(client, [
    ["OPTS MLST unix.mode;", "200 MLST OPTS unix.mode;"],
    ["OPTS MLST", "200 MLST OPTS "],
    ["OPTS MLST type", "501 Invalid argument."],
    ["OPTS MLST type ;", "501 Invalid number of arguments."],
    ["OPTS not_mlst", '501 Unsupported command "not_mlst".'],
    ["OPTS STOR x;", '501 Unsupported command "STOR".'],
  ]);
  expect(await marks()).toEqual([]);
});

test("facts that were chosen outlive REIN and a new login", async () => {
  await using stage = await loggedIn();
  const { client } = stage;
  await dialogue(client, [
    ["OPTS MLST size;", "200 MLST OPTS size;"],
    ["REIN", /^230 /],
    ["FEAT", /MLST type;perm;size\*;modify;/],
  ]);
  await client.logIn();
  await dialogue(client, [[
    "MLST",
    '250-Listing "/":\n size=0; /\n250 End MLST.',
  ]]);
});

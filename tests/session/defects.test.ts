// What pyftpdlib gets wrong, by the numbers of its defects: one test each for
// those about commands. Those about access and transfers have their own files.

import { expect, test } from "vitest";
import { MemoryAuthorizer, MemoryFileSystem } from "../../adapters/memory.ts";
import {
  dialogue,
  type Exchange,
  expectSilence,
  fetched,
  greeted,
  loggedIn,
  nextReply,
  passwords,
} from "./_dialogue.ts";

/** Every command with a path, which is `x`. */
const WITH_PATH = [
  "APPE x",
  "CWD x",
  "DELE x",
  "LIST x",
  "MDTM x",
  "MFMT 20200101000000 x",
  "MKD x",
  "MLSD x",
  "MLST x",
  "NLST x",
  "RETR x",
  "RMD x",
  "RNFR x",
  "RNTO x",
  "SITE CHMOD 644 x",
  "SIZE x",
  "STAT x",
  "STOR x",
  "STOU x",
];

test("D4: NUL in a path is refused and the session goes on", async () => {
  await using stage = await loggedIn();
  await dialogue(
    stage.client,
    WITH_PATH.map((command): Exchange => [
      command.replace(/x$/, "a\0b"),
      "501 Syntax error: path holds a NUL, CR or LF character.",
    ]),
  );
  await dialogue(stage.client, [["USER a\0b", /^331 /]]);
});

test("D5: a line break in a path is refused, one on the disk is not shown", async () => {
  await using stage = await loggedIn();
  const { client, files } = stage;
  for (const character of ["\n", "\r"]) {
    await dialogue(
      client,
      WITH_PATH.map((command): Exchange => [
        command.replace(/x$/, `a${character}220 b`),
        /^501 /,
      ]),
    );
  }
  const evil = "a\r\n226 Transfer complete.\r\n220 b\0";
  const list = files.list.bind(files);
  files.list = async function* (path, options) {
    for await (const batch of list(path, options)) {
      yield batch.map((entry) => ({ ...entry, name: evil, target: evil }));
    }
  };
  files.writeFile("/file", "");
  for (const command of ["LIST", "NLST", "MLSD"]) {
    const listing = await fetched(client, command);
    expect(listing.split("\r\n").length).toBe(2);
    expect(listing).toContain("a??226 Transfer complete.??220 b?");
  }
  const status = await client.command("STAT /");
  expect(status.split("\n").length).toBe(3);
});

test("D15: a line that is too long has one answer, and its tail none", async () => {
  await using stage = await loggedIn();
  const { client, files } = stage;
  await client.send(`STOR ${"B".repeat(3000)}`);
  expect(await nextReply(client)).toBe("500 Command too long.");
  await client.send("MKD tail\r\nPWD\r\n");
  expect(await nextReply(client)).toMatch(/^257 "\/" /);
  await expectSilence(client);
  await expect(files.stat("/tail")).rejects.toThrow();
});

test("D16: bytes that are no text spoil one command, not the next", async () => {
  await using stage = await loggedIn({ unicodeErrors: "strict" });
  const { client } = stage;
  for (let times = 0; times < 2; times++) {
    await client.send(Uint8Array.of(77, 75, 68, 32, 0xe9, 13, 10));
    expect(await nextReply(client)).toBe("501 Can't decode command.");
    await dialogue(client, [["NOOP", /^200 /]]);
  }
});

test("D18: PASV is refused over IPv6, and EPSV works", async () => {
  await using stage = await loggedIn({ hostname: "::1" });
  const { client } = stage;
  await dialogue(client, [["PASV", "425 PASV needs IPv4; use EPSV."]]);
  expect(await fetched(client, "NLST")).toBe("");
});

test("D19: EPRT compares addresses, not how they are written", async () => {
  await using stage = await loggedIn({ hostname: "::1" });
  const { client, transport } = stage;
  const listener = await transport.listen({ hostname: "::1", port: 0 });
  for (const address of ["0:0:0:0:0:0:0:1", "::0001", "0::1"]) {
    await dialogue(client, [
      [`EPRT |2|${address}|${listener.local.port}|`, /^200 /],
      ["ABOR", /^225 /],
    ]);
    (await listener.accept())?.close();
  }
  listener.close();
});

test("D20: EPSV ALL ends with the login", async () => {
  await using stage = await loggedIn();
  const { client } = stage;
  for (const leave of ["REIN", "USER anonymous"]) {
    await dialogue(client, [
      ["EPSV ALL", /^220 /],
      ["PASV", /^501 /],
      [leave, /^[23]3/],
    ]);
    await client.logIn();
    await dialogue(client, [["PASV", /^227 /]]);
  }
});

test("D22: unix.mode is octal as RFC 3659 has it", async () => {
  await using stage = await loggedIn();
  const { client, files } = stage;
  files.writeFile("/f", "");
  await client.command("OPTS MLST unix.mode;");
  for (const mode of [0o644, 0o4755, 0o7]) {
    await files.setMode("/f", mode);
    const digits = mode.toString(8).padStart(3, "0");
    expect(await client.command("MLST f")).toContain(
      `\n unix.mode=0${digits}; /f\n`,
    );
  }
});

test("D23: a file system may list lazily, in batches of any size", async () => {
  const files = new MemoryFileSystem();
  files.list = async function* () {
    yield await Promise.resolve([]);
    for (const name of ["a", "b"]) {
      const stat = { kind: "file", size: 1, modified: 0 } as const;
      yield [{ name, stat }];
      yield [];
    }
  };
  await using stage = await loggedIn({
    authorizer: passwords(files, { anonymous: "" }),
  });
  const { client } = stage;
  for (const command of ["LIST", "NLST", "MLSD"]) {
    expect(await fetched(client, command)).toMatch(/^.*a\r\n.*b\r\n$/);
  }
  expect(await client.command("STAT /")).toMatch(/^213-.*\n .*a\n .*b\n213 /);
});

test("D29: SITE HELP knows the sub-commands that it lists", async () => {
  await using stage = await greeted();
  const { client } = stage;
  const listed = (await client.command("SITE HELP")).split("\n").slice(1, -1);
  expect(listed.length).toBeGreaterThan(1);
  for (const name of listed.map((line) => line.trim())) {
    await dialogue(client, [
      [`SITE HELP ${name}`, new RegExp(`^214 Syntax: SITE ${name} `)],
    ]);
  }
});

test("D31: MFMT answers in UTC, as it was asked", async () => {
  await using stage = await loggedIn({ localTime: true });
  stage.files.writeFile("/a", "");
  // Wherever the test runs, it is an hour later than in Greenwich.
  const { getHours } = Date.prototype;
  Date.prototype.getHours = function () {
    return (this.getUTCHours() + 1) % 24;
  };
  try {
    await dialogue(stage.client, [
      ["MFMT 20200102030405 a", "213 Modify=20200102030405; /a."],
      ["MDTM a", "213 20200102040405"],
    ]);
  } finally {
    Date.prototype.getHours = getHours;
  }
  expect((await stage.files.stat("/a")).modified)
    .toBe(Date.UTC(2020, 0, 2, 3, 4, 5));
});

test("D32: an RNFR that fails forgets the one before", async () => {
  const fileSystem = new MemoryFileSystem();
  fileSystem.writeFile("/a", "");
  fileSystem.makeFolders("/closed");
  const authorizer = new MemoryAuthorizer();
  authorizer.addAnonymous({ fileSystem, permissions: "elf" });
  await authorizer.overridePermissions("anonymous", "/closed", "el");
  await using stage = await loggedIn({ authorizer });
  for (
    const [failing, reply] of [
      ["RNFR missing", "550 No such file or directory."],
      ["RNFR /", "550 Can't rename home directory."],
      ["RNFR closed/x", "550 Not enough privileges."],
      ["RNFR", "501 Syntax error: command needs an argument."],
      ["RNFR x\0", /^501 /],
    ] as const
  ) {
    await dialogue(stage.client, [
      ["RNFR a", /^350 /],
      [failing, reply],
      ["RNTO b", "503 Bad sequence of commands: use RNFR first."],
    ]);
  }
});

test("D33: OPTS UTF8 needs no login", async () => {
  await using stage = await greeted();
  await dialogue(stage.client, [
    ["OPTS UTF8 ON", "200 Always in UTF8 mode."],
  ]);
});

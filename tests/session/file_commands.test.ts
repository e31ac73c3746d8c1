import { expect, test } from "vitest";
import {
  MemoryAuthorizer,
  MemoryFileSystem,
  type MemoryServerOptions,
} from "../../adapters/memory.ts";
import { dialogue, type Exchange, loggedIn, stored } from "./_dialogue.ts";

const DENIED = "550 Not enough privileges.";

/** A server whose anonymous user may do what the letters say. */
function allowing(permissions: string, fileSystem: MemoryFileSystem) {
  const authorizer = new MemoryAuthorizer();
  authorizer.addAnonymous({ fileSystem, permissions });
  const options: MemoryServerOptions = { authorizer };
  return options;
}

test("DELE removes files and links, and no folders", async () => {
  await using stage = await loggedIn();
  const { files } = stage;
  files.writeFile("/a", "x");
  files.makeFolders("/d");
  files.makeLink("/l", "/a");
  await dialogue(stage.client, [
    ["DELE l", "250 File removed."],
    ["DELE d", "550 Is a directory."],
    ["DELE missing", "550 No such file or directory."],
  ]);
  expect(stored(stage, "/a")).toBe("x");
  await dialogue(stage.client, [
    ["DELE a", "250 File removed."],
    ["DELE a", "550 No such file or directory."],
  ]);
});

test("RNFR and RNTO rename files, folders and broken links", async () => {
  await using stage = await loggedIn();
  const { files } = stage;
  files.writeFile("/a", "x");
  files.makeFolders("/d/e");
  files.makeLink("/broken", "/nowhere");
  const ready = "350 Ready for destination name.";
  const done = "250 Renaming ok.";
  await dialogue(stage.client, [
    ["RNFR a", ready],
    ["RNTO b", done],
    ["RNFR d", ready],
    ["RNTO f", done],
    ["RNFR broken", ready],
    ["RNTO moved", done],
    ["RNFR f/e", ready],
    ["NOOP", /^200 /],
    ["RNTO /e", done],
    ["RNTO c", "503 Bad sequence of commands: use RNFR first."],
    ["RNFR missing", "550 No such file or directory."],
    ["RNFR /", "550 Can't rename home directory."],
    ["RNFR b", ready],
    ["RNTO /", /^550 /],
    ["RNFR b", ready],
    ["RNTO missing/b", "550 No such file or directory."],
    ["RNTO b2", "503 Bad sequence of commands: use RNFR first."],
    ["RNFR b", ready],
    ["RNTO b", done],
  ]);
  expect(stored(stage, "/b")).toBe("x");
  expect((await files.stat("/e")).kind).toBe("directory");
  expect((await files.stat("/moved", { followLinks: false })).kind)
    .toBe("link");
});

test("RNTO replaces a file only for who may write or delete it", async () => {
  const cases: readonly [string, string, string][] = [
    ["elrf", DENIED, "old"],
    ["elrfa", DENIED, "old"],
    ["elrfw", "250 Renaming ok.", "new"],
    ["elrfd", "250 Renaming ok.", "new"],
  ];
  for (const [letters, reply, content] of cases) {
    const files = new MemoryFileSystem();
    files.writeFile("/a", "new");
    files.writeFile("/b", "old");
    await using stage = await loggedIn(allowing(letters, files));
    await dialogue(stage.client, [["RNFR a", /^350 /], ["RNTO b", reply]]);
    expect(new TextDecoder().decode(files.readFile("/b"))).toBe(content);
    await dialogue(stage.client, [
      [content === "old" ? "RNFR a" : "RNFR b", /^350 /],
      ["RNTO free", "250 Renaming ok."],
    ]);
  }
});

test("SIZE tells the bytes of regular files in binary only", async () => {
  await using stage = await loggedIn();
  const { files } = stage;
  files.writeFile("/a", "12345");
  files.makeFolders("/d");
  files.makeLink("/l", "/a");
  files.makeLink("/to d", "/d");
  files.makeSpecial("/pipe");
  await dialogue(stage.client, [
    ["SIZE a", "550 SIZE not allowed in ASCII mode."],
    ["SIZE missing", "550 SIZE not allowed in ASCII mode."],
    ["TYPE I", /^200 /],
    ["SIZE a", "213 5"],
    ["SIZE l", "213 5"],
    ["SIZE d", "550 /d is not retrievable."],
    ["SIZE to d", "550 /to d is not retrievable."],
    ["SIZE pipe", "550 /pipe is not retrievable."],
    ["SIZE missing", "550 /missing is not retrievable."],
    ["SIZE a/x", "550 /a/x is not retrievable."],
  ]);
});

test("MDTM tells the time in UTC, without fractions", async () => {
  await using stage = await loggedIn();
  const { files } = stage;
  files.writeFile("/a", "");
  await files.setModified("/a", Date.UTC(2001, 1, 3, 4, 5, 6, 789));
  files.makeFolders("/d");
  files.writeFile("/past", "");
  await files.setModified("/past", Date.UTC(1800, 0, 1));
  files.writeFile("/odd", "");
  await files.setModified("/odd", 8.64e15);
  await dialogue(stage.client, [
    ["MDTM a", "213 20010203040506"],
    ["MDTM d", "550 /d is not retrievable"],
    ["MDTM missing", "550 /missing is not retrievable"],
    ["MDTM past", "213 18000101000000"],
    ["MDTM odd", "550 Can't determine file's last modification time."],
  ]);
});

test("MFMT sets the time that it is told, in UTC", async () => {
  await using stage = await loggedIn();
  const { files } = stage;
  files.writeFile("/a b", "");
  files.makeFolders("/d");
  const bad = "550 Invalid time format; expected: YYYYMMDDHHMMSS.";
  const exchanges: Exchange[] = [
    "2001020304050",
    "200102030405067",
    "20010203040506.7",
    "2001020304050x",
    "20011303040506",
    "20010230040506",
    "20010203240506",
  ].map((time) => [`MFMT ${time} a b`, bad]);
  await dialogue(stage.client, exchanges);
  await dialogue(stage.client, [
    ["MFMT 20010203040506 a b", "213 Modify=20010203040506; /a b."],
    ["MDTM a b", "213 20010203040506"],
    ["MFMT 20010203040506 missing", "550 /missing is not retrievable"],
    ["MFMT 20010203040506 d", "550 /d is not retrievable"],
  ]);
});

test("SITE CHMOD takes three or four octal digits", async () => {
  await using stage = await loggedIn();
  const { files } = stage;
  files.writeFile("/a b", "");
  const bad = "501 Invalid SITE CHMOD format.";
  await dialogue(stage.client, [
    ["SITE CHMOD -177 a b", bad],
    ["SITE CHMOD 778 a b", bad],
    ["SITE CHMOD foo a b", bad],
    ["SITE CHMOD 77 a b", bad],
    ["SITE CHMOD 07777 a b", bad],
    ["SITE CHMOD 644 missing", "550 No such file or directory."],
  ]);
  for (const mode of ["777", "755", "0555", "4711", "000"]) {
    await dialogue(stage.client, [
      [`SITE CHMOD ${mode} a b`, "200 SITE CHMOD successful."],
    ]);
    expect((await files.stat("/a b")).mode).toBe(Number.parseInt(mode, 8));
  }
});

test("MFMT and SITE CHMOD need a file system that can", async () => {
  const plain = new MemoryFileSystem();
  const limited = Object.create(plain, {
    setModified: { value: undefined },
    setMode: { value: undefined },
    stat: { value: plain.stat.bind(plain) },
    resolve: { value: plain.resolve.bind(plain) },
  });
  plain.writeFile("/a", "");
  await using stage = await loggedIn(allowing("elradfmwMT", limited));
  await dialogue(stage.client, [
    ["MFMT 20010203040506 a", "550 Operation not supported."],
    ["SITE CHMOD 644 a", "550 Operation not supported."],
  ]);
  expect(await stage.client.command("FEAT")).not.toContain("MFMT");
});

test("each command needs its letter", async () => {
  const letters: Readonly<Record<string, readonly string[]>> = {
    e: ["CWD d", "CDUP", "XCWD d", "XCUP"],
    l: ["LIST", "NLST", "MLSD", "MLST a", "STAT a", "SIZE a", "MDTM a"],
    r: ["RETR a"],
    a: ["APPE a"],
    d: ["DELE a", "RMD d", "XRMD d"],
    f: ["RNFR a", "RNTO b"],
    m: ["MKD n", "XMKD n"],
    w: ["STOR a", "STOU", "STOU a"],
    M: ["SITE CHMOD 644 a"],
    T: ["MFMT 20010203040506 a"],
  };
  for (const [letter, commands] of Object.entries(letters)) {
    const files = new MemoryFileSystem();
    files.writeFile("/a", "kept");
    files.makeFolders("/d");
    const all = "elradfmwMT";
    await using stage = await loggedIn(
      allowing(all.replace(letter, ""), files),
    );
    await dialogue(stage.client, [
      ["TYPE I", /^200 /],
      ...commands.map((command): Exchange => [command, DENIED]),
      ["PWD", /^257 /],
      ["STAT", /^211-/],
    ]);
    expect(new TextDecoder().decode(files.readFile("/a"))).toBe("kept");
    const names = [];
    for await (const batch of files.list("/", { sorted: true, stat: "none" })) {
      names.push(...batch.map((entry) => entry.name));
    }
    expect(names).toEqual(["a", "d"]);
  }
});

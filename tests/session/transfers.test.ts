import { describe, expect, test } from "vitest";
import {
  FileError,
  MemoryFileSystem,
  readAll,
  settle,
} from "../../adapters/memory.ts";
import {
  clientPort,
  dialogue,
  expectSilence,
  fetched,
  loggedIn,
  nextReply,
  passwords,
  stored,
} from "./_dialogue.ts";

const COMPLETE = "226 Transfer complete.";

/** Bytes of every value, in no simple order. */
function blob(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at++) bytes[at] = (at * 31 + (at >> 8)) & 0xff;
  return bytes;
}

/** `toEqual` takes seconds for a megabyte. */
function same(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length &&
    left.every((byte, at) => byte === right[at]);
}

describe.each([1, 3, 4096, 65_536])("in chunks of %i bytes", (chunkSize) => {
  test("what goes up comes down again, passive and active", async () => {
    await using stage = await loggedIn();
    const { client, transport, files } = stage;
    transport.chunkSize = chunkSize;
    const content = blob(Math.min(chunkSize * 300, 1_000_000));
    await dialogue(client, [["TYPE I", /^200 /]]);
    expect(await client.upload("STOR a", content)).toBe(COMPLETE);
    expect(same(files.readFile("/a"), content)).toBe(true);
    const { bytes, reply } = await client.download("RETR a");
    expect(reply).toBe(COMPLETE);
    expect(same(bytes, content)).toBe(true);

    await using mine = await clientPort(stage);
    await dialogue(client, [[mine.port, /^200 /], ["STOR b", /^125 /]]);
    const up = await mine.accept();
    await up.write(content);
    await up.closeWrite();
    expect(await nextReply(client)).toBe(COMPLETE);
    await dialogue(client, [[mine.eprt, /^200 /]]);
    expect(await client.command("RETR b")).toMatch(/^125 /);
    expect(same(await readAll(await mine.accept()), content)).toBe(true);
    expect(await nextReply(client)).toBe(COMPLETE);
  });
});

test("empty files go both ways", async () => {
  await using stage = await loggedIn();
  const { client } = stage;
  for (const type of ["A", "I"]) {
    await dialogue(client, [[`TYPE ${type}`, /^200 /]]);
    expect(await client.upload("STOR e", "")).toBe(COMPLETE);
    expect(stored(stage, "/e")).toBe("");
    expect(await fetched(client, "RETR e")).toBe("");
  }
});

test("a file that cannot be opened is refused, and the connection stays", async () => {
  await using stage = await loggedIn();
  const { client, files } = stage;
  files.writeFile("/a", "x");
  files.makeFolders("/d");
  files.makeSpecial("/pipe");
  const data = await client.passive();
  await dialogue(client, [
    ["RETR missing", "550 No such file or directory."],
    ["RETR d", "550 Is a directory."],
    ["RETR pipe", "550 Not a regular file."],
    ["STOR missing/x", "550 No such file or directory."],
    ["STOR d", "550 Is a directory."],
    ["STOR pipe", "550 Not a regular file."],
    ["APPE d", "550 Is a directory."],
    [
      "RETR a",
      "125 Data connection already open. Transfer starting.",
      COMPLETE,
    ],
  ]);
  expect(new TextDecoder().decode(await readAll(data))).toBe("x");
  data.close();
});

test("STOR empties the file when the command comes", async () => {
  await using stage = await loggedIn();
  stage.files.writeFile("/a", "0123456789");
  await dialogue(stage.client, [["STOR a", /^150 /]]);
  expect(stored(stage, "/a")).toBe("");
  await dialogue(stage.client, [["ABOR", /^225 /]]);
});

test("APPE adds to the end, or makes the file", async () => {
  await using stage = await loggedIn();
  const { client } = stage;
  expect(await client.upload("APPE a", "first")).toBe(COMPLETE);
  expect(await client.upload("APPE a", " second")).toBe(COMPLETE);
  expect(stored(stage, "/a")).toBe("first second");
});

describe("an error of the file system on the way", () => {
  /** Files that break after their first reads and writes. */
  function breaking(error: unknown) {
    const files = new MemoryFileSystem();
    files.writeFile("/a", "x".repeat(1_000_000));
    const open = files.open.bind(files);
    files.open = async (path, mode) => {
      const file = await open(path, mode);
      const { read } = file;
      file.read = (into, position) =>
        position > 0 ? Promise.reject(error) : read.call(file, into, position);
      file.write = () => Promise.reject(error);
      return file;
    };
    return loggedIn({ authorizer: passwords(files, { anonymous: "" }) });
  }

  const cases: readonly [unknown, string][] = [
    [new FileError("io", "/real"), "426 Input/output error; transfer aborted."],
    [
      new FileError("no-space", "/real"),
      "452 No space left on device; transfer aborted.",
    ],
    [
      new FileError("quota-exceeded", "/real"),
      "552 Disk quota exceeded; transfer aborted.",
    ],
    [
      new FileError("custom", "/real", { reply: "sealed" }),
      "426 sealed; transfer aborted.",
    ],
    [new TypeError("/real"), "426 Internal error; transfer aborted."],
  ];

  test("is told in its words, and the session goes on", async () => {
    for (const [error, reply] of cases) {
      await using stage = await breaking(error);
      const { client } = stage;
      const down = await client.passive();
      expect(await client.command("RETR a")).toMatch(/^1/);
      await readAll(down);
      expect(await nextReply(client)).toBe(reply);
      down.close();
      const up = await client.passive();
      await dialogue(client, [["STOR b", /^1/]]);
      await up.write(new Uint8Array(10));
      await up.write(new Uint8Array(10)).catch(() => {});
      up.close();
      expect(await nextReply(client)).toBe(reply);
      await dialogue(client, [["NOOP", /^200 /]]);
    }
  });

  test("in close() is told in place of 226", async () => {
    const files = new MemoryFileSystem();
    const open = files.open.bind(files);
    files.open = async (path, mode) => {
      const file = await open(path, mode);
      file.close = () => Promise.reject(new FileError("no-space", "late"));
      return file;
    };
    await using stage = await loggedIn({
      authorizer: passwords(files, { anonymous: "" }),
    });
    expect(await stage.client.upload("STOR a", "x")).toBe(
      "452 No space left on device; transfer aborted.",
    );
  });
});

test("226 comes after the data connection and the file are closed", async () => {
  const files = new MemoryFileSystem();
  files.writeFile("/a", "x");
  const events: string[] = [];
  const open = files.open.bind(files);
  let finish = () => {};
  files.open = async (path, mode) => {
    const file = await open(path, mode);
    file.close = () =>
      new Promise((resolve) => {
        events.push("closing");
        finish = resolve;
      });
    return file;
  };
  await using stage = await loggedIn({
    authorizer: passwords(files, { anonymous: "" }),
  });
  const { client } = stage;
  for (const command of ["RETR a", "STOR b"]) {
    const data = await client.passive();
    await dialogue(client, [[command, /^1/]]);
    if (command === "STOR b") await data.closeWrite();
    await readAll(data);
    await settle();
    expect(events.splice(0)).toEqual(["closing"]);
    await expectSilence(client);
    finish();
    expect(await nextReply(client)).toBe(COMPLETE);
    data.close();
  }
});

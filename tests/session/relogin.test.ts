import { describe, expect, test } from "vitest";
import { MemoryFileSystem, settle } from "../../adapters/memory.ts";
import {
  clientPort,
  dialogue,
  drained,
  expectSilence,
  greeted,
  loggedIn,
  nextReply,
  passwords,
} from "./_dialogue.ts";

const NEEDS_LOGIN = "530 Log in with USER and PASS first.";
const FLUSHED = "331 Previous account information was flushed, send password.";

/** The two ways to leave an account. */
const WAYS: readonly (readonly [string, string])[] = [
  ["REIN", "230 Ready for new user."],
  ["USER anonymous", FLUSHED],
];

describe.each(WAYS)("%s", (command, reply) => {
  test("ends the login and lets another one in", async () => {
    const events: string[] = [];
    await using stage = await loggedIn({
      hooks: {
        login: ({ username }) => void events.push(`in ${username}`),
        logout: ({ username }) => void events.push(`out ${username}`),
      },
    });
    const { client } = stage;
    await dialogue(client, [
      [command, reply],
      ["PWD", NEEDS_LOGIN],
      ["REIN", NEEDS_LOGIN],
      ["USER anonymous", "331 Username ok, send password."],
      ["PASS", "230 Login successful."],
      ["PWD", '257 "/" is the current directory.'],
    ]);
    expect(events).toEqual(["in anonymous", "out anonymous", "in anonymous"]);
  });

  test("resets what belongs to the login", async () => {
    await using stage = await loggedIn();
    const { client, files } = stage;
    files.makeFolders("/d");
    files.writeFile("/a", "0123");
    await dialogue(client, [
      ["CWD d", /^250 /],
      ["TYPE I", /^200 /],
      ["REST 2", /^350 /],
      ["RNFR /a", /^350 /],
      ["EPSV ALL", /^220 /],
      ["PASV", /^501 /],
      ["EPSV", /^229 /],
      [command, reply],
      ["STAT", /TYPE: ASCII; .*\n Data connection closed\.\n/],
    ]);
    await client.logIn();
    await dialogue(client, [
      ["PWD", '257 "/" is the current directory.'],
      ["RNTO b", "503 Bad sequence of commands: use RNFR first."],
      ["PASV", /^227 /],
      ["TYPE I", /^200 /],
    ]);
    const { bytes } = await client.download("RETR a");
    expect(bytes.length).toBe(4);
  });

  test("closes a data connection that no transfer uses", async () => {
    await using stage = await loggedIn();
    const { client } = stage;
    const data = await client.passive();
    await settle();
    await dialogue(client, [[command, reply]]);
    expect(await data.read()).toBe(null);
  });

  test("lets go of a transfer that waits for its connection", async () => {
    const files = new MemoryFileSystem();
    let open = 0;
    const opened = files.open.bind(files);
    files.open = async (path, mode) => {
      const file = await opened(path, mode);
      open++;
      const close = file.close.bind(file);
      file.close = () => {
        open--;
        return close();
      };
      return file;
    };
    files.writeFile("/a", "x");
    await using stage = await loggedIn({
      authorizer: passwords(files, { anonymous: "" }),
    });
    const { client } = stage;
    await dialogue(client, [["RETR a", /^150 /]]);
    expect(open).toBe(1);
    const told = "426 Transfer aborted; the login ended.";
    await dialogue(client, [[command, told, reply]]);
    expect(open).toBe(0);
    await client.logIn();
    const data = await client.passive();
    await expectSilence(client);
    data.close();
  });

  test("lets a running download go on to its 226, in passive mode", async () => {
    await using stage = await loggedIn();
    const { client, transport } = stage;
    transport.window = 1000;
    const content = "x".repeat(5000);
    stage.files.writeFile("/a", content);
    const data = await client.passive();
    await dialogue(client, [
      ["TYPE I", /^200 /],
      ["RETR a", /^1/],
      [command, reply],
      ["PWD", NEEDS_LOGIN],
    ]);
    expect(await drained(data)).toBe(content);
    expect(await nextReply(client)).toBe("226 Transfer complete.");
    await client.logIn();
    await dialogue(client, [["PWD", /^257 /]]);
  });

  test("lets a running upload go on to its 226, in active mode", async () => {
    await using stage = await loggedIn();
    const { client } = stage;
    await using mine = await clientPort(stage);
    await dialogue(client, [[mine.port, /^200 /], ["STOR a", /^125 /]]);
    const data = await mine.accept();
    await data.write(new Uint8Array(10));
    await dialogue(client, [[command, reply], ["PWD", NEEDS_LOGIN]]);
    await data.write(new Uint8Array(10));
    await data.closeWrite();
    expect(await nextReply(client)).toBe("226 Transfer complete.");
    expect(stage.files.readFile("/a").length).toBe(20);
  });
});

test("a listing with rules for paths outlives the login", async () => {
  const files = new MemoryFileSystem();
  for (let at = 0; at < 300; at++) files.writeFile(`/file ${at}`, "");
  const asked: string[] = [];
  await using stage = await loggedIn({
    authorizer: passwords(files, { anonymous: "" }, {
      pathRules: true,
      allows: (action, { path }) => {
        asked.push(path);
        return action !== "write";
      },
    }),
  });
  const { client, transport } = stage;
  transport.window = 100;
  const data = await client.passive();
  await dialogue(client, [
    ["OPTS MLST perm;", /^200 /],
    ["MLSD", /^1/],
    ["REIN", /^230 /],
  ]);
  expect(asked).not.toContain("/file 299");
  const lines = (await drained(data)).trim().split("\r\n");
  expect(await nextReply(client)).toBe("226 Transfer complete.");
  expect(lines.length).toBe(300);
  for (const line of lines) expect(line).toMatch(/^perm=radf; file \d+$/);
});

test("a transfer belongs to who started it, whoever comes next", async () => {
  const files = new MemoryFileSystem();
  const sent: string[] = [];
  await using stage = await greeted({
    authorizer: passwords(files, { alice: "a", bob: "b" }),
    hooks: {
      fileReceived: ({ username, path }) => {
        sent.push(`${username} ${path}`);
      },
    },
  });
  const { client } = stage;
  await client.logIn("alice", "a");
  const data = await client.passive();
  await dialogue(client, [["STOR a", /^1/], ["USER bob", FLUSHED]]);
  await dialogue(client, [["PASS b", /^230 /]]);
  await data.closeWrite();
  expect(await nextReply(client)).toMatch(/^226 /);
  expect(sent).toEqual(["alice /a"]);
});

test("a new login after a long session is no flood", async () => {
  await using stage = await loggedIn({ maxBytesBeforeLogin: 1000 });
  const { client } = stage;
  for (let sent = 0; sent < 2000; sent += 6) {
    expect(await client.command("NOOP")).toMatch(/^200 /);
  }
  await dialogue(client, [
    ["REIN", /^230 /],
    ["USER anonymous", /^331 /],
    ["PASS", /^230 /],
    ["NOOP", /^200 /],
  ]);
});

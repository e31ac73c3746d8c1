// What pyftpdlib gets wrong about transfers, by the numbers of its defects.

import { expect, test } from "vitest";
import {
  FileError,
  MemoryFileSystem,
  readAll,
  settle,
} from "../../adapters/memory.ts";
import {
  clientPort,
  dialogue,
  drained,
  expectSilence,
  fetched,
  loggedIn,
  nextReply,
  passwords,
  stored,
} from "./_dialogue.ts";

const COMPLETE = "226 Transfer complete.";
const BUSY = "425 Transfer already in progress.";
const WAITING = "150 File status okay. About to open data connection.";
const NOTHING = "225 No transfer to abort.";

test("D6: a pipe is not opened, whoever asks", async () => {
  await using stage = await loggedIn();
  stage.files.makeSpecial("/pipe");
  for (const command of ["RETR", "STOR", "APPE"]) {
    await dialogue(stage.client, [
      [`${command} pipe`, "550 Not a regular file."],
    ]);
  }
});

test("D7: a second transfer does not get into the first", async () => {
  for (const command of ["RETR b", "STOR c", "LIST"]) {
    await using stage = await loggedIn();
    const { client, clock, transport, files } = stage;
    transport.window = 1000;
    files.writeFile("/a", "a".repeat(3000));
    files.writeFile("/b", "b");
    const data = await client.passive();
    await dialogue(client, [["RETR a", /^1/], [command]]);
    await clock.advance(1000);
    expect(await nextReply(client)).toBe(BUSY);
    expect(await drained(data)).toBe("a".repeat(3000));
    expect(await nextReply(client)).toBe(COMPLETE);
    await expect(files.stat("/c")).rejects.toThrow();
  }
});

test("D8: PASV and PORT do not kill a transfer", async () => {
  for (const command of ["PASV", "EPSV", "PORT 127,0,0,1,200,1"]) {
    await using stage = await loggedIn();
    const { client, clock } = stage;
    const data = await client.passive();
    await dialogue(client, [["STOR a", /^1/], [command]]);
    await data.write(new TextEncoder().encode("whole"));
    await clock.advance(1000);
    expect(await nextReply(client)).toBe(BUSY);
    await data.closeWrite();
    expect(await nextReply(client)).toBe(COMPLETE);
    expect(stored(stage, "/a")).toBe("whole");
  }
});

test("D9: REIN and USER do not kill a transfer in active mode", async () => {
  for (const leave of ["REIN", "USER anonymous"]) {
    await using stage = await loggedIn();
    const { client, transport } = stage;
    transport.window = 1000;
    stage.files.writeFile("/a", "a".repeat(3000));
    await using mine = await clientPort(stage);
    await dialogue(client, [
      [mine.port, /^200 /],
      ["RETR a", /^125 /],
      [leave, /^[23]3/],
    ]);
    expect(await drained(await mine.accept())).toBe("a".repeat(3000));
    expect(await nextReply(client)).toBe(COMPLETE);
  }
});

test("D10: an upload that was reset is not complete", async () => {
  const events: string[] = [];
  await using stage = await loggedIn({
    hooks: {
      fileReceived: () => void events.push("complete"),
      incompleteFileReceived: ({ outcome }) => void events.push(outcome),
    },
  });
  const { client } = stage;
  const data = await client.passive();
  await dialogue(client, [["STOR a", /^1/]]);
  await data.write(new TextEncoder().encode("part"));
  await settle();
  data.reset();
  expect(await nextReply(client)).toBe(
    "426 Transfer aborted; 4 bytes transmitted.",
  );
  expect(events).toEqual(["disconnected"]);
});

test("D11: 426 tells what went wrong", async () => {
  const files = new MemoryFileSystem();
  files.writeFile("/a", "x");
  const open = files.open.bind(files);
  files.open = async (path, mode) => {
    const file = await open(path, mode);
    file.read = () => Promise.reject(new FileError("io", "/dev/sda"));
    return file;
  };
  await using stage = await loggedIn({
    authorizer: passwords(files, { anonymous: "" }),
  });
  const { reply } = await stage.client.download("RETR a");
  expect(reply).toBe("426 Input/output error; transfer aborted.");
});

test("D12: a hook that throws does not hold the session", async () => {
  await using stage = await loggedIn({
    idleTimeoutMs: 10_000,
    hooks: {
      login: () => Promise.reject(new Error("login")),
      fileReceived: () => {
        throw new Error("fileReceived");
      },
    },
  });
  const { client, clock, server } = stage;
  expect(await client.upload("STOR a", "x")).toBe(COMPLETE);
  await dialogue(client, [["STAT", /\n Data connection closed\.\n/]]);
  expect(await client.upload("STOR a", "x")).toBe(COMPLETE);
  await clock.advance(9_999);
  await expectSilence(client);
  const other = await stage.connect();
  await other.logIn();
  expect(await other.upload("STOR b", "x")).toBe(COMPLETE);
  expect(await other.command("QUIT")).toMatch(/^221 /);
  expect(await other.isEnded()).toBe(true);
  other.close();
  await clock.advance(1);
  expect(await nextReply(client)).toMatch(/^421 /);
  client.close();
  await settle();
  expect(server.sessionCount).toBe(0);
});

test("D13: a lone CR at the end of an upload is kept", async () => {
  await using stage = await loggedIn();
  expect(await stage.client.upload("STOR a", "a\r")).toBe(COMPLETE);
  expect(stored(stage, "/a")).toBe("a\r");
});

test("D14: an LF before which nothing is read is converted", async () => {
  await using stage = await loggedIn();
  stage.files.writeFile("/a", "\nab\r");
  expect(await fetched(stage.client, "RETR a")).toBe("\r\nab\r");
});

test("D17: a connection that dies early has its reply", async () => {
  await using stage = await loggedIn();
  const { client, transport, files } = stage;
  transport.window = 100;
  files.writeFile("/a", "x".repeat(1000));
  // Before the command.
  (await client.passive()).close();
  await settle();
  await dialogue(client, [
    ["RETR a", "425 Data connection closed; open a new one."],
  ]);
  // After it.
  for (const how of ["close", "reset"] as const) {
    await dialogue(client, [["RETR a", WAITING]]);
    (await client.passive())[how]();
    expect(await nextReply(client)).toMatch(/^426 Transfer aborted; /);
    await dialogue(client, [["STOR b", WAITING]]);
    (await client.passive())[how]();
    expect(await nextReply(client)).toMatch(
      how === "close" ? /^226 / : /^426 /,
    );
  }
});

test("D21: ABOR and STAT forget what is over", async () => {
  await using stage = await loggedIn();
  const { client, clock } = stage;
  const over = async () =>
    await dialogue(client, [
      ["STAT", /\n Data connection closed\.\n/],
      ["ABOR", NOTHING],
    ]);
  await using mine = await clientPort(stage);
  await dialogue(client, [[mine.port, /^200 /], ["NLST", /^125 /, COMPLETE]]);
  await readAll(await mine.accept());
  await over();
  await dialogue(client, [["PASV", /^227 /]]);
  await clock.advance(30_000);
  expect(await nextReply(client)).toMatch(/^421 /);
  await over();
  await dialogue(client, [["PORT 127,0,0,1,200,1", /^425 /]]);
  await over();
  (await client.passive()).reset();
  await settle();
  await over();
});

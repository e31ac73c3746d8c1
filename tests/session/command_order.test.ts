// RFC 959 section 3.2: commands and data connections may come in any order.

import { describe, expect, test } from "vitest";
import { type MemoryConnection, settle } from "../../adapters/memory.ts";
import {
  clientPort,
  dialogue,
  drained,
  expectSilence,
  loggedIn,
  nextReply,
  type Stage,
  stored,
} from "./_dialogue.ts";

const WAITING = "150 File status okay. About to open data connection.";
const OPEN = "125 Data connection already open. Transfer starting.";
const COMPLETE = "226 Transfer complete.";
const BUSY = "425 Transfer already in progress.";
const LOST = "425 Data connection closed; open a new one.";

describe("a transfer before its connection", () => {
  test("waits for PASV and the client", async () => {
    await using stage = await loggedIn();
    const { client } = stage;
    stage.files.writeFile("/a", "hello");
    await dialogue(client, [["RETR a", WAITING]]);
    const data = await client.passive();
    expect(await drained(data)).toBe("hello");
    expect(await nextReply(client)).toBe(COMPLETE);
  });

  test("waits for the client after PASV", async () => {
    await using stage = await loggedIn();
    const { client, transport } = stage;
    stage.files.writeFile("/a", "hello");
    const reply = await client.command("EPSV");
    await dialogue(client, [["RETR a", WAITING]]);
    const port = Number(/\d{5}/.exec(reply)?.[0]);
    const data = await transport.dial({ hostname: "127.0.0.1", port });
    expect(await drained(data)).toBe("hello");
    expect(await nextReply(client)).toBe(COMPLETE);
  });

  test("waits for PORT, whose 200 comes before the data", async () => {
    await using stage = await loggedIn();
    const { client } = stage;
    stage.files.writeFile("/a", "hello");
    await using mine = await clientPort(stage);
    await dialogue(client, [
      ["RETR a", WAITING],
      [mine.port, "200 Active data connection established.", COMPLETE],
    ]);
    expect(await drained(await mine.accept())).toBe("hello");
  });

  test("waits on when PORT fails", async () => {
    await using stage = await loggedIn();
    const { client } = stage;
    stage.files.writeFile("/a", "hello");
    await dialogue(client, [
      ["RETR a", WAITING],
      ["PORT 127,0,0,1,200,1", /^425 /],
    ]);
    expect(await drained(await client.passive())).toBe("hello");
    expect(await nextReply(client)).toBe(COMPLETE);
  });

  test("is given up with the passive port", async () => {
    await using stage = await loggedIn();
    const { client, clock } = stage;
    stage.files.writeFile("/a", "hello");
    await dialogue(client, [["PASV", /^227 /], ["RETR a", WAITING]]);
    await clock.advance(30_000);
    expect(await nextReply(client)).toBe("421 Passive data channel timed out.");
    const data = await client.passive();
    await expectSilence(client);
    await dialogue(client, [["NLST", OPEN, COMPLETE]]);
    data.close();
  });

  test("gives way to the next one, with 426 for the first", async () => {
    await using stage = await loggedIn();
    const { client, files } = stage;
    files.writeFile("/a", "first");
    files.writeFile("/b", "second");
    await dialogue(client, [
      ["RETR a", WAITING],
      ["RETR b", "426 Transfer aborted; another one takes its place.", WAITING],
    ]);
    expect(await drained(await client.passive())).toBe("second");
    expect(await nextReply(client)).toBe(COMPLETE);
    await expectSilence(client);
  });
});

describe("a connection before its transfer", () => {
  test("is used by the next command: 125", async () => {
    await using stage = await loggedIn();
    const { client } = stage;
    const data = await client.passive();
    await settle();
    await dialogue(client, [["NOOP", /^200 /], ["STOR a", OPEN]]);
    await data.write(new TextEncoder().encode("x"));
    await data.closeWrite();
    expect(await nextReply(client)).toBe(COMPLETE);
    expect(stored(stage, "/a")).toBe("x");
  });

  test("may have brought the whole upload already", async () => {
    await using stage = await loggedIn();
    const { client } = stage;
    const data = await client.passive();
    await data.write(new TextEncoder().encode("early"));
    await data.closeWrite();
    await settle();
    await dialogue(client, [["STOR a", OPEN, COMPLETE]]);
    expect(stored(stage, "/a")).toBe("early");
    const empty = await client.passive();
    await empty.closeWrite();
    await settle();
    await dialogue(client, [["STOR e", OPEN, COMPLETE]]);
    expect(stored(stage, "/e")).toBe("");
    empty.close();
    data.close();
  });

  test("is of no use once the client has closed it: 425", async () => {
    for (const how of ["close", "reset"] as const) {
      await using stage = await loggedIn();
      const { client, files } = stage;
      files.writeFile("/a", "kept");
      for (const command of ["RETR a", "LIST", "NLST", "MLSD"]) {
        (await client.passive())[how]();
        await settle();
        await dialogue(client, [[command, LOST]]);
        // The next command finds nothing of it.
        await dialogue(client, [["RETR a", WAITING], ["ABOR", /^225 /]]);
      }
      (await client.passive()).reset();
      await settle();
      await dialogue(client, [["APPE a", LOST]]);
      expect(stored(stage, "/a")).toBe("kept");
    }
  });
});

describe("while a transfer runs", () => {
  async function downloading(): Promise<
    { stage: Stage; data: MemoryConnection }
  > {
    const stage = await loggedIn();
    const { client, transport, files } = stage;
    files.writeFile("/a", "x".repeat(5000));
    files.makeFolders("/d");
    transport.window = 1000;
    const data = await client.passive();
    await dialogue(client, [["RETR a", /^1/]]);
    return { stage, data };
  }

  async function finish({ client }: Stage, data: MemoryConnection) {
    expect((await drained(data)).length).toBe(5000);
    expect(await nextReply(client)).toBe(COMPLETE);
  }

  test("the other commands are answered", async () => {
    const { stage, data } = await downloading();
    await using _stage = stage;
    await dialogue(stage.client, [
      ["NOOP", /^200 /],
      ["STAT", /\n Data connection open:\n/],
      ["STAT /d", /^213-/],
      ["CWD d", /^250 /],
      ["TYPE I", /^200 /],
      ["MKD x", /^257 /],
      ["FOO", /^500 /],
    ]);
    await finish(stage, data);
  });

  test("another transfer is refused after a second, and this one goes on", async () => {
    for (const command of ["RETR a", "STOR b", "APPE b", "STOU", "LIST"]) {
      const { stage, data } = await downloading();
      await using _stage = stage;
      const { client, clock, files } = stage;
      await dialogue(client, [[command]]);
      await clock.advance(999);
      await expectSilence(client);
      await clock.advance(1);
      expect(await nextReply(client)).toBe(BUSY);
      await expect(files.stat("/b")).rejects.toThrow();
      await finish(stage, data);
    }
  });

  test("a new data connection is refused, and this one goes on", async () => {
    for (
      const command of [
        "PASV",
        "EPSV",
        "PORT 127,0,0,1,200,1",
        "EPRT |1|127.0.0.1|51201|",
      ]
    ) {
      const { stage, data } = await downloading();
      await using _stage = stage;
      await dialogue(stage.client, [[command]]);
      await stage.clock.advance(1000);
      expect(await nextReply(stage.client)).toBe(BUSY);
      await finish(stage, data);
    }
  });

  test("a command that comes just before its end is served after it", async () => {
    const { stage, data } = await downloading();
    await using _stage = stage;
    const { client, clock } = stage;
    await client.send("EPSV\r\nPWD\r\n");
    await clock.advance(500);
    await expectSilence(client);
    await finish(stage, data);
    expect(await nextReply(client)).toMatch(/^229 /);
    expect(await nextReply(client)).toMatch(/^257 /);
  });

  test("NOOP and STAT overtake a command that waits for its end", async () => {
    const { stage, data } = await downloading();
    await using _stage = stage;
    const { client } = stage;
    await client.send("LIST\r\nPWD\r\nSTAT /d\r\nNOOP\r\nSTAT\r\n");
    expect(await nextReply(client)).toMatch(/^200 /);
    expect(await nextReply(client)).toMatch(/^211-/);
    await finish(stage, data);
    expect(await nextReply(client)).toBe(WAITING);
    expect(await nextReply(client)).toMatch(/^257 /);
    expect(await nextReply(client)).toMatch(/^213-/);
    await dialogue(client, [["ABOR", /^225 /]]);
  });

  test("more than 64 commands that wait end the session", async () => {
    const { stage, data } = await downloading();
    await using _stage = stage;
    const { client } = stage;
    await client.send(`LIST\r\n${"PWD\r\n".repeat(64)}`);
    await expectSilence(client);
    await client.send("PWD\r\n");
    expect(await nextReply(client)).toBe(
      "421 Too many commands wait for a transfer.",
    );
    expect(await client.isEnded()).toBe(true);
    data.close();
  });
});

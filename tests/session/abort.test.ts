import { describe, expect, test } from "vitest";
import { settle } from "../../adapters/memory.ts";
import {
  clientPort,
  dialogue,
  expectSilence,
  fetched,
  loggedIn,
  nextReply,
  stored,
} from "./_dialogue.ts";

const NOTHING = "225 No transfer to abort.";
const CLOSED = "225 ABOR command successful; data channel closed.";
const ABORTED = "426 Transfer aborted via ABOR.";
const DONE = "226 ABOR command successful.";

describe("ABOR", () => {
  test("with nothing to abort says so, again and again", async () => {
    await using stage = await loggedIn();
    await dialogue(stage.client, [["ABOR", NOTHING], ["ABOR", NOTHING]]);
  });

  test("closes a port that waits, and a listing works after it", async () => {
    for (const command of ["PASV", "EPSV"]) {
      await using stage = await loggedIn();
      const { client, transport } = stage;
      await dialogue(client, [[command, /^22/], ["ABOR", CLOSED]]);
      expect(transport.openListeners).toBe(1);
      await dialogue(client, [["ABOR", NOTHING]]);
      expect(await fetched(client, "NLST")).toBe("");
    }
  });

  test("closes a connection that no transfer uses", async () => {
    await using stage = await loggedIn();
    const { client } = stage;
    const passive = await client.passive();
    await settle();
    await dialogue(client, [["ABOR", CLOSED], ["ABOR", NOTHING]]);
    expect(await passive.read()).toBe(null);
    await using mine = await clientPort(stage);
    await dialogue(client, [[mine.port, /^200 /], ["ABOR", CLOSED]]);
    expect(await (await mine.accept()).read()).toBe(null);
    await dialogue(client, [["ABOR", NOTHING]]);
  });

  test("ends an upload of which nothing has come; its file stays", async () => {
    await using stage = await loggedIn();
    const { client } = stage;
    const data = await client.passive();
    await dialogue(client, [
      ["STOR a", /^1/],
      ["ABOR", CLOSED],
      ["ABOR", NOTHING],
    ]);
    expect(await data.read()).toBe(null);
    expect(stored(stage, "/a")).toBe("");
  });

  test("ends an upload; what came of it stays", async () => {
    const events: string[] = [];
    await using stage = await loggedIn({
      hooks: {
        incompleteFileReceived: ({ path, bytes, outcome }) => {
          events.push(`${path} ${bytes} ${outcome}`);
        },
      },
    });
    const { client } = stage;
    const data = await client.passive();
    await dialogue(client, [["STOR a", /^1/]]);
    await data.write(new TextEncoder().encode("half"));
    await settle();
    await dialogue(client, [["ABOR", ABORTED, DONE], ["ABOR", NOTHING]]);
    expect(stored(stage, "/a")).toBe("half");
    expect(events).toEqual(["/a 4 aborted"]);
    await expect(data.write(new Uint8Array(1))).rejects.toThrow(/reset/);
    data.close();
  });

  test("ends a download before its replies are sent", async () => {
    await using stage = await loggedIn();
    const { client, transport } = stage;
    transport.window = 1000;
    stage.files.writeFile("/a", "x".repeat(100_000));
    const data = await client.passive();
    await dialogue(client, [["RETR a", /^1/]]);
    expect((await data.read())?.length).toBe(1000);
    await dialogue(client, [["ABOR", ABORTED, DONE]]);
    let got = 0;
    for (;;) {
      const chunk = await data.read().catch(() => null);
      if (chunk === null) break;
      got += chunk.length;
    }
    expect(got).toBeLessThan(10_000);
    data.close();
    await dialogue(client, [["ABOR", NOTHING]]);
    expect((await fetched(client, "RETR a")).length).toBe(100_000);
  });

  test("forgets a transfer that waits for its connection", async () => {
    await using stage = await loggedIn();
    const { client } = stage;
    stage.files.writeFile("/a", "hello");
    await dialogue(client, [["RETR a", /^150 /], ["ABOR", CLOSED]]);
    await dialogue(client, [["ABOR", NOTHING]]);
    const data = await client.passive();
    await expectSilence(client);
    await dialogue(client, [["NLST", /^125 /, /^226 /]]);
    data.close();
  });

  test("after a transfer that has ended, or a failed PORT, finds nothing", async () => {
    await using stage = await loggedIn();
    const { client } = stage;
    await using mine = await clientPort(stage);
    await dialogue(client, [[mine.port, /^200 /], ["NLST", /^125 /, /^226 /]]);
    await dialogue(client, [
      ["ABOR", NOTHING],
      ["PORT 127,0,0,1,200,1", /^425 /],
      ["ABOR", NOTHING],
    ]);
  });

  test("overtakes a command that waits for the transfer", async () => {
    await using stage = await loggedIn();
    const { client, transport } = stage;
    transport.window = 1000;
    stage.files.writeFile("/a", "x".repeat(100_000));
    const data = await client.passive();
    await dialogue(client, [["RETR a", /^1/]]);
    await client.send("EPSV\r\nPWD\r\nABOR\r\n");
    expect(await nextReply(client)).toBe(ABORTED);
    expect(await nextReply(client)).toBe(DONE);
    expect(await nextReply(client)).toMatch(/^229 /);
    expect(await nextReply(client)).toMatch(/^257 /);
    await expectSilence(client);
    data.close();
  });

  test("is not allowed before the login", async () => {
    await using stage = await loggedIn();
    await dialogue(stage.client, [["REIN", /^230 /], ["ABOR", /^530 /]]);
  });
});

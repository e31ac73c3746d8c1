import { describe, expect, test } from "vitest";
import {
  MemoryAuthorizer,
  MemoryFileSystem,
  settle,
} from "../../adapters/memory.ts";
import {
  clientPort,
  dialogue,
  drained,
  expectSilence,
  greeted,
  loggedIn,
  nextReply,
  stored,
} from "./_dialogue.ts";

const GOODBYE = "221 Goodbye.";

describe("QUIT", () => {
  test("says goodbye before the login", async () => {
    await using stage = await greeted();
    expect(await stage.client.command("QUIT")).toBe(GOODBYE);
    expect(await stage.client.isEnded()).toBe(true);
  });

  test("says the user's own words and tells the hook, after the login", async () => {
    const events: string[] = [];
    const authorizer = new MemoryAuthorizer();
    authorizer.addAnonymous({
      fileSystem: new MemoryFileSystem(),
      quitMessage: "See you!",
    });
    await using stage = await loggedIn({
      authorizer,
      hooks: {
        logout: ({ username }) => void events.push(`out ${username}`),
        disconnect: () => void events.push("gone"),
      },
    });
    const { client } = stage;
    expect(await client.command("QUIT")).toBe("221 See you!");
    expect(await client.isEnded()).toBe(true);
    client.close();
    await settle();
    expect(events).toEqual(["out anonymous", "gone"]);
  });

  test("closes without another line of the client", async () => {
    await using stage = await loggedIn();
    const { client, server, clock } = stage;
    await client.send("QUIT\r\nNOOP\r\nMKD x\r\n");
    expect(await nextReply(client)).toBe(GOODBYE);
    expect(await client.isEnded()).toBe(true);
    await expect(stage.files.stat("/x")).rejects.toThrow();
    // A client that keeps its end open does not hold the session for long.
    await clock.advance(2_000);
    expect(server.sessionCount).toBe(0);
  });

  test("closes a port that waits", async () => {
    await using stage = await loggedIn();
    const { client, transport } = stage;
    await dialogue(client, [["PASV", /^227 /]]);
    expect(transport.openListeners).toBe(2);
    await client.command("QUIT");
    expect(await client.isEnded()).toBe(true);
    expect(transport.openListeners).toBe(1);
  });

  test("closes a data connection that no transfer uses", async () => {
    await using stage = await loggedIn();
    const { client } = stage;
    const passive = await client.passive();
    await settle();
    expect(await client.command("QUIT")).toBe(GOODBYE);
    expect(await client.isEnded()).toBe(true);
    expect(await passive.read()).toBe(null);
  });

  test("after a refused STOR in active mode leaves nothing behind", async () => {
    await using stage = await loggedIn();
    const { client, transport, server } = stage;
    await using mine = await clientPort(stage);
    await dialogue(client, [
      [mine.port, /^200 /],
      ["STOR missing/x", "550 No such file or directory."],
    ]);
    const data = await mine.accept();
    expect(await client.command("QUIT")).toBe(GOODBYE);
    expect(await data.read()).toBe(null);
    data.close();
    client.close();
    await settle();
    expect(server.sessionCount).toBe(0);
    expect(transport.openConnections).toBe(0);
  });

  test("lets an upload run to its 226, then closes", async () => {
    await using stage = await loggedIn();
    const { client } = stage;
    const data = await client.passive();
    await dialogue(client, [
      ["STOR a", /^1/],
      ["QUIT", GOODBYE],
      ["NOOP"],
      ["ABOR"],
    ]);
    await data.write(new TextEncoder().encode("late"));
    await expectSilence(client);
    await data.closeWrite();
    expect(await nextReply(client)).toBe("226 Transfer complete.");
    expect(await client.isEnded()).toBe(true);
    expect(stored(stage, "/a")).toBe("late");
  });

  test("lets a download run to its 226, then closes", async () => {
    await using stage = await loggedIn();
    const { client, transport } = stage;
    transport.window = 1000;
    stage.files.writeFile("/a", "x".repeat(5000));
    const data = await client.passive();
    await dialogue(client, [["RETR a", /^1/], ["QUIT", GOODBYE]]);
    expect((await drained(data)).length).toBe(5000);
    expect(await nextReply(client)).toBe("226 Transfer complete.");
    expect(await client.isEnded()).toBe(true);
  });

  test("tells of a transfer that broke, then closes", async () => {
    await using stage = await loggedIn();
    const { client } = stage;
    const data = await client.passive();
    await dialogue(client, [["STOR a", /^1/], ["QUIT", GOODBYE]]);
    data.reset();
    expect(await nextReply(client)).toMatch(/^426 /);
    expect(await client.isEnded()).toBe(true);
  });

  test("closes the file of a transfer that never began", async () => {
    const files = new MemoryFileSystem();
    files.writeFile("/a", "x");
    let closed = 0;
    const open = files.open.bind(files);
    files.open = async (path, mode) => {
      const file = await open(path, mode);
      const close = file.close.bind(file);
      file.close = () => {
        closed++;
        return close();
      };
      return file;
    };
    for (const end of ["QUIT", "drop"]) {
      const authorizer = new MemoryAuthorizer();
      authorizer.addAnonymous({ fileSystem: files });
      await using stage = await loggedIn({ authorizer });
      const { client } = stage;
      await dialogue(client, [["RETR a", /^150 /]]);
      expect(closed).toBe(0);
      if (end === "QUIT") expect(await client.command("QUIT")).toBe(GOODBYE);
      client.close();
      await settle();
      expect(closed).toBe(1);
      closed = 0;
    }
  });
});

test("a client that drops its control connection ends its transfer", async () => {
  const events: string[] = [];
  await using stage = await loggedIn({
    hooks: {
      incompleteFileReceived: ({ path, outcome }) => {
        events.push(`incomplete ${path} ${outcome}`);
      },
      disconnect: () => void events.push("gone"),
    },
  });
  const { client, server, transport } = stage;
  const data = await client.passive();
  await dialogue(client, [["STOR a", /^1/]]);
  await data.write(new TextEncoder().encode("part"));
  client.control.reset();
  await settle();
  expect(events).toEqual(["incomplete /a closed", "gone"]);
  expect(server.sessionCount).toBe(0);
  expect(transport.openConnections).toBe(0);
  expect(stored(stage, "/a")).toBe("part");
});

// Listeners that give a connection when they are asked for it, and tell
// nobody: the fast way of small transfers.

import { expect, test } from "vitest";
import { type Deferred, deferred } from "../../lib/base/deferred.ts";
import type { Connection, Listener } from "../../lib/spi/transport.ts";
import {
  type MemoryServer,
  memoryServer,
  type MemoryServerOptions,
  settle,
} from "../../adapters/memory.ts";
import {
  dialogue,
  drained,
  expectSilence,
  nextReply,
  stored,
} from "./_dialogue.ts";

/** What came waits to be asked for, or for the watch to begin. */
function silent(inner: Listener): Listener {
  const here: Connection[] = [];
  let waiter: Deferred<Connection | null> | null = null;
  let watching = false;
  const collect = async (): Promise<void> => {
    for (;;) {
      const connection = await inner.accept();
      if (connection === null) return void waiter?.resolve(null);
      if (watching && waiter !== null) {
        waiter.resolve(connection);
        waiter = null;
      } else here.push(connection);
    }
  };
  void collect();
  return {
    local: inner.local,
    accept() {
      waiter = deferred();
      return waiter.promise;
    },
    acceptNow() {
      const connection = here.shift() ?? null;
      watching ||= connection === null;
      return connection;
    },
    close() {
      for (const connection of here) connection.close();
      inner.close();
    },
  };
}

async function stage(options: MemoryServerOptions = {}) {
  const server = await memoryServer(options);
  const { transport } = server;
  const listen = transport.listen.bind(transport);
  transport.listen = async (where) => silent(await listen(where));
  const client = await server.connect();
  expect(await client.logIn()).toMatch(/^230 /);
  await dialogue(client, [["TYPE I", /^200 /]]);
  return { ...server, client };
}

async function dial({ transport }: MemoryServer, reply: string, from?: string) {
  const port = Number(/\|\|\|(\d+)\|/.exec(reply)?.[1]);
  const hostname = "127.0.0.1";
  return await transport.dial({ hostname, port, ...(from ? { from } : {}) });
}

test("a connection that is there is used at once", async () => {
  const here = await stage();
  const { client, files, server } = here;
  files.writeFile("/a", "hello");
  for (let times = 0; times < 3; times++) {
    const data = await dial(here, await client.command("EPSV"));
    await dialogue(client, [["RETR a", /^125 /, /^226 /]]);
    expect(await drained(data)).toBe("hello");
    data.close();
  }
  const data = await dial(here, await client.command("EPSV"));
  await dialogue(client, [["STOR b", /^125 /]]);
  await data.write(new TextEncoder().encode("up"));
  data.close();
  expect(await nextReply(client)).toMatch(/^226 /);
  expect(stored(here, "/b")).toBe("up");
  await server.close();
  expect(here.transport.openConnections).toBe(0);
});

test("one that comes after the command is waited for", async () => {
  const here = await stage();
  const { client, files, server } = here;
  files.writeFile("/a", "hello");
  const reply = await client.command("EPSV");
  await dialogue(client, [["RETR a", /^150 /]]);
  const data = await dial(here, reply);
  expect(await nextReply(client)).toMatch(/^226 /);
  expect(await drained(data)).toBe("hello");
  await server.close();
});

test("a stranger before the client is turned away", async () => {
  const here = await stage();
  const { client, files, server } = here;
  files.writeFile("/a", "hello");
  const reply = await client.command("EPSV");
  const stranger = await dial(here, reply, "10.9.8.7");
  const data = await dial(here, reply);
  await settle();
  await dialogue(client, [["RETR a", /^425 Rejected/, /^125 /, /^226 /]]);
  expect(await drained(data)).toBe("hello");
  expect(await stranger.read()).toBe(null);
  await server.close();
});

test("125 of a small file waits for 226, but not for a slow file", async () => {
  const here = await stage();
  const { client, clock, files, server } = here;
  files.writeFile("/a", "hello");
  const gate = deferred<void>();
  const open = files.open.bind(files);
  files.open = async (path, mode) => {
    const file = await open(path, mode);
    const read = file.read.bind(file);
    file.read = async (into, position) => {
      await gate.promise;
      return await read(into, position);
    };
    return file;
  };
  const data = await dial(here, await client.command("EPSV"));
  await client.send("RETR a\r\n");
  await expectSilence(client);
  await clock.advance(1);
  expect(await nextReply(client)).toMatch(/^125 /);
  gate.resolve();
  expect(await nextReply(client)).toMatch(/^226 /);
  expect(await drained(data)).toBe("hello");
  await server.close();
});

import { describe, expect, test } from "vitest";
import { MemoryClient, memoryServer, settle } from "../../adapters/memory.ts";
import {
  clientPort,
  dialogue,
  drained,
  loggedIn,
  nextReply,
} from "./_dialogue.ts";

/** A client who reaches a server on `::` at this address, from this one. */
async function dualStack(hostname: string, from: string) {
  const server = await memoryServer({ hostname: "::" });
  server.files.writeFile("/a", "hello");
  const control = await server.transport.dial({ hostname, port: 21, from });
  const client = new MemoryClient(control, server.transport);
  await nextReply(client);
  await client.logIn();
  return { server, client };
}

describe("a server on all addresses of both families", () => {
  test("shows an IPv4 client an IPv4 address, and accepts it there", async () => {
    const { server, client } = await dualStack("10.0.0.1", "10.9.9.9");
    await using _server = server;
    const reply = await client.command("PASV");
    const numbers = /^227 .*\(10,0,0,1,(\d+),(\d+)\)\.$/.exec(reply);
    const port = Number(numbers?.[1]) * 256 + Number(numbers?.[2]);
    const data = await server.transport.dial({
      hostname: "10.0.0.1",
      port,
      from: "10.9.9.9",
    });
    await dialogue(client, [["RETR a", /^125 /, /^226 /]]);
    expect(await drained(data)).toBe("hello");
    await dialogue(client, [
      ["EPSV 1", /^229 /],
      ["EPSV 2", "522 Network protocol not supported (use 1)."],
    ]);
    expect(await client.command("STAT")).toContain(" 10.0.0.1:21\n");
  });

  test("connects to an IPv4 client from the address it came to", async () => {
    const { server, client } = await dualStack("10.0.0.1", "10.9.9.9");
    await using _server = server;
    await using mine = await clientPort(server, "10.9.9.9");
    for (const command of [mine.port, mine.eprt]) {
      await dialogue(client, [[command, /^200 /], [
        "RETR a",
        /^125 /,
        /^226 /,
      ]]);
      const data = await mine.accept();
      expect(data.remote.hostname).toBe("10.0.0.1");
      expect(await drained(data)).toBe("hello");
    }
  });

  test("serves an IPv6 client as well", async () => {
    const { server, client } = await dualStack("fd00::1", "fd00::9");
    await using _server = server;
    await using mine = await clientPort(server, "fd00::9");
    await dialogue(client, [
      ["EPSV 2", /^229 /],
      [mine.eprt, /^200 /],
      ["RETR a", /^125 /, /^226 /],
      ["PASV", /^425 /],
    ]);
    expect(await drained(await mine.accept())).toBe("hello");
  });

  test("turns a neighbour away from a client's passive port", async () => {
    const { server, client } = await dualStack("10.0.0.1", "10.9.9.9");
    await using _server = server;
    const reply = await client.command("EPSV");
    const port = Number(/\d{5}/.exec(reply)?.[0]);
    const other = await server.transport.dial({
      hostname: "10.0.0.1",
      port,
      from: "10.9.9.8",
    });
    expect(await nextReply(client)).toMatch(/^425 Rejected .* 10\.9\.9\.8:/);
    expect(await other.read()).toBe(null);
  });
});

describe("clients that come and go at once", () => {
  test("leave nothing behind on the control port", async () => {
    await using stage = await loggedIn();
    const { server, transport, clock } = stage;
    for (let times = 0; times < 20; times++) {
      const client = await stage.dial();
      if (times % 2 === 0) client.control.reset();
      else client.close();
    }
    await settle();
    await clock.advance(2_000);
    expect(server.sessionCount).toBe(1);
    expect(transport.openConnections).toBe(1);
    await dialogue(stage.client, [["NOOP", /^200 /]]);
  });

  test("leave nothing behind on passive ports", async () => {
    await using stage = await loggedIn();
    const { client, transport } = stage;
    for (let times = 0; times < 20; times++) {
      const data = await client.passive();
      if (times % 2 === 0) data.reset();
      else data.close();
    }
    await settle();
    expect(transport.openListeners).toBe(1);
    await dialogue(client, [["EPSV", /^229 /], ["ABOR", /^225 /]]);
    expect(transport.openConnections).toBe(1);
  });

  test("find a PORT that they did not wait for harmless", async () => {
    await using stage = await loggedIn();
    const { server, transport, clock } = stage;
    for (const end of ["reset", "close"] as const) {
      const mine = await clientPort(stage);
      const client = await stage.connect();
      await client.logIn();
      await client.send(`${mine.port}\r\nRETR a\r\n`);
      client.control[end]();
      await clock.advance(2_000);
      expect(server.sessionCount).toBe(1);
      await mine[Symbol.asyncDispose]();
      expect(transport.openConnections).toBe(1);
    }
  });
});

import { describe, expect, test } from "vitest";
import { snapshotSession } from "../../adapters/memory.ts";
import { guarded } from "./_guarded.ts";

describe("server.sessions", () => {
  test("tells who is connected, since when, and what they do", () =>
    guarded({}, async ({ server, connect, enter, clock, settle }) => {
      expect(server.sessions).toEqual([]);
      const idle = await connect("10.0.0.9");
      await clock.advance(1_000);
      const busy = await enter("alice");
      await busy.command("MKD d");
      await busy.command("CWD d");
      const data = await busy.passive();
      await busy.command("STOR f");
      await data.write(new Uint8Array(7));
      await clock.advance(500);
      const start = Date.UTC(2026, 0, 1);
      expect(server.sessions.map((session) => session.account?.name))
        .toEqual([undefined, "alice"]);
      expect(server.sessions).toMatchObject([
        {
          id: 1,
          remote: { hostname: "10.0.0.9", port: idle.control.local.port },
          local: { hostname: "127.0.0.1", port: 21 },
          startedAt: start,
          username: "",
          workingDirectory: "/",
          secure: false,
          transfer: null,
        },
        {
          id: 2,
          startedAt: start + 1_000,
          username: "alice",
          workingDirectory: "/d",
          transfer: {
            command: "STOR",
            path: "/d/f",
            direction: "receive",
            bytes: 7,
            elapsedMs: 500,
          },
        },
      ]);
      expect(server.sessionCount).toBe(2);
      expect(server.transferCount).toBe(1);
      await data.closeWrite();
      await busy.reply();
      idle.close();
      await settle();
      expect(server.sessions.map(({ id }) => id)).toEqual([2]);
      expect(server.transferCount).toBe(0);
    }));

  test("a listing is a transfer that sends", () =>
    guarded({}, async ({ server, enter, files, transport }) => {
      transport.window = 10;
      files.writeFile("/f", "");
      const client = await enter();
      const data = await client.passive();
      await client.command("LIST");
      expect(server.sessions[0]?.transfer)
        .toMatchObject({ command: "LIST", direction: "send", path: "/" });
      data.close();
    }));

  test("disconnect() ends one session, in the middle of a transfer too", () =>
    guarded({}, async ({ server, enter, clock }) => {
      const [one, two] = [await enter(), await enter()];
      const data = await two.passive();
      await two.command("STOR f");
      for (const session of server.sessions) session.disconnect();
      for (const client of [one, two]) {
        expect(await client.isEnded()).toBe(true);
        client.close();
      }
      await clock.advance(0);
      await expect(data.read()).resolves.toBe(null);
      expect(server.sessionCount).toBe(0);
      expect(await (await enter()).command("NOOP")).toMatch(/^200 /);
    }));

  test("disconnect(id) of the server ends that one, if it is there", () =>
    guarded({}, async ({ server, enter, settle }) => {
      const [one, two] = [await enter(), await enter()];
      expect(server.disconnect(1)).toBe(true);
      expect(await one.isEnded()).toBe(true);
      one.close();
      await settle();
      expect(server.disconnect(1)).toBe(false);
      expect(await two.command("NOOP")).toMatch(/^200 /);
    }));

  test("a host that counts sessions itself gives them their ids", () =>
    guarded({}, async ({ server, transport, enter, settle }) => {
      const listener = await transport.listen({
        hostname: "127.0.0.1",
        port: 22,
      });
      const control = await transport.dial({ hostname: "127.0.0.1", port: 22 });
      const over = server.handle((await listener.accept())!, { id: 4711 });
      await enter();
      expect(server.sessions.map(({ id }) => id)).toEqual([4711, 1]);
      control.close();
      listener.close();
      await over;
      await settle();
    }));

  test("a snapshot survives JSON, and its session", () =>
    guarded({}, async ({ server, enter, settle }) => {
      const client = await enter("alice");
      const data = await client.passive();
      await client.command("STOR f");
      await data.write(new Uint8Array(7));
      await settle();
      const [snapshot] = server.sessions.map(snapshotSession);
      client.close();
      data.close();
      await settle();
      expect(snapshot).toMatchObject({
        id: 1,
        username: "alice",
        loggedIn: true,
        command: "STOR f",
        transfer: { bytes: 7, totalBytes: null },
      });
      expect(JSON.parse(JSON.stringify(snapshot))).toEqual(snapshot);
    }));

  test("respond() says something before the end", () =>
    guarded({}, async ({ server, enter }) => {
      const client = await enter();
      const [session] = server.sessions;
      session?.respond(421, "Maintenance at noon");
      session?.disconnect();
      expect(await client.reply()).toBe("421 Maintenance at noon");
      expect(await client.isEnded()).toBe(true);
    }));

  test("a session that is over does no harm", () =>
    guarded({}, async ({ server, enter, clock }) => {
      const client = await enter();
      const [session] = server.sessions;
      client.close();
      await clock.advance(0);
      session?.respond(421, "Too late");
      session?.disconnect();
      session?.disconnect();
      expect(session?.username).toBe("anonymous");
      expect(session?.transfer).toBe(null);
    }));
});

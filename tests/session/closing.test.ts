import { describe, expect, test } from "vitest";
import {
  FtpServer,
  MemoryAuthorizer,
  memoryPlatform,
  readAll,
} from "../../adapters/memory.ts";
import { deferred } from "../../lib/base/deferred.ts";
import { type Guarded, guarded } from "./_guarded.ts";
import { journal } from "./_hook_journal.ts";

const GOODBYE = "421 Server is shutting down.";

/** Whether a promise is fulfilled when nothing goes on any more. */
async function isDone(
  work: Promise<unknown>,
  { settle }: Guarded,
): Promise<boolean> {
  let done = false;
  void work.then(() => done = true);
  await settle();
  return done;
}

describe("close()", () => {
  test("ends every session and every transfer at once", async () => {
    const { hooks, entries } = journal();
    await guarded({ hooks }, async (guard) => {
      const { server, enter } = guard;
      const idle = await enter();
      const busy = await enter("alice");
      const data = await busy.passive();
      await busy.command("STOR f");
      await data.write(new Uint8Array(3));
      expect(await isDone(server.close(), guard)).toBe(true);
      expect(await idle.isEnded()).toBe(true);
      expect(await busy.isEnded()).toBe(true);
      await expect(data.read()).resolves.toBe(null);
      expect(entries.slice(4).sort()).toEqual([
        "disconnect 1",
        "disconnect 2",
        "incompleteFileReceived alice STOR /f 3 bytes 0 ms closed",
      ]);
    });
  });

  test("may be called twice, one after the other or together", () =>
    guarded({}, async (guard) => {
      const { server, enter } = guard;
      await enter();
      const both = Promise.all([server.close(), server.close()]);
      expect(await isDone(both, guard)).toBe(true);
      expect(await isDone(server.close(), guard)).toBe(true);
    }));

  test("refuses who comes meanwhile", () =>
    guarded({}, async ({ server, dial }) => {
      const dialled = dial();
      const closed = server.close();
      const client = await dialled.catch(() => null);
      await closed;
      if (client !== null) expect(await client.isEnded()).toBe(true);
      await expect(dial()).rejects.toMatchObject({ code: "refused" });
    }));

  test("does not wait for a passive port or an active attempt", () =>
    guarded({}, async (guard) => {
      const { server, enter, connect, transport } = guard;
      const passive = await enter();
      await passive.command("EPSV");
      await passive.command("STOR f");
      transport.silent.add("10.0.0.9");
      const active = await connect("10.0.0.9");
      await active.logIn();
      await active.send("PORT 10,0,0,9,200,1\r\nPWD\r\n");
      await guard.settle();
      expect(await isDone(server.close(), guard)).toBe(true);
      expect(transport.openListeners).toBe(0);
    }));

  test("waits for hooks", async () => {
    const gate = deferred<void>();
    await guarded(
      { hooks: { disconnect: () => gate.promise } },
      async (guard) => {
        await guard.enter();
        const closed = guard.server.close();
        expect(await isDone(closed, guard)).toBe(false);
        gate.resolve();
        expect(await isDone(closed, guard)).toBe(true);
      },
    );
  });

  test("is what `await using` does", async () => {
    const platform = memoryPlatform();
    {
      await using server = new FtpServer(platform, {
        authorizer: new MemoryAuthorizer(),
      });
      await server.listen({ hostname: "127.0.0.1", port: 21 });
      await platform.transport.dial({ hostname: "127.0.0.1", port: 21 });
      expect(platform.transport.openListeners).toBe(1);
    }
    expect(platform.transport.openListeners).toBe(0);
    expect(platform.transport.openConnections).toBe(0);
  });
});

describe("close({ graceMs })", () => {
  const grace = { graceMs: 10_000 };

  test("tells idle clients goodbye and is done when they are gone", () =>
    guarded({}, async (guard) => {
      const { server, enter, connect } = guard;
      const clients = [await enter(), await connect()];
      const closed = server.close(grace);
      for (const client of clients) {
        expect(await client.reply()).toBe(GOODBYE);
        expect(await client.isEnded()).toBe(true);
        client.close();
      }
      expect(await isDone(closed, guard)).toBe(true);
      expect(guard.clock.now()).toBe(0);
    }));

  test("does not wait long for idle clients that stay", () =>
    guarded({}, async (guard) => {
      await guard.enter();
      const closed = guard.server.close(grace);
      await guard.clock.advance(2_000);
      expect(await isDone(closed, guard)).toBe(true);
    }));

  test("lets a transfer end, then says goodbye", () =>
    guarded({}, async (guard) => {
      const { server, enter, files, transport } = guard;
      transport.window = 1000;
      files.writeFile("/f", "x".repeat(5000));
      const client = await enter();
      await client.command("TYPE I");
      const data = await client.passive();
      await client.command("RETR f");
      const closed = server.close(grace);
      expect(await isDone(closed, guard)).toBe(false);
      expect(server.transferCount).toBe(1);
      expect((await readAll(data)).length).toBe(5000);
      data.close();
      expect(await client.reply()).toBe("226 Transfer complete.");
      expect(await client.reply()).toBe(GOODBYE);
      client.close();
      expect(await isDone(closed, guard)).toBe(true);
    }));

  test("begins no new transfer", () =>
    guarded({}, async (guard) => {
      const { server, enter } = guard;
      const client = await enter();
      const data = await client.passive();
      await client.command("STOR f");
      const closed = server.close(grace);
      const second = client.command("STOR g");
      await data.closeWrite();
      expect(await second).toBe("226 Transfer complete.");
      expect(await client.reply()).toBe(GOODBYE);
      expect(await client.isEnded()).toBe(true);
      client.close();
      await guard.clock.advance(2_000);
      expect(await isDone(closed, guard)).toBe(true);
    }));

  test("cuts what still runs when the grace is over", async () => {
    const { hooks, entries } = journal();
    await guarded({ hooks }, async (guard) => {
      const { server, enter, clock } = guard;
      const client = await enter();
      await client.passive();
      await client.command("STOR f");
      const closed = server.close(grace);
      await clock.advance(9_999);
      expect(await isDone(closed, guard)).toBe(false);
      await clock.advance(1);
      expect(await isDone(closed, guard)).toBe(true);
      expect(await client.isEnded()).toBe(true);
      expect(entries.at(-2)).toMatch(/^incompleteFileReceived .* closed$/);
    });
  });

  test("is shortened by a second close()", () =>
    guarded({}, async (guard) => {
      const { server, enter } = guard;
      const client = await enter();
      await client.passive();
      await client.command("STOR f");
      const first = server.close(grace);
      expect(await isDone(first, guard)).toBe(false);
      expect(await isDone(server.close(), guard)).toBe(true);
      expect(await isDone(first, guard)).toBe(true);
    }));
});

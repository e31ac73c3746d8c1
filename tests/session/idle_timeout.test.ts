import { describe, expect, test } from "vitest";
import { readAll } from "../../adapters/memory.ts";
import { guarded } from "./_guarded.ts";

const TIMED_OUT = "421 Control connection timed out.";
const options = { idleTimeoutMs: 10_000 };

describe("a control connection without a command", () => {
  test("is told and closed, and the log says so", () =>
    guarded(options, async ({ enter, clock, server, messages }) => {
      const client = await enter();
      await clock.advance(9_999);
      expect(client.unread).toBe("");
      expect(server.sessionCount).toBe(1);
      await clock.advance(1);
      expect(await client.reply()).toBe(TIMED_OUT);
      expect(await client.isEnded()).toBe(true);
      client.close();
      await clock.advance(0);
      expect(server.sessionCount).toBe(0);
      expect(messages("info")).toContain("Control connection timed out.");
    }));

  test("is closed after five minutes unless told", () =>
    guarded({}, async ({ enter, clock, server }) => {
      const client = await enter();
      await clock.advance(299_999);
      expect(server.sessionCount).toBe(1);
      await clock.advance(1);
      expect(await client.reply()).toBe(TIMED_OUT);
    }));

  test("is closed before the login too", () =>
    guarded(options, async ({ connect, clock }) => {
      const client = await connect();
      await clock.advance(10_000);
      expect(await client.reply()).toBe(TIMED_OUT);
    }));

  test("is not closed with idleTimeoutMs 0", () =>
    guarded({ idleTimeoutMs: 0 }, async ({ enter, clock }) => {
      const client = await enter();
      expect(clock.pending).toBe(0);
      await clock.advance(1e9);
      expect(await client.command("NOOP")).toMatch(/^200 /);
    }));

  test("is closed although the client never closes its end", () =>
    guarded(options, async ({ connect, clock, server, transport }) => {
      await connect();
      await clock.advance(10_000);
      await clock.advance(2_000);
      expect(server.sessionCount).toBe(0);
      expect(transport.openConnections).toBe(0);
    }));

  test("is closed although the client reads nothing", () =>
    guarded(options, async ({ connect, clock, server, transport }) => {
      transport.window = 10;
      const client = await connect();
      await client.send("NOOP\r\n");
      await clock.advance(10_000);
      await clock.advance(5_000);
      expect(server.sessionCount).toBe(0);
    }));
});

describe("the time begins anew", () => {
  test.each(["NOOP\r\n", "FOO\r\n", "\r\n", `${"x".repeat(3000)}\r\n`])(
    "with the line %j",
    (line) =>
      guarded(options, async ({ connect, clock }) => {
        const client = await connect();
        await clock.advance(9_999);
        await client.send(line);
        await client.reply();
        await clock.advance(9_999);
        expect(await client.command("NOOP")).toMatch(/^200 /);
        await clock.advance(10_000);
        expect(await client.reply()).toBe(TIMED_OUT);
      }),
  );

  test("not with a part of a line", () =>
    guarded(options, async ({ connect, clock }) => {
      const client = await connect();
      await clock.advance(9_999);
      await client.send("NOO");
      await clock.advance(1);
      expect(await client.reply()).toBe(TIMED_OUT);
    }));
});

describe("a data connection", () => {
  test("stops the time, its end starts it anew", () =>
    guarded(options, async ({ enter, clock, files, transport }) => {
      transport.window = 1000;
      files.writeFile("/f", "x".repeat(3000));
      const client = await enter();
      await clock.advance(5_000);
      const data = await client.passive();
      await client.command("RETR f");
      await clock.advance(60_000);
      await readAll(data);
      expect(await client.reply()).toMatch(/^226 /);
      await clock.advance(9_999);
      expect(client.unread).toBe("");
      await clock.advance(1);
      expect(await client.reply()).toBe(TIMED_OUT);
    }));

  test("stops it before any command uses it", () =>
    guarded(options, async ({ enter, clock }) => {
      const client = await enter();
      await client.passive();
      await clock.advance(60_000);
      expect(await client.command("NOOP")).toMatch(/^200 /);
    }));

  test("that the client has finished stops it no longer", () =>
    guarded(options, async ({ enter, clock }) => {
      const client = await enter();
      const data = await client.passive();
      await clock.advance(60_000);
      await data.closeWrite();
      await clock.advance(9_999);
      expect(client.unread).toBe("");
      await clock.advance(1);
      expect(await client.reply()).toBe(TIMED_OUT);
    }));

  test("that ABOR closes starts it anew", () =>
    guarded(options, async ({ enter, clock }) => {
      const client = await enter();
      await client.passive();
      await clock.advance(60_000);
      expect(await client.command("ABOR")).toMatch(/^225 /);
      await clock.advance(9_999);
      expect(await client.command("NOOP")).toMatch(/^200 /);
      await clock.advance(10_000);
      expect(await client.reply()).toBe(TIMED_OUT);
    }));

  test("that is awaited does not stop it", () =>
    guarded(options, async ({ enter, clock }) => {
      const client = await enter();
      await client.command("EPSV");
      await clock.advance(10_000);
      expect(await client.reply()).toBe(TIMED_OUT);
    }));

  test("that follows another does not shorten it", () =>
    guarded(options, async ({ enter, clock, files }) => {
      files.writeFile("/f", "x");
      const client = await enter();
      for (let times = 0; times < 3; times++) {
        await clock.advance(9_000);
        expect((await client.download("RETR f")).reply).toMatch(/^226 /);
      }
      await clock.advance(9_999);
      expect(await client.command("NOOP")).toMatch(/^200 /);
    }));
});

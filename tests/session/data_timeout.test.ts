import { describe, expect, test } from "vitest";
import { readAll } from "../../adapters/memory.ts";
import { guarded } from "./_guarded.ts";

const STALLED = "421 Data connection timed out.";
const PASSIVE = "421 Passive data channel timed out.";
const ACTIVE = "421 Active data channel timed out.";

describe("dataTimeoutMs", () => {
  const options = { dataTimeoutMs: 10_000 };

  test("ends a session whose data connection no command uses", () =>
    guarded(options, async ({ enter, clock, messages }) => {
      const client = await enter();
      await client.passive();
      await clock.advance(9_999);
      expect(await client.command("NOOP")).toMatch(/^200 /);
      await clock.advance(1);
      expect(await client.reply()).toBe(STALLED);
      expect(await client.isEnded()).toBe(true);
      expect(messages("info")).toContain("Data connection timed out.");
    }));

  test("ends a download that nobody reads, within two periods", () =>
    guarded(options, async ({ enter, clock, files, transport, messages }) => {
      transport.window = 1000;
      files.writeFile("/f", "x".repeat(9000));
      const client = await enter();
      const data = await client.passive();
      await client.command("RETR f");
      await clock.advance(9_999);
      expect(client.unread).toBe("");
      await clock.advance(10_001);
      expect(await client.reply()).toBe(STALLED);
      expect(await client.isEnded()).toBe(true);
      expect(messages("info")).toContain("Data connection timed out.");
      expect(messages("info").join("\n"))
        .toMatch(/RETR \/f completed=0 bytes=\d+ seconds=\d+/);
      data.close();
    }));

  test("ends an upload that sends nothing more", () =>
    guarded(options, async ({ enter, clock, files }) => {
      const client = await enter();
      const data = await client.passive();
      await client.command("STOR f");
      await data.write(new Uint8Array(5));
      await clock.advance(20_000);
      expect(await client.reply()).toBe(STALLED);
      expect(files.readFile("/f")).toHaveLength(5);
    }));

  test("is about progress: a slow upload is not cut", () =>
    guarded(options, async ({ enter, clock, files }) => {
      const client = await enter();
      const data = await client.passive();
      await client.command("STOR f");
      for (let second = 0; second < 100; second += 9) {
        await data.write(new Uint8Array(1));
        await clock.advance(9_000);
      }
      await data.closeWrite();
      expect(await client.reply()).toMatch(/^226 /);
      expect(files.readFile("/f")).toHaveLength(12);
    }));

  test("is about progress: a slow download is not cut", () =>
    guarded(options, async ({ enter, clock, files, transport }) => {
      transport.window = 4096;
      transport.chunkSize = 4096;
      files.writeFile("/f", "x".repeat(200_000));
      const client = await enter();
      await client.command("TYPE I");
      const data = await client.passive();
      await client.command("RETR f");
      let received = 0;
      for (;;) {
        const chunk = await data.read();
        if (chunk === null) break;
        received += chunk.length;
        await clock.advance(100);
      }
      expect(received).toBe(200_000);
      expect(await client.reply()).toMatch(/^226 /);
    }));

  test("0 never ends anything", () =>
    guarded({ dataTimeoutMs: 0 }, async ({ enter, clock, files }) => {
      const client = await enter();
      const data = await client.passive();
      await clock.advance(1e9);
      await client.command("STOR f");
      await clock.advance(1e9);
      await data.write(new Uint8Array(1));
      await data.closeWrite();
      expect(await client.reply()).toMatch(/^226 /);
      expect(files.readFile("/f")).toHaveLength(1);
    }));

  test("is five minutes unless told", () =>
    guarded({}, async ({ enter, clock }) => {
      const client = await enter();
      await client.passive();
      await clock.advance(299_999);
      expect(client.unread).toBe("");
      await clock.advance(1);
      expect(await client.reply()).toBe(STALLED);
    }));
});

describe("passiveTimeoutMs", () => {
  test("closes the port and nothing else", () =>
    guarded({}, async ({ enter, clock, transport, messages }) => {
      const client = await enter();
      await client.command("EPSV");
      expect(transport.openListeners).toBe(2);
      await clock.advance(29_999);
      expect(await client.command("STAT")).toContain("Passive data channel");
      await clock.advance(1);
      expect(await client.reply()).toBe(PASSIVE);
      expect(transport.openListeners).toBe(1);
      expect(messages("info")).toContain("Passive data channel timed out.");
      expect(await client.command("STAT")).toContain("Data connection closed.");
      expect(await client.command("ABOR")).toBe("225 No transfer to abort.");
      expect((await client.download("LIST")).reply).toMatch(/^226 /);
    }));

  test("ends a transfer that waits for the client", () =>
    guarded({ passiveTimeoutMs: 5_000 }, async ({ enter, clock, files }) => {
      files.writeFile("/f", "");
      const client = await enter();
      await client.command("EPSV");
      expect(await client.command("RETR f")).toMatch(/^150 /);
      await clock.advance(5_000);
      expect(await client.reply()).toBe(PASSIVE);
      expect((await client.download("RETR f")).reply).toMatch(/^226 /);
    }));

  test("goes on while strangers knock", () =>
    guarded({ passiveTimeoutMs: 5_000 }, async ({ enter, clock }) => {
      const client = await enter();
      const stranger = await client.passive("10.0.0.66");
      expect(await client.reply()).toMatch(/^425 Rejected/);
      await clock.advance(5_000);
      expect(await client.reply()).toBe(PASSIVE);
      stranger.close();
    }));

  test("begins anew with each PASV", () =>
    guarded({ passiveTimeoutMs: 5_000 }, async ({ enter, clock }) => {
      const client = await enter();
      await client.command("EPSV");
      await clock.advance(4_000);
      await client.command("EPSV");
      await clock.advance(4_999);
      expect(client.unread).toBe("");
      expect(await client.command("STAT")).toContain("Passive data channel");
    }));

  test("0 waits for ever", () =>
    guarded({ passiveTimeoutMs: 0, idleTimeoutMs: 0 }, async (guard) => {
      const { enter, clock, transport } = guard;
      const client = await enter();
      const reply = await client.command("EPSV");
      await clock.advance(1e9);
      const port = Number(/\d{3,}/.exec(reply.slice(4))?.[0]);
      const data = await transport.dial({ hostname: "127.0.0.1", port });
      expect(await client.command("LIST")).toMatch(/^125 /);
      expect(await readAll(data)).toHaveLength(0);
      expect(await client.reply()).toMatch(/^226 /);
    }));
});

describe("activeTimeoutMs", () => {
  const from = "10.0.0.9";
  const port = "PORT 10,0,0,9,200,1";

  test("ends the attempt, the session goes on", () =>
    guarded({}, async ({ connect, clock, transport, messages }) => {
      transport.silent.add(from);
      const client = await connect(from);
      await client.logIn();
      await client.send(`${port}\r\n`);
      await clock.advance(29_999);
      expect(client.unread).toBe("");
      await clock.advance(1);
      expect(await client.reply()).toBe(ACTIVE);
      expect(messages("info")).toContain("Active data channel timed out.");
      expect(await client.command("STAT")).toContain("Data connection closed.");
      expect(await client.command("ABOR")).toBe("225 No transfer to abort.");
    }));

  test("0 leaves it to the system", () =>
    guarded({ activeTimeoutMs: 0, idleTimeoutMs: 0 }, async (guard) => {
      const { connect, clock, transport } = guard;
      transport.silent.add(from);
      const client = await connect(from);
      await client.logIn();
      await client.send(`${port}\r\n`);
      await clock.advance(1e9);
      expect(await client.command("NOOP")).toMatch(/^200 /);
      expect(await client.command("ABOR")).toMatch(/^425 /);
      expect(await client.reply()).toMatch(/^225 /);
    }));

  test("meanwhile NOOP, STAT and ABOR are answered, others wait", () =>
    guarded({}, async ({ connect, transport, settle }) => {
      transport.silent.add(from);
      const client = await connect(from);
      await client.logIn();
      await client.send(`${port}\r\nPWD\r\n`);
      expect(await client.command("NOOP")).toMatch(/^200 /);
      expect(await client.command("STAT")).toMatch(/^211-/);
      expect(await client.command("ABOR"))
        .toBe("425 Can't connect to specified address.");
      expect(await client.reply())
        .toBe("225 ABOR command successful; data channel closed.");
      expect(await client.reply()).toMatch(/^257 /);
      await settle();
    }));
});

import { describe, expect, test } from "vitest";
import { guarded } from "./_guarded.ts";

const FULL = "421 Too many connections. Service temporarily unavailable.";
const NO_DATA = "425 Too many connections. Can't open data channel.";

describe("maxConnections", () => {
  test("counts control connections", () =>
    guarded({ maxConnections: 2 }, async ({ connect, dial, messages }) => {
      await connect();
      await connect();
      const third = await dial("10.0.0.9");
      expect(await third.reply()).toBe(FULL);
      expect(await third.isEnded()).toBe(true);
      expect(messages("warn").join()).toMatch(
        /^10\.0\.0\.9:\d+ refused: Too many connections\. Service temporarily/,
      );
    }));

  test("counts passive ports", () =>
    guarded({ maxConnections: 3 }, async ({ enter, dial, messages }) => {
      const [one, two] = [await enter(), await enter()];
      expect(await one.command("EPSV")).toMatch(/^229 /);
      expect(await two.command("EPSV")).toBe(NO_DATA);
      expect(await two.command("PASV")).toBe(NO_DATA);
      expect(messages("warn")).toEqual([NO_DATA.slice(4), NO_DATA.slice(4)]);
      expect(await (await dial()).reply()).toBe(FULL);
      expect(await one.command("EPSV")).toMatch(/^229 /);
      expect(await one.command("ABOR")).toMatch(/^225 /);
      expect(await two.command("EPSV")).toMatch(/^229 /);
    }));

  test("counts data connections, idle or not, once each", () =>
    guarded({ maxConnections: 3 }, async ({ enter, dial, files }) => {
      files.writeFile("/f", "x");
      const [one, two] = [await enter(), await enter()];
      const data = await one.passive();
      expect(await two.command("EPSV")).toBe(NO_DATA);
      await one.command("STOR f");
      expect(await two.command("EPSV")).toBe(NO_DATA);
      expect(await (await dial()).reply()).toBe(FULL);
      await data.closeWrite();
      expect(await one.reply()).toMatch(/^226 /);
      expect((await two.download("RETR f")).reply).toMatch(/^226 /);
    }));

  test("counts active connections, also while they are being made", () =>
    guarded({ maxConnections: 3 }, async ({ connect, enter, transport }) => {
      transport.silent.add("10.0.0.9");
      const one = await connect("10.0.0.9");
      await one.logIn();
      const two = await enter();
      await one.send("PORT 10,0,0,9,200,1\r\n");
      expect(await two.command("EPSV")).toBe(NO_DATA);
      expect(await two.command("PORT 127,0,0,1,200,1")).toBe(NO_DATA);
      expect(await one.command("ABOR")).toMatch(/^425 /);
      expect(await one.reply()).toMatch(/^225 /);
      expect(await two.command("EPSV")).toMatch(/^229 /);
    }));

  test("a place is free again when its client is gone", () =>
    guarded({ maxConnections: 1 }, async ({ connect, dial, settle }) => {
      for (let times = 0; times < 5; times++) {
        const client = await connect();
        expect(await (await dial()).reply()).toBe(FULL);
        if (times % 2 === 0) client.close();
        else client.control.reset();
        await settle();
      }
    }));

  test("0 is no limit", () =>
    guarded({ maxConnections: 0 }, async ({ connect, server }) => {
      for (let count = 0; count < 600; count++) await connect();
      expect(server.sessionCount).toBe(600);
    }));

  test("is 512 unless told", () =>
    guarded({}, async ({ connect, dial }) => {
      for (let count = 0; count < 512; count++) await connect();
      expect(await (await dial()).reply()).toBe(FULL);
    }));

  test("a refused client that does not close is cut off", () =>
    guarded(
      { maxConnections: 1 },
      async ({ connect, dial, transport, clock }) => {
        await connect();
        for (let count = 0; count < 10; count++) await dial();
        await clock.advance(1_000);
        expect(transport.openConnections).toBe(1);
      },
    ));
});

describe("maxConnectionsPerAddress", () => {
  const TOO_MANY = "421 Too many connections from the same IP address.";

  test("counts control connections of one address", () =>
    guarded({ maxConnectionsPerAddress: 2 }, async (guard) => {
      const { connect, dial, settle, messages } = guard;
      const first = await connect("10.0.0.9");
      await connect("10.0.0.9");
      const third = await dial("10.0.0.9");
      expect(await third.reply()).toBe(TOO_MANY);
      expect(await third.isEnded()).toBe(true);
      expect(messages("warn")).toHaveLength(1);
      expect(await (await dial("10.0.0.10")).reply()).toMatch(/^220 /);
      first.close();
      await settle();
      expect(await (await dial("10.0.0.9")).reply()).toMatch(/^220 /);
    }));

  test("does not count data connections", () =>
    guarded({ maxConnectionsPerAddress: 1 }, async ({ enter, files }) => {
      files.writeFile("/f", "x");
      const client = await enter();
      expect((await client.download("RETR f")).reply).toMatch(/^226 /);
    }));
});

describe("maxLineBytes", () => {
  test.each([[{}, 2048], [{ maxLineBytes: 100 }, 100]])(
    "%j: a line of %i bytes is read, a longer one answered once",
    (options, most) =>
      guarded(options, async ({ connect, messages }) => {
        const client = await connect();
        const name = "x".repeat(most - 5);
        expect(await client.command(`USER ${name}`)).toMatch(/^331 /);
        expect(await client.command(`USER ${name}y`))
          .toBe("500 Command too long.");
        expect(await client.command(`USER ${name.repeat(9)}`))
          .toBe("500 Command too long.");
        expect(await client.command("NOOP")).toMatch(/^200 /);
        expect(messages("warn"))
          .toEqual(["Command too long.", "Command too long."]);
      }),
  );

  test("the end of a long line is never executed", () =>
    guarded({ maxLineBytes: 100 }, async ({ connect, settle }) => {
      const client = await connect();
      await client.send("x".repeat(150));
      expect(await client.reply()).toBe("500 Command too long.");
      await client.send("QUIT\r");
      await settle();
      await client.send("\nNOOP\r\n");
      expect(await client.reply()).toMatch(/^200 /);
    }));
});

describe("maxBytesBeforeLogin", () => {
  const FLOOD = "421 Too much input before login.";

  test("ends a session that sends more than it needs", () =>
    guarded({}, async ({ connect, messages }) => {
      const client = await connect();
      for (let bytes = 0; bytes <= 65_536 - 1006; bytes += 1006) {
        await client.command(`USER ${"x".repeat(999)}`);
      }
      await client.send(`USER ${"x".repeat(999)}\r\n`.repeat(3));
      let last = await client.reply();
      while (last.startsWith("331")) last = await client.reply();
      expect(last).toBe(FLOOD);
      expect(await client.isEnded()).toBe(true);
      expect(messages("warn")).toEqual(["Too much input before login."]);
    }));

  test("counts a line without an end too", () =>
    guarded({ maxBytesBeforeLogin: 1000 }, async ({ connect }) => {
      const client = await connect();
      await client.send("x".repeat(3000));
      expect(await client.reply()).toBe("500 Command too long.");
      expect(await client.reply()).toBe(FLOOD);
    }));

  test("does not count what comes after the login, not even after REIN", () =>
    guarded({ maxBytesBeforeLogin: 1000 }, async ({ enter }) => {
      const client = await enter();
      for (let count = 0; count < 5; count++) {
        await client.command(`MKD ${"x".repeat(900)}`);
      }
      await client.command("REIN");
      expect(await client.command("NOOP")).toMatch(/^200 /);
      expect(await client.logIn()).toMatch(/^230 /);
    }));

  test("0 is no limit", () =>
    guarded({ maxBytesBeforeLogin: 0 }, async ({ connect }) => {
      const client = await connect();
      for (let count = 0; count < 100; count++) {
        expect(await client.command(`USER ${"x".repeat(999)}`)).toMatch(
          /^331 /,
        );
      }
    }));
});

describe("maxQueuedCommands", () => {
  test.each([[{}, 64], [{ maxQueuedCommands: 2 }, 2]])(
    "%j: %i commands may wait for a transfer, no more",
    (options, most) =>
      guarded(options, async ({ enter, messages, settle, clock }) => {
        for (const extra of [0, 1]) {
          const client = await enter();
          await client.passive();
          await client.command("STOR f");
          await client.send("LIST\r\n" + "PWD\r\n".repeat(most + extra));
          await settle();
          if (extra === 0) {
            expect(client.control.unread).toBe(0);
            await clock.advance(1_000);
            expect(await client.reply())
              .toBe("425 Transfer already in progress.");
            for (let count = 0; count < most; count++) {
              expect(await client.reply()).toMatch(/^257 /);
            }
          } else {
            expect(await client.reply())
              .toBe("421 Too many commands wait for a transfer.");
            expect(await client.isEnded()).toBe(true);
            expect(messages("warn"))
              .toEqual(["Too many commands wait for a transfer."]);
          }
        }
      }),
  );
});

test("a client that reads no replies is not read from, and loses none", () =>
  guarded({}, async ({ enter, transport, settle }) => {
    transport.window = 10_000;
    const client = await enter();
    const writing = client.send("NOOP\r\n".repeat(20_000));
    let written = false;
    void writing.then(() => written = true);
    await settle();
    expect(written).toBe(false);
    for (let count = 0; count < 20_000; count++) {
      expect(await client.reply()).toMatch(/^200 /);
    }
    expect(written).toBe(true);
  }));

test("STOU gives up after 50 names", async () => {
  let names = 0;
  await guarded({
    platform: (platform) => ({ ...platform, random: { below: () => 0 } }),
  }, async ({ enter, files }) => {
    const client = await enter();
    expect(await client.upload("STOU", "x")).toMatch(/^226 /);
    expect(files.readFile("/ftpd.aaaaaaaa")).toHaveLength(1);
    const open = files.open.bind(files);
    files.open = (path, mode) => {
      names++;
      return open(path, mode);
    };
    expect(await client.upload("STOU", "x"))
      .toBe("450 No usable unique file name found.");
  });
  expect(names).toBe(50);
});

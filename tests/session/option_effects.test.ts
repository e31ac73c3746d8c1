import { describe, expect, test, vi } from "vitest";
import type { ListenOptions } from "../../lib/spi/transport.ts";
import { guarded } from "./_guarded.ts";

describe("banner", () => {
  test("is the greeting", () =>
    guarded({ banner: "Welcome" }, async ({ dial }) => {
      expect(await (await dial()).reply()).toBe("220 Welcome");
    }));

  test("is anyftpd's unless told", () =>
    guarded({}, async ({ dial }) => {
      expect(await (await dial()).reply()).toBe("220 anyftpd ready.");
    }));

  test("of 76 characters takes two lines", () =>
    guarded({ banner: "x".repeat(76) }, async ({ dial }) => {
      expect(await (await dial()).reply())
        .toBe(`220-${"x".repeat(76)}\n220 `);
    }));

  test("with line breaks becomes a legal reply", () =>
    guarded({ banner: "one\n220 two\r\nthree\n" }, async ({ dial }) => {
      expect(await (await dial()).reply())
        .toBe("220-one\n 220 two\n three\n220 ");
    }));

  test("may be made for each session", () =>
    guarded({ banner: ({ id, remote }) => `${id} ${remote.hostname}` }, async ({
      dial,
    }) => {
      expect(await (await dial()).reply()).toBe("220 1 127.0.0.1");
      expect(await (await dial("10.0.0.9")).reply()).toBe("220 2 10.0.0.9");
    }));

  test("that throws ends that session only", () =>
    guarded({
      banner: ({ id }) => {
        if (id === 1) throw new Error("no banner today");
        return "fine";
      },
    }, async ({ dial, messages }) => {
      expect(await (await dial()).isEnded()).toBe(true);
      expect(await (await dial()).reply()).toBe("220 fine");
      expect(messages("error").join()).toContain("no banner today");
    }));
});

test.each([
  [{}, { backlog: 100, noDelay: true }],
  [{ backlog: 7, noDelay: false }, { backlog: 7, noDelay: false }],
])("the transport is told of backlog and noDelay: %j", async (told, seen) => {
  const listened: ListenOptions[] = [];
  await guarded({
    ...told,
    platform: (platform) => {
      const { transport } = platform;
      const listen = transport.listen.bind(transport);
      transport.listen = (options) => {
        listened.push(options);
        return listen(options);
      };
      return platform;
    },
  }, () => Promise.resolve());
  const address = {
    hostname: "127.0.0.1",
    port: 21,
    stoppable: false,
    upgradable: false,
  };
  expect(listened).toEqual([{ ...address, ...seen }]);
});

describe("localTime", () => {
  const commands = ["MDTM f", "MLST f", "STAT f"];

  async function replies(localTime: boolean): Promise<string> {
    let text = "";
    await guarded({ localTime }, async ({ enter, files }) => {
      files.writeFile("/f", "");
      const client = await enter();
      for (const command of commands) text += await client.command(command);
    });
    return text;
  }

  test("shows times in the server's zone", async () => {
    const hours = vi.spyOn(Date.prototype, "getHours").mockReturnValue(13);
    try {
      const local = await replies(true);
      expect(local).toContain("213 20260101130000");
      expect(local).toContain("modify=20260101130000;");
      expect(local).toContain("Jan 01 13:00 f");
    } finally {
      hours.mockRestore();
    }
  });

  test("is off unless told", async () => {
    const hours = vi.spyOn(Date.prototype, "getHours").mockReturnValue(13);
    try {
      const utc = await replies(false);
      expect(utc).toContain("213 20260101000000");
      expect(utc).toContain("modify=20260101000000;");
      expect(utc).toContain("Jan 01 00:00 f");
    } finally {
      hours.mockRestore();
    }
  });
});

describe("encoding", () => {
  test("latin-1 reads and writes names so, and FEAT has no UTF8", () =>
    guarded({ encoding: "latin-1" }, async ({ enter, files }) => {
      const client = await enter();
      expect(await client.command("FEAT")).not.toContain("UTF8");
      expect(await client.command("OPTS UTF8 ON")).toMatch(/^501 /);
      await client.send(new Uint8Array([0x4d, 0x4b, 0x44, 0x20, 0xe9, 13, 10]));
      expect(await client.reply()).toBe('257 "/\xe9" directory created.');
      expect((await files.stat("/é")).kind).toBe("directory");
    }));

  test("utf-8 is announced", () =>
    guarded({}, async ({ enter }) => {
      const client = await enter();
      expect(await client.command("FEAT")).toContain("\n UTF8\n");
      expect(await client.command("OPTS UTF8 ON"))
        .toBe("200 Always in UTF8 mode.");
    }));
});

describe("unicodeErrors", () => {
  const makeBadName = new Uint8Array([0x4d, 0x4b, 0x44, 0x20, 0xe9, 13, 10]);

  test("preserve keeps the byte, so that the name can be used", () =>
    guarded({}, async ({ enter, files }) => {
      const client = await enter();
      await client.send(makeBadName);
      expect(await client.reply()).toBe('257 "/\xe9" directory created.');
      expect((await files.stat("/\udce9")).kind).toBe("directory");
    }));

  test("replace makes it U+FFFD", () =>
    guarded({ unicodeErrors: "replace" }, async ({ enter, files }) => {
      const client = await enter();
      await client.send(makeBadName);
      expect(await client.reply()).toMatch(/^257 /);
      expect((await files.stat("/\ufffd")).kind).toBe("directory");
    }));

  test("strict refuses the command and no other", () =>
    guarded({ unicodeErrors: "strict" }, async ({ enter }) => {
      const client = await enter();
      await client.send(makeBadName);
      expect(await client.reply()).toBe("501 Can't decode command.");
      expect(await client.command("PWD")).toMatch(/^257 /);
    }));
});

describe("lineEnding", () => {
  test("crlf waits for CRLF", () =>
    guarded({}, async ({ connect }) => {
      const client = await connect();
      expect(await client.command("NOOP\n")).toMatch(/^500 /);
    }));

  test("any takes LF, CRLF and CR CR LF", () =>
    guarded({ lineEnding: "any" }, async ({ connect }) => {
      const client = await connect();
      await client.send("NOOP\nNOOP\r\nNOOP\r\r\nFOO\n");
      for (let times = 0; times < 3; times++) {
        expect(await client.reply()).toMatch(/^200 /);
      }
      expect(await client.reply()).toBe('500 Command "FOO" not understood.');
    }));
});

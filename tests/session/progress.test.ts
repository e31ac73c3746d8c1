import { describe, expect, test } from "vitest";
import type {
  MemoryClient,
  TransferProgressEvent,
  TransferView,
} from "../../adapters/memory.ts";
import { type Guarded, guarded } from "./_guarded.ts";

async function binary(guard: Guarded): Promise<MemoryClient> {
  const client = await guard.enter();
  await client.command("TYPE I");
  return client;
}

/** The transfer of the only session, while it runs. */
function transferOf({ server }: Guarded): TransferView | null | undefined {
  return server.sessions[0]?.transfer;
}

describe("a transfer that is looked at", () => {
  test("knows how much an upload will be when ALLO told", () =>
    guarded({}, async (guard) => {
      const client = await binary(guard);
      for (
        const [line, totalBytes] of [
          ["ALLO 5000", 5_000],
          ["ALLO 5000 R 80", 5_000],
          ["ALLO many", null],
          ["ALLO 99999999999999999999", null],
          ["NOOP", null],
        ] as const
      ) {
        await client.command(line);
        const data = await client.passive();
        await client.command("STOR f");
        await data.write(new Uint8Array(2_000));
        await guard.settle();
        expect(transferOf(guard)).toMatchObject({ bytes: 2_000, totalBytes });
        await data.closeWrite();
        await client.reply();
      }
    }));

  test("takes what ALLO told for one upload, of any kind, and one login", () =>
    guarded({}, async (guard) => {
      const client = await binary(guard);
      const seen: unknown[] = [];
      for (const line of ["APPE f", "STOU", "STOR f", "STOR f"]) {
        if (seen.length < 2) await client.command("ALLO 7");
        const data = await client.passive();
        await client.command(line);
        await guard.settle();
        seen.push(transferOf(guard)?.totalBytes);
        await data.closeWrite();
        await client.reply();
      }
      expect(seen).toEqual([7, 7, null, null]);
      await client.command("ALLO 7");
      await client.command("REIN");
      await client.logIn();
      const data = await client.passive();
      await client.command("STOR f");
      await guard.settle();
      expect(transferOf(guard)?.totalBytes).toBe(null);
      await data.closeWrite();
    }));

  test("knows what is left of a binary download, not of converted text", () =>
    guarded({}, async (guard) => {
      guard.files.writeFile("/f", "x".repeat(3_000));
      guard.transport.window = 100;
      const client = await guard.enter();
      const seen: unknown[] = [];
      for (const before of ["TYPE A", "TYPE I", "REST 1000"]) {
        await client.command(before);
        const data = await client.passive();
        await client.command("RETR f");
        await guard.settle();
        seen.push(transferOf(guard)?.totalBytes);
        data.close();
        await client.reply();
      }
      expect(seen).toEqual([null, 3_000, 2_000]);
    }));

  test("tells when it began, and how fast it is", () =>
    guarded({}, async (guard) => {
      const client = await binary(guard);
      const startedAt = guard.clock.wallTime();
      const data = await client.passive();
      await client.command("STOR f");
      for (let round = 0; round < 20; round++) {
        await data.write(new Uint8Array(round < 10 ? 100 : 1_000));
        await guard.clock.advance(500);
      }
      expect(transferOf(guard)).toMatchObject({
        startedAt,
        elapsedMs: 10_000,
        bytes: 11_000,
        // Three pieces of 1,000 in the last two seconds.
        bytesPerSecond: 1_500,
      });
      await guard.clock.advance(5_000);
      expect(transferOf(guard)!.bytesPerSecond).toBeLessThan(700);
      await data.closeWrite();
    }));
});

describe("the hook transferProgress", () => {
  test("is told about both directions, once in an interval at most", async () => {
    const events: TransferProgressEvent[] = [];
    await guarded({
      hooks: { transferProgress: (event) => void events.push(event) },
      progressIntervalMs: 200,
    }, async (guard) => {
      guard.files.writeFile("/f", "x".repeat(1_000));
      guard.transport.window = 100;
      const client = await binary(guard);
      const up = await client.passive();
      await client.command("ALLO 1000");
      await client.command("STOR g");
      for (let sent = 0; sent < 1_000; sent += 50) {
        await up.write(new Uint8Array(50));
        await guard.clock.advance(50);
      }
      await up.closeWrite();
      await client.reply();
      expect(events.map(({ transfer }) => transfer.bytes))
        .toEqual([50, 250, 450, 650, 850]);
      expect(events[1]).toMatchObject({
        username: "anonymous",
        realPath: "/g",
        session: { id: 1 },
        transfer: {
          command: "STOR",
          direction: "receive",
          totalBytes: 1_000,
          bytesPerSecond: 1_250,
        },
      });
      events.length = 0;
      await client.download("RETR f");
      expect(events[0]).toMatchObject({
        transfer: { command: "RETR", direction: "send", totalBytes: 1_000 },
      });
      expect(events).toHaveLength(1);
      await client.download("LIST");
      expect(events, "a listing").toHaveLength(1);
    });
  });

  test("is silent while nothing moves", async () => {
    let count = 0;
    await guarded(
      { hooks: { transferProgress: () => void count++ } },
      async (guard) => {
        const client = await binary(guard);
        const data = await client.passive();
        await client.command("STOR g");
        await data.write(new Uint8Array(50));
        await guard.clock.advance(60_000);
        expect(count).toBe(1);
        await data.closeWrite();
      },
    );
  });

  for (
    const [how, fail] of [
      ["throws", () => {
        throw new Error("broken hook");
      }],
      ["rejects", () => Promise.reject(new Error("broken hook"))],
    ] as const
  ) {
    test(`that ${how} is logged, and the file arrives`, () =>
      guarded({ hooks: { transferProgress: fail } }, async (guard) => {
        const client = await binary(guard);
        expect(await client.upload("STOR g", "whole")).toMatch(/^226 /);
        expect(guard.files.readFile("/g")).toHaveLength(5);
        expect(guard.messages("error"))
          .toEqual([
            "Cannot run the hook transferProgress: Error: broken hook",
          ]);
      }));
  }

  test("that never ends holds nothing up", () =>
    guarded(
      { hooks: { transferProgress: () => new Promise(() => {}) } },
      async (guard) => {
        const client = await binary(guard);
        expect(await client.upload("STOR g", "whole")).toMatch(/^226 /);
        expect(await client.command("NOOP")).toMatch(/^200 /);
      },
    ));
});

describe("disconnect()", () => {
  test("leaves an upload incomplete, and says so to the hook", async () => {
    const seen: string[] = [];
    await guarded({
      hooks: {
        incompleteFileReceived: ({ outcome, bytes, path }) =>
          void seen.push(`${outcome} ${bytes} ${path}`),
        fileReceived: () => void seen.push("complete"),
      },
    }, async (guard) => {
      const client = await binary(guard);
      const data = await client.passive();
      await client.command("STOR f");
      await data.write(new Uint8Array(700));
      await guard.settle();
      guard.server.sessions[0]?.disconnect();
      expect(await client.isEnded()).toBe(true);
      await guard.settle();
      expect(seen).toEqual(["closed 700 /f"]);
      expect(guard.server.transferCount).toBe(0);
    });
  });
});

describe("the last command", () => {
  test("is there with its argument and its time, but for secrets", () =>
    guarded({}, async (guard) => {
      const client = await guard.connect();
      const last = (): string | null | undefined =>
        guard.server.sessions[0]?.command;
      expect(last()).toBe(null);
      expect(guard.server.sessions[0]?.commandAt).toBe(null);
      await client.command("USER anonymous");
      expect(last()).toBe("USER anonymous");
      await client.command("PASS geheim");
      expect(last()).toBe("PASS ******");
      await guard.clock.advance(1_000);
      await client.command("cwd a\x1bb");
      expect(last()).toBe("CWD a\\x1bb");
      expect(guard.server.sessions[0]?.commandAt)
        .toBe(guard.clock.wallTime());
      await client.command("XYZZY");
      expect(last()).toBe("CWD a\\x1bb");
    }));
});

import { describe, expect, test } from "vitest";
import {
  type AccountLimits,
  type Authorizer,
  type MemoryClient,
  MemoryFileSystem,
  readAll,
} from "../../adapters/memory.ts";
import { equalBytes } from "../../lib/base/bytes.ts";
import { type Guarded, guarded, type GuardedOptions } from "./_guarded.ts";

const RATE = 100_000;
const options = { downloadRate: RATE, uploadRate: RATE };

/** Bytes that show when any of them is lost or out of place. */
function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => (at * 7 + (at >> 8)) & 0xff);
}

/** Seconds of the server's clock until all work is done. */
async function seconds(
  { clock }: Guarded,
  ...work: Promise<unknown>[]
): Promise<number> {
  const start = clock.now();
  let done = false;
  const all = Promise.all(work).then(() => done = true);
  await clock.advance(0);
  while (!done) await clock.advance(10);
  await all;
  return (clock.now() - start) / 1000;
}

/** How long so many bytes take; a quarter of a second's worth is free. */
function expected(bytes: number, rate: number = RATE): number {
  return bytes / rate - 0.25;
}

async function binary(
  guard: Guarded,
  username?: string,
): Promise<MemoryClient> {
  const client = await guard.enter(username);
  await client.command("TYPE I");
  return client;
}

/** A server where `alice` has limits of her own. */
function limited(limits: AccountLimits): GuardedOptions {
  return {
    users(authorizer, fileSystem) {
      const permissions = "elradfmwMT";
      authorizer.addAnonymous({ fileSystem, permissions });
      const password = "secret";
      authorizer.addUser({
        username: "alice",
        password,
        fileSystem,
        permissions,
        limits,
      });
    },
  };
}

describe("a rate of each connection", () => {
  test("slows downloads down to it and loses nothing", () =>
    guarded(options, async (guard) => {
      const content = pattern(500_000);
      guard.files.writeFile("/f", content);
      const client = await binary(guard);
      const download = client.download("RETR f");
      expect(await seconds(guard, download)).toBeCloseTo(expected(500_000), 1);
      expect(equalBytes((await download).bytes, content)).toBe(true);
      expect((await download).reply).toBe("226 Transfer complete.");
    }));

  test("slows uploads down to it and loses nothing", () =>
    guarded(options, async (guard) => {
      const content = pattern(500_000);
      const client = await binary(guard);
      const upload = client.upload("STOR f", content);
      expect(await seconds(guard, upload)).toBeCloseTo(expected(500_000), 1);
      expect(await upload).toBe("226 Transfer complete.");
      expect(equalBytes(guard.files.readFile("/f"), content)).toBe(true);
    }));

  test("is no reason to take an upload for a stalled one", () =>
    guarded({ uploadRate: 4_000, dataTimeoutMs: 5_000 }, async (guard) => {
      const content = pattern(120_000);
      const client = await binary(guard);
      const upload = client.upload("STOR f", content);
      await seconds(guard, upload);
      expect(await upload).toBe("226 Transfer complete.");
      expect(equalBytes(guard.files.readFile("/f"), content)).toBe(true);
    }));

  test("holds at every moment", () =>
    guarded(options, async (guard) => {
      guard.files.writeFile("/f", pattern(300_000));
      const client = await binary(guard);
      const data = await client.passive();
      await client.command("RETR f");
      let received = 0;
      const reading = (async () => {
        for (;;) {
          const chunk = await data.read();
          if (chunk === null) return;
          received += chunk.length;
        }
      })();
      for (let at = 0; at < 2_500; at += 50) {
        await guard.clock.advance(50);
        const allowed = RATE * (0.25 + (at + 50) / 1000);
        expect(received).toBeLessThanOrEqual(allowed + 1);
        expect(received).toBeGreaterThan(allowed - RATE * 0.1);
      }
      await seconds(guard, reading);
    }));

  test("is not shared", () =>
    guarded(options, async (guard) => {
      guard.files.writeFile("/f", pattern(200_000));
      const clients = [await binary(guard), await binary(guard)];
      const downloads = clients.map((client) => client.download("RETR f"));
      expect(await seconds(guard, ...downloads))
        .toBeCloseTo(expected(200_000), 1);
    }));

  test.each(["download", "upload"])(
    "of %ss leaves the others alone",
    (slow) =>
      guarded({ [`${slow}Rate`]: 1 }, async (guard) => {
        guard.files.writeFile("/f", pattern(200_000));
        const client = await binary(guard);
        const other = slow === "upload"
          ? client.download("RETR f")
          : client.upload("STOR g", pattern(200_000));
        expect(await seconds(guard, other)).toBe(0);
      }),
  );

  test("0 is none", () =>
    guarded({}, async (guard) => {
      guard.files.writeFile("/f", pattern(500_000));
      const client = await binary(guard);
      expect(await seconds(guard, client.download("RETR f"))).toBe(0);
      expect(await seconds(guard, client.upload("STOR f", pattern(500_000))))
        .toBe(0);
    }));

  test("counts what REST leaves to be sent", () =>
    guarded(options, async (guard) => {
      const content = pattern(300_000);
      guard.files.writeFile("/f", content);
      const client = await binary(guard);
      await client.command("REST 200000");
      const download = client.download("RETR f");
      expect(await seconds(guard, download)).toBeCloseTo(expected(100_000), 1);
      expect(equalBytes((await download).bytes, content.subarray(200_000)))
        .toBe(true);
      await client.command("REST 100000");
      const upload = client.upload("STOR f", content.subarray(100_000));
      expect(await seconds(guard, upload)).toBeCloseTo(expected(200_000), 1);
      expect(equalBytes(guard.files.readFile("/f"), content)).toBe(true);
    }));

  test("holds in ASCII, which stays right", () =>
    guarded(options, async (guard) => {
      guard.files.writeFile("/f", "a\n\r\nb\n".repeat(20_000));
      const client = await guard.enter();
      const download = client.download("RETR f");
      expect(await seconds(guard, download)).toBeCloseTo(expected(160_000), 0);
      expect(new TextDecoder().decode((await download).bytes))
        .toBe("a\r\n\r\nb\r\n".repeat(20_000));
      const upload = client.upload("STOR g", (await download).bytes);
      await seconds(guard, upload);
      expect(new TextDecoder().decode(guard.files.readFile("/g")))
        .toBe("a\n\nb\n".repeat(20_000));
    }));

  test("leaves the control connection responsive, ABOR included", () =>
    guarded({ downloadRate: 10 }, async (guard) => {
      guard.files.writeFile("/f", pattern(200_000));
      const client = await binary(guard);
      const data = await client.passive();
      await client.command("RETR f");
      expect(await client.command("NOOP")).toMatch(/^200 /);
      expect(await client.command("STAT")).toContain("Total bytes sent: 2");
      expect(await client.command("ABOR")).toMatch(/^426 /);
      expect(await client.reply()).toMatch(/^226 /);
      expect((await readAll(data).catch(() => [])).length).toBeLessThan(3);
      expect(guard.clock.pending).toBe(1);
    }));

  test("slower than the stall period is no stall", () =>
    guarded({ downloadRate: 10, dataTimeoutMs: 1_000 }, async (guard) => {
      guard.files.writeFile("/f", pattern(100));
      const client = await binary(guard);
      const download = client.download("RETR f");
      await seconds(guard, download);
      expect((await download).reply).toBe("226 Transfer complete.");
    }));
});

describe("a rate of a user", () => {
  const limits = { downloadRate: RATE, uploadRate: RATE };

  test.each(["download", "upload"] as const)(
    "is shared by the user's sessions: %s",
    (direction) =>
      guarded(limited(limits), async (guard) => {
        const content = pattern(200_000);
        guard.files.writeFile("/f", content);
        const clients = [
          await binary(guard, "alice"),
          await binary(guard, "alice"),
        ];
        const work = clients.map((client, at) =>
          direction === "download"
            ? client.download("RETR f")
            : client.upload(`STOR g${at}`, content)
        );
        expect(await seconds(guard, ...work))
          .toBeCloseTo(expected(400_000), 1);
      }),
  );

  test("is no other user's", () =>
    guarded(limited(limits), async (guard) => {
      guard.files.writeFile("/f", pattern(200_000));
      const slow = await binary(guard, "alice");
      const fast = await binary(guard);
      const download = slow.download("RETR f");
      expect(await seconds(guard, fast.download("RETR f"))).toBe(0);
      await seconds(guard, download);
    }));

  test.each([[RATE / 2, RATE / 2], [RATE * 2, RATE]])(
    "and of %i of each connection: the lower one counts",
    (downloadRate, rate) =>
      guarded({ ...limited(limits), downloadRate }, async (guard) => {
        guard.files.writeFile("/f", pattern(200_000));
        const client = await binary(guard, "alice");
        expect(await seconds(guard, client.download("RETR f")))
          .toBeCloseTo(expected(200_000, rate), 1);
      }),
  );

  test("is what the last login says, for sessions that are open too", () => {
    const fileSystem = new MemoryFileSystem();
    fileSystem.writeFile("/f", pattern(200_000));
    let downloadRate = 0;
    const authorizer: Authorizer = {
      authenticate: () =>
        Promise.resolve({
          name: "alice",
          fileSystem,
          limits: { downloadRate },
          allows: () => true,
        }),
    };
    return guarded({ authorizer }, async (guard) => {
      const first = await binary(guard, "alice");
      expect(await seconds(guard, first.download("RETR f"))).toBe(0);
      for (const rate of [RATE, RATE / 2, RATE]) {
        downloadRate = rate;
        const client = await binary(guard, "alice");
        for (const each of [client, first]) {
          await guard.clock.advance(10_000);
          expect(await seconds(guard, each.download("RETR f")))
            .toBeCloseTo(expected(200_000, rate), 1);
        }
      }
      downloadRate = 0;
      await binary(guard, "alice");
      expect(await seconds(guard, first.download("RETR f"))).toBe(0);
    });
  });

  test("is not got around by REIN in a transfer", () =>
    guarded(limited(limits), async (guard) => {
      guard.files.writeFile("/f", pattern(200_000));
      const work: Promise<unknown>[] = [];
      for (let count = 0; count < 3; count++) {
        const client = await binary(guard, "alice");
        const data = await client.passive();
        await client.command("RETR f");
        work.push(readAll(data));
        expect(await client.command("REIN")).toMatch(/^230 /);
      }
      expect(await seconds(guard, ...work)).toBeCloseTo(expected(600_000), 1);
    }));
});

import { describe, expect, test } from "vitest";
import { concatBytes, equalBytes } from "../../lib/base/bytes.ts";
import { deferred } from "../../lib/base/deferred.ts";
import { TransportError } from "../../lib/base/errors.ts";
import type { Connection } from "../../lib/spi/transport.ts";
import {
  CHUNK_BYTES,
  LARGE_CHUNK_BYTES,
} from "../../lib/transfer/buffer_pool.ts";
import type { ReceivePlan, SendPlan } from "../../lib/transfer/plan.ts";
import {
  pumpConnectionToFile,
  type PumpContext,
  pumpFileToConnection,
} from "../../lib/transfer/pump.ts";
import type { Throttle } from "../../lib/transfer/throttle.ts";
import { GatedFile, pattern, settle } from "./_gated_file.ts";

const BASE = { command: "", username: "", path: "", realPath: "" };

function sendPlan(file: GatedFile, ascii = false, offset = 0): SendPlan {
  return { ...BASE, kind: "send", file, ascii, offset };
}

function receivePlan(file: GatedFile, ascii = false, offset = 0): ReceivePlan {
  return { ...BASE, kind: "receive", file, ascii, offset };
}

/** The other end of a transfer, and what the loops know of it. */
class Peer {
  readonly written: Uint8Array[] = [];
  readonly aborting = new AbortController();
  /** What a write waits for. */
  beforeWrite: () => Promise<void> = () => Promise.resolve();
  /** What comes in; the client breaks off when it has an error. */
  incoming: (Uint8Array | Error)[] = [];
  time = 0;
  moved = 0;
  passed = 0;
  throttle: Throttle | null = null;

  get connection(): Connection {
    const end = { hostname: "127.0.0.1", port: 1 };
    return {
      local: end,
      remote: end,
      tls: null,
      read: () => {
        const next = this.incoming.shift() ?? null;
        return next instanceof Error
          ? Promise.reject(next)
          : Promise.resolve(next);
      },
      write: async (bytes) => {
        const before = new Uint8Array(bytes);
        await this.beforeWrite();
        expect(equalBytes(bytes, before)).toBe(true);
        this.written.push(before);
      },
      closeWrite: () => Promise.resolve(),
      close: () => {},
    };
  }

  get context(): PumpContext {
    return {
      connection: this.connection,
      throttle: this.throttle,
      signal: this.aborting.signal,
      now: () => this.time,
      after: () => () => {},
      sending: () => {},
      moved: (bytes) => {
        this.moved += bytes;
      },
      passed: (bytes) => {
        this.passed += bytes;
      },
    };
  }

  get lengths(): readonly number[] {
    return this.written.map((piece) => piece.length);
  }

  expectWritten(bytes: Uint8Array): void {
    expect(equalBytes(concatBytes(this.written), bytes)).toBe(true);
    expect(this.moved).toBe(bytes.length);
  }
}

const BIG = 3 * LARGE_CHUNK_BYTES + 5;

describe("pumpFileToConnection()", () => {
  test("sends a file in order, from the offset on", async () => {
    for (const size of [0, 1, 1024, CHUNK_BYTES, BIG]) {
      for (const offset of [0, Math.min(size, 700)]) {
        const peer = new Peer();
        const file = new GatedFile(pattern(size));
        const plan = sendPlan(file, false, offset);
        await pumpFileToConnection(plan, peer.context);
        await file.close();
        peer.expectWritten(file.content.subarray(offset));
        expect(file.faults).toEqual([]);
      }
    }
  });

  test("reads the next chunk while one is being sent", async () => {
    const peer = new Peer();
    const file = new GatedFile(pattern(BIG));
    const gate = deferred<void>();
    peer.beforeWrite = () => gate.promise;
    const done = pumpFileToConnection(sendPlan(file), peer.context);
    await settle();
    expect(peer.written).toEqual([]);
    expect(file.lengths).toHaveLength(2);
    gate.resolve();
    await done;
    peer.expectWritten(file.content);
  });

  test("converts line ends, also where chunks meet", async () => {
    const lines = new Uint8Array(2 * CHUNK_BYTES + 3).fill(0x61);
    const breaks = [0, CHUNK_BYTES - 1, CHUNK_BYTES, 2 * CHUNK_BYTES];
    for (const at of breaks) lines[at] = 0x0a;
    // A CR LF across two chunks stays what it is.
    lines[2 * CHUNK_BYTES - 1] = 0x0d;
    const peer = new Peer();
    const file = new GatedFile(lines);
    await pumpFileToConnection(sendPlan(file, true), peer.context);
    const text = String.fromCharCode;
    let expected = "";
    for (let at = 0; at < lines.length; at += 4096) {
      expected += text(...lines.subarray(at, at + 4096));
    }
    expected = expected.replace(/\r?\n/g, "\r\n");
    const bytes = new TextEncoder().encode(expected);
    peer.expectWritten(bytes);
    expect(Math.max(...file.lengths)).toBeLessThanOrEqual(CHUNK_BYTES);
  });

  test("a failed read comes out after what was read before", async () => {
    for (const good of [0, 1, 2]) {
      const peer = new Peer();
      const file = new GatedFile(pattern(BIG));
      file.gated = true;
      const error = new Error("the disk is gone");
      const done = pumpFileToConnection(sendPlan(file), peer.context);
      done.catch(() => {});
      for (let count = 0; count < good; count++) (await file.next()).pass();
      (await file.next()).fail(error);
      await expect(done).rejects.toBe(error);
      peer.expectWritten(file.content.subarray(0, good * LARGE_CHUNK_BYTES));
      await file.close();
      expect(file.faults).toEqual([]);
    }
  });

  test("a failed write comes out when the read under way is over", async () => {
    for (const readFails of [false, true]) {
      const peer = new Peer();
      const file = new GatedFile(pattern(BIG));
      file.gated = true;
      const error = new TransportError("reset", "Cannot write: gone");
      peer.beforeWrite = () => Promise.reject(error);
      let over = false;
      const done = pumpFileToConnection(sendPlan(file), peer.context)
        .finally(() => {
          over = true;
        });
      done.catch(() => {});
      (await file.next()).pass();
      const ahead = await file.next();
      await settle();
      expect(over).toBe(false);
      if (readFails) ahead.fail(new Error("too late to matter"));
      else ahead.pass();
      await expect(done).rejects.toBe(error);
      await file.close();
      expect(file.faults).toEqual([]);
      expect(peer.moved).toBe(0);
    }
  });

  test("an abort ends it, while it waits for the throttle too", async () => {
    const peer = new Peer();
    const file = new GatedFile(pattern(BIG));
    peer.throttle = {
      take: (_wanted, signal) =>
        new Promise((_resolve, reject) => {
          signal?.addEventListener("abort", () => reject(signal.reason));
        }),
    };
    const done = pumpFileToConnection(sendPlan(file), peer.context);
    done.catch(() => {});
    await settle();
    const reason = new Error("ABOR");
    peer.aborting.abort(reason);
    await expect(done).rejects.toBe(reason);
    await file.close();
    expect(file.faults).toEqual([]);
  });

  test("sends what the throttle allows, and no large chunks", async () => {
    const peer = new Peer();
    const file = new GatedFile(pattern(600_000));
    peer.throttle = {
      take: (wanted) => Promise.resolve(Math.min(wanted, 7e4)),
    };
    await pumpFileToConnection(sendPlan(file), peer.context);
    peer.expectWritten(file.content);
    expect(Math.max(...peer.lengths)).toBe(70_000);
    expect(Math.max(...file.lengths)).toBe(CHUNK_BYTES);
  });

  test("writes larger pieces to who takes them at once", async () => {
    const peer = new Peer();
    const file = new GatedFile(pattern(4 * LARGE_CHUNK_BYTES));
    await pumpFileToConnection(sendPlan(file), peer.context);
    const quarter = CHUNK_BYTES;
    expect(peer.lengths.slice(0, 3)).toEqual([quarter, 2 * quarter, quarter]);
    expect(peer.lengths.slice(3)).toEqual([1, 1, 1].map(() => 4 * quarter));
  });

  test("writes smaller pieces to who takes them slowly", async () => {
    const peer = new Peer();
    const file = new GatedFile(pattern(2 * LARGE_CHUNK_BYTES));
    peer.beforeWrite = () => {
      peer.time += 3000;
      return Promise.resolve();
    };
    await pumpFileToConnection(sendPlan(file), peer.context);
    peer.expectWritten(file.content);
    expect(peer.lengths.slice(0, 4)).toEqual([262144, 131072, 65536, 32768]);
    expect(Math.min(...peer.lengths.slice(0, -1))).toBe(4096);
  });
});

describe("pumpConnectionToFile()", () => {
  const pieces = [pattern(10), pattern(300_000), pattern(2_000_000)];

  test("stores all that comes, from the offset on", async () => {
    for (const offset of [0, 5]) {
      const peer = new Peer();
      const file = new GatedFile(pattern(offset));
      peer.incoming = [...pieces];
      const { connection } = peer;
      const plan = receivePlan(file, false, offset);
      await pumpConnectionToFile(plan, peer.context, connection.read());
      await file.close();
      const whole = concatBytes([pattern(offset), ...pieces]);
      expect(equalBytes(file.content, whole)).toBe(true);
      expect(peer.moved).toBe(whole.length - offset);
      expect(file.faults).toEqual([]);
    }
  });

  test("keeps what came before the client broke off", async () => {
    const peer = new Peer();
    const file = new GatedFile(new Uint8Array(0));
    const error = new TransportError("reset", "Cannot read: gone");
    peer.incoming = [...pieces, error];
    const first = peer.connection.read();
    const done = pumpConnectionToFile(receivePlan(file), peer.context, first);
    await expect(done).rejects.toBe(error);
    await file.close();
    expect(file.faults).toEqual([]);
    expect(equalBytes(file.content, concatBytes(pieces))).toBe(true);
  });

  test("a failed write ends it, not before it is over", async () => {
    const peer = new Peer();
    const file = new GatedFile(new Uint8Array(0));
    file.gated = true;
    const error = new Error("the disk is full");
    peer.incoming = [...pieces, ...pieces];
    const first = peer.connection.read();
    const done = pumpConnectionToFile(receivePlan(file), peer.context, first);
    done.catch(() => {});
    (await file.next()).fail(error);
    await expect(done).rejects.toBe(error);
    await file.close();
    expect(file.faults).toEqual([]);
    expect(peer.incoming.length).toBeGreaterThan(0);
  });
});

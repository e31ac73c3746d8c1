import { describe, expect, test } from "vitest";
import { FakeClock } from "../../adapters/_fake_clock.ts";
import { settle } from "../../adapters/memory.ts";
import {
  AskedRates,
  RateBook,
  type WorkerRates,
} from "../../adapters/_worker_rates.ts";
import type { SharedRate } from "../../lib/server/admission.ts";

/** A worker and its parent; messages take a turn of the event loop. */
function link(book: RateBook): { asked: AskedRates; rates: WorkerRates } {
  const rates = book.worker((answer) => {
    queueMicrotask(() => asked.taken(answer));
  });
  const asked = new AskedRates((request) => {
    queueMicrotask(() => rates.heard(request));
  });
  return { asked, rates };
}

/** Takes all it can get until it is told to stop. */
async function drain(
  rate: SharedRate,
  signal: AbortSignal,
): Promise<number> {
  let bytes = 0;
  try {
    for (;;) bytes += await rate.take(1_000_000, signal);
  } catch {
    return bytes;
  }
}

async function run(clock: FakeClock, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 10) {
    await clock.advance(10);
    await settle();
  }
}

describe("a rate of several workers", () => {
  test("is one, and shared evenly", async () => {
    const clock = new FakeClock();
    const book = new RateBook(clock);
    const stop = new AbortController();
    const rates = Array.from(
      { length: 4 },
      () => link(book).asked.rate("send ann", 1_000),
    );
    const sums = rates.map((rate) => drain(rate, stop.signal));
    await run(clock, 10_000);
    stop.abort();
    const bytes = await Promise.all(sums);
    const all = bytes.reduce((sum, one) => sum + one, 0);
    expect(all).toBeGreaterThan(9_900);
    expect(all).toBeLessThanOrEqual(10_000 + 250);
    for (const one of bytes) expect(one).toBeGreaterThan(all / 4 * 0.8);
    for (const rate of rates) rate.release();
    await settle();
    expect(book.size).toBe(0);
    expect(clock.pending).toBe(0);
  });

  test("is another one for other users, directions and rates", async () => {
    const clock = new FakeClock();
    const book = new RateBook(clock);
    const { asked } = link(book);
    for (
      const [key, bytesPerSecond] of [
        ["send ann", 1_000],
        ["receive ann", 1_000],
        ["send bob", 1_000],
        ["send ann", 2_000],
      ] as const
    ) {
      const rate = asked.rate(key, bytesPerSecond);
      expect(await rate.take(10_000)).toBe(bytesPerSecond / 4);
    }
    expect(book.size).toBe(4);
  });

  test("gets back what was given up, before and after it was granted", async () => {
    const clock = new FakeClock();
    const book = new RateBook(clock);
    const { asked } = link(book);
    const rate = asked.rate("send ann", 1_000);
    const gone = new AbortController();
    const taken = rate.take(250, gone.signal);
    // The answer is on its way.
    gone.abort(new Error("gone"));
    await expect(taken).rejects.toThrow("gone");
    await settle();
    expect(await rate.take(250)).toBe(250);
    const second = new AbortController();
    const waiting = rate.take(250, second.signal);
    await settle();
    second.abort(new Error("gone too"));
    await expect(waiting).rejects.toThrow("gone too");
    await settle();
    expect(clock.pending).toBe(0);
    rate.giveBack!(100);
    await settle();
    expect(await rate.take(100)).toBe(100);
    await expect(rate.take(1, second.signal)).rejects.toThrow("gone too");
  });

  test("is left to others by a worker that is no more", async () => {
    const clock = new FakeClock();
    const book = new RateBook(clock);
    const [dying, other] = [link(book), link(book)];
    const first = dying.asked.rate("send ann", 1_000);
    const second = other.asked.rate("send ann", 1_000);
    expect(await first.take(250)).toBe(250);
    void first.take(1_000);
    await settle();
    const waiting = second.take(50);
    await settle();
    dying.rates.close();
    await clock.advance(50);
    expect(await waiting).toBe(50);
    expect(book.size).toBe(1);
    second.release();
    await settle();
    expect(book.size).toBe(0);
  });
});

import { describe, expect, test } from "vitest";
import { ConfigError } from "../../lib/base/errors.ts";
import type { Clock } from "../../lib/spi/clock.ts";
import {
  combineThrottles,
  type Throttle,
  TokenBucket,
} from "../../lib/transfer/throttle.ts";

/** Time that passes when it is told to. */
class TestClock implements Clock {
  #now = 1000;
  #timers: { readonly at: number; readonly run: () => void }[] = [];

  get timers(): number {
    return this.#timers.length;
  }

  now(): number {
    return this.#now;
  }

  wallTime(): number {
    return this.#now;
  }

  after(milliseconds: number, run: () => void): () => void {
    const timer = { at: this.#now + milliseconds, run };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  async advance(milliseconds: number): Promise<void> {
    const end = this.#now + milliseconds;
    while (true) {
      for (let round = 0; round < 20; round++) await Promise.resolve();
      this.#timers.sort((a, b) => a.at - b.at);
      const next = this.#timers[0];
      if (next === undefined || next.at > end) break;
      this.#timers.shift();
      this.#now = next.at;
      next.run();
    }
    this.#now = end;
  }
}

/** Takes as fast as it may; tells how much so far. */
function taker(throttle: Throttle, wanted: number): () => number {
  let total = 0;
  const run = async () => {
    while (true) total += await throttle.take(wanted);
  };
  void run();
  return () => total;
}

/** Whether a promise is settled, without waiting for it. */
async function settled(promise: Promise<unknown>): Promise<boolean> {
  let done = false;
  promise.then(() => done = true, () => done = true);
  for (let round = 0; round < 20; round++) await Promise.resolve();
  return done;
}

describe("TokenBucket", () => {
  test.each([1, 3, 7, 1000, 99_999, 1e6, 1e9])(
    "keeps %d bytes per second within 2 % in the long run",
    async (rate) => {
      for (const wanted of [1, 1460, 65536, 1 << 20]) {
        // So few at a time are a matter of the transfer, not of the bucket.
        if (wanted * 200 < rate) continue;
        const clock = new TestClock();
        const total = taker(new TokenBucket(clock, rate), wanted);
        const seconds = Math.max(60, 100 / rate);
        await clock.advance(seconds * 1000);
        expect(total() / seconds / rate).toBeGreaterThan(0.98);
        expect(total() / seconds / rate).toBeLessThan(1.02);
      }
    },
    60_000,
  );

  test("an idle bucket gives a quarter of a second at once, no more", async () => {
    const clock = new TestClock();
    const bucket = new TokenBucket(clock, 1000);
    expect(await bucket.take(10_000)).toBe(250);
    await clock.advance(3_600_000);
    expect(await bucket.take(10_000)).toBe(250);
    expect(clock.timers).toBe(0);
  });

  test("grants no more than was asked for", async () => {
    const bucket = new TokenBucket(new TestClock(), 1000);
    expect(await bucket.take(7)).toBe(7);
    expect(await bucket.take(1000)).toBe(243);
  });

  test("waits for a slice worth sending instead of single bytes", async () => {
    const clock = new TestClock();
    const bucket = new TokenBucket(clock, 1000);
    await bucket.take(250);
    const next = bucket.take(1000);
    await clock.advance(49);
    expect(await settled(next)).toBe(false);
    await clock.advance(1);
    expect(await next).toBe(50);
  });

  test("a small wish is granted as soon as it can be", async () => {
    const clock = new TestClock();
    const bucket = new TokenBucket(clock, 1000);
    await bucket.take(250);
    const next = bucket.take(3);
    await clock.advance(3);
    expect(await next).toBe(3);
  });

  test("the slowest rate still grants whole bytes", async () => {
    const clock = new TestClock();
    const bucket = new TokenBucket(clock, 0.5);
    expect(await bucket.take(100)).toBe(1);
    const next = bucket.take(100);
    await clock.advance(1999);
    expect(await settled(next)).toBe(false);
    await clock.advance(1);
    expect(await next).toBe(1);
  });

  test("several transfers get the same share, in the order of asking", async () => {
    const clock = new TestClock();
    const bucket = new TokenBucket(clock, 100_000);
    const totals = [65536, 65536, 1 << 20, 8192].map((wanted) =>
      taker(bucket, wanted)
    );
    await clock.advance(60_000);
    const sum = totals.reduce((all, total) => all + total(), 0);
    expect(sum / 6_000_000).toBeCloseTo(1, 1);
    for (const total of totals) {
      expect(total() / sum).toBeGreaterThan(0.2);
      expect(total() / sum).toBeLessThan(0.3);
    }
  });

  test("whoever comes later does not go first, however little it wants", async () => {
    const clock = new TestClock();
    const bucket = new TokenBucket(clock, 1000);
    await bucket.take(250);
    const order: string[] = [];
    void bucket.take(1000).then(() => order.push("big"));
    await clock.advance(20);
    void bucket.take(1).then(() => order.push("small"));
    await clock.advance(1000);
    expect(order).toEqual(["big", "small"]);
  });

  test("aborting rejects with the reason and leaves no timer", async () => {
    const clock = new TestClock();
    const bucket = new TokenBucket(clock, 1000);
    await bucket.take(250);
    const controller = new AbortController();
    const waiting = bucket.take(100, controller.signal);
    expect(clock.timers).toBe(1);
    const reason = new Error("gone");
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    expect(clock.timers).toBe(0);
    await expect(bucket.take(1, controller.signal)).rejects.toBe(reason);
    await clock.advance(250);
    expect(await bucket.take(1000)).toBe(250);
  });

  test("aborting the first lets the second go on", async () => {
    const clock = new TestClock();
    const bucket = new TokenBucket(clock, 1000);
    await bucket.take(250);
    const controller = new AbortController();
    const first = bucket.take(1000, controller.signal);
    const second = bucket.take(10);
    await clock.advance(20);
    expect(await settled(second)).toBe(false);
    controller.abort(new Error("gone"));
    await expect(first).rejects.toThrow("gone");
    expect(await second).toBe(10);
    expect(clock.timers).toBe(0);
  });

  test("aborting after the grant changes nothing", async () => {
    const clock = new TestClock();
    const bucket = new TokenBucket(clock, 1000);
    await bucket.take(250);
    const controller = new AbortController();
    const waiting = bucket.take(10, controller.signal);
    await clock.advance(10);
    controller.abort();
    expect(await waiting).toBe(10);
  });

  test("what is given back can be taken, also by who waits", async () => {
    const clock = new TestClock();
    const bucket = new TokenBucket(clock, 1000);
    await bucket.take(250);
    const waiting = bucket.take(40);
    bucket.giveBack(100);
    expect(await waiting).toBe(40);
    expect(await bucket.take(60)).toBe(60);
    bucket.giveBack(1e9);
    expect(await bucket.take(1e9)).toBe(250);
  });

  test.each([0, -1, NaN, Infinity])("refuses %d bytes per second", (rate) => {
    expect(() => new TokenBucket(new TestClock(), rate)).toThrow(ConfigError);
  });
});

describe("combineThrottles()", () => {
  test("nothing to combine is null, one is itself", () => {
    const bucket = new TokenBucket(new TestClock(), 1000);
    expect(combineThrottles([])).toBeNull();
    expect(combineThrottles([null, null])).toBeNull();
    expect(combineThrottles([null, bucket])).toBe(bucket);
  });

  test("the slowest sets the pace, in any order", async () => {
    for (const rates of [[5000, 1000, 3000], [1000, 5000], [3000, 1000]]) {
      const clock = new TestClock();
      const all = rates.map((rate) => new TokenBucket(clock, rate));
      const total = taker(combineThrottles(all)!, 65536);
      await clock.advance(60_000);
      expect(total() / 60_000).toBeGreaterThan(0.98);
      expect(total() / 60_000).toBeLessThan(1.02);
    }
  });

  test("slow transfers do not hoard what they share with fast ones", async () => {
    const clock = new TestClock();
    const shared = new TokenBucket(clock, 100_000);
    const slow = Array.from({ length: 200 }, () =>
      taker(
        combineThrottles([shared, new TokenBucket(clock, 100)])!,
        1 << 20,
      ));
    const fast = taker(shared, 1 << 20);
    await clock.advance(60_000);
    for (const total of slow) expect(total() / 6000).toBeGreaterThan(0.98);
    expect(fast() / 4_800_000).toBeGreaterThan(0.95);
  });

  test("gives back what it took when it is aborted", async () => {
    const clock = new TestClock();
    const slow = new TokenBucket(clock, 1000);
    const shared = new TokenBucket(clock, 2000);
    await shared.take(500);
    const controller = new AbortController();
    const waiting = combineThrottles([shared, slow])!
      .take(100, controller.signal);
    expect(await settled(waiting)).toBe(false);
    controller.abort(new Error("gone"));
    await expect(waiting).rejects.toThrow("gone");
    expect(clock.timers).toBe(0);
    expect(await slow.take(1000)).toBe(250);
  });

  test("giveBack() reaches every bucket", async () => {
    const clock = new TestClock();
    const one = new TokenBucket(clock, 1000);
    const two = new TokenBucket(clock, 2000);
    const both = combineThrottles([one, two])!;
    expect(await both.take(1000)).toBe(250);
    both.giveBack?.(50);
    expect(await one.take(1000)).toBe(50);
    expect(await two.take(1000)).toBe(300);
  });
});

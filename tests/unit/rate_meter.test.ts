import { describe, expect, test } from "vitest";
import { RateMeter } from "../../lib/transfer/rate_meter.ts";

describe("RateMeter", () => {
  test("of no time at all, the rate is 0", () => {
    expect(new RateMeter(5).perSecond(1_000, 5)).toBe(0);
  });

  test("in the first seconds it is the average", () => {
    const meter = new RateMeter(1_000);
    meter.tell(500, 1_500);
    expect(meter.perSecond(1_000, 2_000)).toBe(1_000);
    expect(meter.perSecond(3_000, 2_500)).toBe(2_000);
  });

  test("later it follows within four seconds", () => {
    const meter = new RateMeter(0);
    let bytes = 0;
    for (let at = 100; at <= 60_000; at += 100) {
      bytes += 100;
      meter.tell(bytes, at);
    }
    expect(meter.perSecond(bytes, 60_000)).toBe(1_000);
    for (let at = 60_100; at <= 64_000; at += 100) {
      bytes += 1_000;
      meter.tell(bytes, at);
    }
    expect(meter.perSecond(bytes, 64_000)).toBe(10_000);
  });

  test("what stands still is 0 after a few looks, without being told", () => {
    const meter = new RateMeter(0);
    meter.tell(1_000_000, 1_900);
    const seen = [];
    for (let at = 2_000; at <= 8_000; at += 250) {
      seen.push(meter.perSecond(1_000_000, at));
    }
    expect(seen[0]).toBe(500_000);
    expect(seen.at(-1)).toBe(0);
    expect(seen).toEqual(seen.toSorted((a, b) => b - a));
  });

  test("looked at once an hour, it does not show what is long past", () => {
    const meter = new RateMeter(0);
    meter.tell(1_000_000_000, 1_000);
    expect(meter.perSecond(1_000_000_000, 3_600_000)).toBeLessThan(300_000);
    expect(meter.perSecond(1_000_000_000, 7_200_000)).toBe(0);
  });
});

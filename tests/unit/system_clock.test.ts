import { describe, expect, test } from "vitest";
import { systemClock, systemRandom } from "../../adapters/_system_clock.ts";

describe("systemClock()", () => {
  test("now() grows and wallTime() is the date", () => {
    const clock = systemClock();
    const before = clock.now();
    expect(clock.now()).toBeGreaterThanOrEqual(before);
    expect(Math.abs(clock.wallTime() - Date.now())).toBeLessThan(1000);
  });

  test("after() runs once, later, unless cancelled", async () => {
    const clock = systemClock();
    const ran: string[] = [];
    const cancel = clock.after(1, () => void ran.push("cancelled"));
    cancel();
    await new Promise<void>((resolve) => {
      clock.after(1, () => void ran.push("ran"));
      clock.after(20, resolve);
      expect(ran).toEqual([]);
    });
    expect(ran).toEqual(["ran"]);
  });

  test("a timer beyond 24.8 days does not run at once", async () => {
    const clock = systemClock();
    let ran = false;
    const cancel = clock.after(2 ** 40, () => ran = true);
    await new Promise<void>((resolve) => void clock.after(20, resolve));
    cancel();
    expect(ran).toBe(false);
  });
});

describe("systemRandom()", () => {
  test.each([1, 2, 3, 10, 1000, 2 ** 31 + 1, 2 ** 32])(
    "below(%d) stays below and reaches both halves",
    (limit) => {
      const random = systemRandom();
      let low = 0;
      let high = 0;
      for (let round = 0; round < 200; round++) {
        const value = random.below(limit);
        expect(Number.isInteger(value) && value >= 0 && value < limit)
          .toBe(true);
        if (value < limit / 2) low++;
        else high++;
      }
      expect(low).toBeGreaterThan(0);
      expect(limit === 1 || high > 0).toBe(true);
    },
  );
});

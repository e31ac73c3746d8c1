import { describe, expect, test } from "vitest";
import { FakeClock } from "../../adapters/_fake_clock.ts";
import { IdleTimer, IdleWatch } from "../../lib/session/idle_timer.ts";

/** Three on one watch of 1000 ms, and who was called back when. */
function three() {
  const clock = new FakeClock();
  const watch = new IdleWatch(clock, 1000);
  const calls: [number, number][] = [];
  const timers = [0, 1, 2].map((at) =>
    new IdleTimer(watch, () => calls.push([at, clock.now()]))
  ) as [IdleTimer, IdleTimer, IdleTimer];
  return { clock, watch, calls, timers };
}

describe("IdleTimer", () => {
  test("calls back a full time after the last touch", async () => {
    const { clock, calls, timers } = three();
    await clock.advance(400);
    timers[0].touch();
    await clock.advance(300);
    timers[1].touch();
    await clock.advance(2000);
    expect(calls).toEqual([[2, 1000], [0, 1400], [1, 1700]]);
    expect(clock.pending).toBe(0);
  });

  test("shares one timer of the clock, and leaves none behind", () => {
    const { clock, timers } = three();
    expect(clock.pending).toBe(1);
    for (const timer of timers) timer.stop();
    expect(clock.pending).toBe(0);
  });

  test("a pause ends with the full time, touched meanwhile or not", async () => {
    const { clock, calls, timers } = three();
    timers[0].pause();
    await clock.advance(900);
    timers[0].touch();
    timers[1].touch();
    await clock.advance(600);
    timers[0].resume();
    await clock.advance(3000);
    expect(calls).toEqual([[2, 1000], [1, 1900], [0, 2500]]);
  });

  test("one that begins in a callback does not hold the others up", async () => {
    const { clock, watch, calls, timers } = three();
    await clock.advance(500);
    timers[2].touch();
    new IdleTimer(watch, () => {
      calls.push([3, clock.now()]);
      new IdleTimer(watch, () => calls.push([4, clock.now()]));
    });
    timers[1].touch();
    await clock.advance(3000);
    expect(calls).toEqual([
      [0, 1000],
      [2, 1500],
      [3, 1500],
      [1, 1500],
      [4, 2500],
    ]);
  });

  test("0 never calls back", async () => {
    const clock = new FakeClock();
    const timer = new IdleTimer(new IdleWatch(clock, 0), () => {
      throw new Error("called back");
    });
    timer.touch();
    expect(clock.pending).toBe(0);
    await clock.advance(1e9);
  });
});

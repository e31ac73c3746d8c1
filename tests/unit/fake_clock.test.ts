import { describe, expect, test } from "vitest";
import { FakeClock } from "../../adapters/_fake_clock.ts";

describe("FakeClock", () => {
  test("time stands still until advance() moves it", async () => {
    const clock = new FakeClock({ wallTime: 1_000_000 });
    expect([clock.now(), clock.wallTime()]).toEqual([0, 1_000_000]);
    await clock.advance(250);
    expect([clock.now(), clock.wallTime()]).toEqual([250, 1_000_250]);
  });

  test("timers run in order of time, then of creation", async () => {
    const clock = new FakeClock();
    const ran: string[] = [];
    const note = (name: string) => () =>
      void ran.push(`${name}@${clock.now()}`);
    clock.after(20, note("late"));
    clock.after(10, note("first"));
    clock.after(10, note("second"));
    clock.after(31, note("never"));
    await clock.advance(30);
    expect(ran).toEqual(["first@10", "second@10", "late@20"]);
    expect(clock.pending).toBe(1);
  });

  test("timers made by timers are included", async () => {
    const clock = new FakeClock();
    let ticks = 0;
    const tick = () => {
      ticks++;
      clock.after(10, tick);
    };
    clock.after(10, tick);
    await clock.advance(100);
    expect(ticks).toBe(10);
  });

  test("a cancelled timer does not run", async () => {
    const clock = new FakeClock();
    const cancel = clock.after(5, () => expect.unreachable());
    cancel();
    cancel();
    expect(clock.pending).toBe(0);
    await clock.advance(10);
  });

  test("promise chains settle between two timers", async () => {
    const clock = new FakeClock();
    const ran: string[] = [];
    clock.after(10, () => {
      void (async () => {
        for (let step = 0; step < 50; step++) await Promise.resolve();
        ran.push("chain");
      })();
    });
    clock.after(10, () => void ran.push("timer"));
    await clock.advance(10);
    expect(ran).toEqual(["chain", "timer"]);
  });

  test("promise chains before advance() may still make timers", async () => {
    const clock = new FakeClock();
    let rang = false;
    void (async () => {
      for (let step = 0; step < 50; step++) await Promise.resolve();
      clock.after(10, () => rang = true);
    })();
    await clock.advance(10);
    expect(rang).toBe(true);
  });

  test("advancing twice at once is refused", async () => {
    const clock = new FakeClock();
    const first = clock.advance(1);
    await expect(clock.advance(1)).rejects.toThrow("advancing already");
    await first;
  });
});

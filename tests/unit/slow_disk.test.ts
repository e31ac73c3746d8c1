import { expect, test } from "vitest";
import { SlowDisk } from "../../adapters/_slow_disk.ts";

const MIB = 1024 * 1024;

function slowDisk() {
  let now = 0;
  const disk = new SlowDisk(10, () => now);
  /** Calls that take so long each. */
  const call = (milliseconds: number, times = 1) => {
    for (let count = 0; count < times; count++) {
      disk.watch(() => now += milliseconds);
    }
  };
  /** How much is left to the thread pool, in MiB. */
  const left = () => {
    let count = 0;
    for (; disk.isSlow; count++) disk.passed(MIB);
    return count;
  };
  return { call, left };
}

test("SlowDisk leaves twice as much to the pool each time", () => {
  const { call, left } = slowDisk();
  call(10);
  expect(left()).toBe(0);
  const amounts = [1, 2, 3].map(() => {
    call(11);
    return left();
  });
  expect(amounts).toEqual([2, 4, 8]);
});

test("SlowDisk forgets what was slow once", () => {
  const { call, left } = slowDisk();
  const slow = () => {
    call(11);
    return left();
  };
  expect([slow(), slow()]).toEqual([2, 4]);
  // Not quite as many as make up for one.
  call(1, 63);
  expect(slow()).toBe(8);
  call(1, 128);
  expect(slow()).toBe(4);
  call(1, 1000);
  expect(slow()).toBe(2);
});

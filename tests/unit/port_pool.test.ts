import { describe, expect, test } from "vitest";
import { ConfigError } from "../../lib/base/errors.ts";
import type { Random } from "../../lib/spi/clock.ts";
import { expandPorts, PortPool } from "../../lib/transfer/port_pool.ts";

/** A small generator with a seed, so that a failure can be repeated. */
function seeded(seed: number): Random {
  let state = seed;
  return {
    below: (limit) => {
      state = (state * 48271) % 0x7fffffff;
      return state % limit;
    },
  };
}

const sorted = (ports: Iterable<number>) => [...ports].sort((a, b) => a - b);

describe("expandPorts()", () => {
  test("counts from the first to the last", () => {
    expect(expandPorts({ from: 50000, to: 50003 }))
      .toEqual([50000, 50001, 50002, 50003]);
    expect(expandPorts({ from: 1, to: 1 })).toEqual([1]);
    expect(expandPorts({ from: 1, to: 65535 })).toHaveLength(65535);
  });

  test("takes a list as it is, each port once", () => {
    expect(expandPorts([60000, 50000, 60000])).toEqual([60000, 50000]);
  });

  test.each([
    [[], "Cannot use passive ports: the list is empty"],
    [[0], "Cannot use passive ports 0: a port is from 1 to 65535"],
    [[21, 65536], "Cannot use passive ports 65536: a port is from 1 to 65535"],
    [[1.5], "Cannot use passive ports 1.5: a port is from 1 to 65535"],
    [[NaN], "Cannot use passive ports NaN: a port is from 1 to 65535"],
    [
      { from: 70000, to: 70010 },
      "Cannot use passive ports 70000-70010: a port is from 1 to 65535",
    ],
    [
      { from: 0, to: 10 },
      "Cannot use passive ports 0-10: a port is from 1 to 65535",
    ],
    [
      { from: 10, to: 9 },
      "Cannot use passive ports 10-9: the first is above the last",
    ],
  ])("refuses %j", (range, message) => {
    expect(() => expandPorts(range)).toThrow(new ConfigError(message));
  });
});

describe("PortPool.candidates()", () => {
  test("tries ports that systems choose, then lets the system choose", () => {
    for (let seed = 1; seed < 200; seed++) {
      const ports = [...new PortPool(null, seeded(seed)).candidates()];
      expect(ports).toHaveLength(5);
      expect(ports.pop()).toBe(0);
      expect(Math.min(...ports)).toBeGreaterThanOrEqual(49152);
      expect(Math.max(...ports)).toBeLessThanOrEqual(60999);
    }
    for (const [end, port] of [[0, 49152], [1, 60999]] as const) {
      const below = (limit: number) => end * (limit - 1);
      const [first] = new PortPool(null, { below }).candidates();
      expect(first).toBe(port);
    }
  });

  test("takes any of them alike", () => {
    const random = seeded(5);
    const pool = new PortPool(null, random);
    const counts = [0, 0, 0, 0];
    for (let round = 0; round < 4000; round++) {
      const [port = 0] = pool.candidates();
      counts[Math.floor((port - 49152) / 2962)]!++;
    }
    for (const count of counts) expect(count).toBeGreaterThan(900);
  });

  test("leaves out of them what is reserved", () => {
    const pool = new PortPool(null, { below: () => 7 });
    expect(pool.reserve(49159)).toBe(true);
    expect([...pool.candidates()]).toEqual([0]);
    pool.release(49159);
    expect([...pool.candidates()][0]).toBe(49159);
  });

  test("yields each port once, whatever the dice say", () => {
    const ports = expandPorts({ from: 50000, to: 50009 });
    for (let seed = 1; seed < 200; seed++) {
      const pool = new PortPool(ports, seeded(seed));
      expect(sorted(pool.candidates())).toEqual(ports);
    }
    for (const end of [() => 0, (limit: number) => limit - 1]) {
      const pool = new PortPool(ports, { below: end });
      expect(sorted(pool.candidates())).toEqual(ports);
    }
  });

  test("every order is as likely as any other", () => {
    const counts = new Map<string, number>();
    const pool = new PortPool([1, 2, 3], seeded(7));
    for (let round = 0; round < 6000; round++) {
      const order = [...pool.candidates()].join("");
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    for (const count of counts.values()) {
      expect(count).toBeGreaterThan(850);
      expect(count).toBeLessThan(1150);
    }
  });

  test("leaves out what is reserved, also while it is being read", () => {
    const pool = new PortPool([1, 2, 3, 4], seeded(3));
    expect(pool.reserve(2)).toBe(true);
    expect(pool.reserve(2)).toBe(false);
    expect(sorted(pool.candidates())).toEqual([1, 3, 4]);
    const seen: number[] = [];
    for (const port of pool.candidates()) {
      if (seen.length === 0) {
        for (const other of [1, 3, 4]) pool.reserve(other);
      }
      seen.push(port);
    }
    expect(seen).toHaveLength(1);
    expect([...pool.candidates()]).toEqual([]);
    pool.release(4);
    pool.release(2);
    expect(sorted(pool.candidates())).toEqual([2, 4]);
  });

  test("the port that the system chooses is never taken", () => {
    const pool = new PortPool(null, seeded(1));
    expect(pool.reserve(0)).toBe(true);
    expect(pool.reserve(0)).toBe(true);
    expect([...pool.candidates()].at(-1)).toBe(0);
  });
});

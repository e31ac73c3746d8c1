import { expect, test } from "vitest";
import { settle } from "../../adapters/_fake_clock.ts";
import { Turns } from "../../lib/auth/turns.ts";
import { deferred } from "../../lib/base/deferred.ts";

const NEVER = new AbortController().signal;

test("no more than the limit run at once, in the order of asking", async () => {
  const turns = new Turns(2);
  const begun: number[] = [];
  const gates = [0, 1, 2, 3].map(() => deferred<number>());
  const all = gates.map((gate, at) =>
    turns.run(() => {
      begun.push(at);
      return gate.promise;
    }, NEVER)
  );
  await settle();
  expect(begun).toEqual([0, 1]);
  gates[1]!.resolve(11);
  await settle();
  expect(begun).toEqual([0, 1, 2]);
  for (const gate of gates) gate.resolve(7);
  expect(await Promise.all(all)).toEqual([7, 11, 7, 7]);
  expect(begun).toEqual([0, 1, 2, 3]);
});

test("work that fails gives its place to the next", async () => {
  const turns = new Turns(1);
  const first = turns.run(() => Promise.reject(new Error("no")), NEVER);
  const second = turns.run(() => Promise.resolve("yes"), NEVER);
  await expect(first).rejects.toThrow("no");
  expect(await second).toBe("yes");
  expect(await turns.run(() => Promise.resolve(3), NEVER)).toBe(3);
});

test("whoever is gone waits no longer and never begins", async () => {
  const turns = new Turns(1);
  const gate = deferred<string>();
  const first = turns.run(() => gate.promise, NEVER);
  const gone = new AbortController();
  let begun = 0;
  const work = () => Promise.resolve(++begun);
  const second = turns.run(work, gone.signal);
  gone.abort();
  expect(await second).toBeNull();
  expect(await turns.run(work, gone.signal)).toBeNull();
  gate.resolve("done");
  expect(await first).toBe("done");
  expect(await turns.run(work, gone.signal)).toBeNull();
  expect(begun).toBe(0);
  expect(await turns.run(work, NEVER)).toBe(1);
});

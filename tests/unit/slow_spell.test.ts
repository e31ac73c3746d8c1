import { expect, test } from "vitest";
import { SlowSpell } from "../../adapters/_slow_disk.ts";

test("SlowSpell keeps away for ten seconds from what took long", () => {
  let now = 1000;
  const spell = new SlowSpell(() => now);
  const taking = (milliseconds: number) => () => {
    now += milliseconds;
  };
  expect(spell.isOver).toBe(true);
  spell.watch(taking(10));
  expect(spell.isOver).toBe(true);
  spell.watch(taking(11));
  expect(spell.isOver).toBe(false);
  now += 9_999;
  expect(spell.isOver).toBe(false);
  now++;
  expect(spell.isOver).toBe(true);
  // Of what fails, too.
  expect(() =>
    spell.watch(() => {
      now += 11;
      throw new Error("no space");
    })
  ).toThrow("no space");
  expect(spell.isOver).toBe(false);
});

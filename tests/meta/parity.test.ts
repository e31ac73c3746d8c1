// The pages that promise something name the tests that hold it.

import { describe, expect, test } from "vitest";
import { MEMBERS, OPTIONS, OTHERS } from "./_pyftpdlib_names.ts";
import { objection, promiseRows } from "./_tables.ts";

const PAGES = [
  "docs/parity.md",
  "docs/behaviour.md",
  "docs/rfc.md",
  "docs/upstream-tests.md",
];

/** Rows that are still open, by page; to be emptied. */
const OPEN: Readonly<Record<string, readonly string[]>> = {};

/** The first name of a row, or its number. */
function firstOf(subject: string): string {
  return /^(?:`([^`]+)`|\S+)/.exec(subject)?.at(1) ?? subject.split(" ")[0]!;
}

describe.each(PAGES)("%s", (page) => {
  const rows = promiseRows(page);

  test("has rows", () => expect(rows.length).toBeGreaterThan(50));

  test("names tests that are there, or says what was decided", () => {
    expect(rows.map(objection).filter((text) => text !== null)).toEqual([]);
  });

  test("leaves open what is known to be open, and no more", () => {
    const open = rows.filter(({ held }) => held === "to do")
      .map(({ subject }) => firstOf(subject));
    expect(open).toEqual(OPEN[page] ?? []);
  });
});

describe("the page of names", () => {
  const names = promiseRows("docs/parity.md").flatMap(({ subject }) =>
    [...subject.matchAll(/`([^`]+)`/g)].map((match) => match[1]!)
  );

  test("has every name of pyftpdlib, each once", () => {
    const wanted = [
      ...Object.entries(MEMBERS).flatMap(([name, members]) => [
        name,
        ...members.map((member) => `${name}.${member}`),
      ]),
      ...OPTIONS,
      ...OTHERS,
    ];
    expect(wanted.filter((name) => !names.includes(name))).toEqual([]);
    expect(names.filter((name) => !wanted.includes(name))).toEqual([]);
    expect(names.length).toBe(new Set(names).size);
  });
});

test("a row without its test would be found", () => {
  const row = {
    subject: "`x`",
    answer: "`y`",
    held: "",
    tests: [{ path: "tests/meta/parity.test.ts", name: "no such\u0020name" }],
  };
  expect(objection(row)).toContain("has no test");
  expect(objection({ ...row, tests: [] })).toContain("neither a test nor");
  expect(objection({ ...row, tests: [], answer: "decided: none" })).toBeNull();
  const missing = { path: "tests/missing.test.ts", name: "x" };
  expect(objection({ ...row, tests: [missing] })).toContain("no tests/missing");
});

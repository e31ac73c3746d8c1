import { describe, expect, test } from "vitest";
import { parse } from "smol-toml";
import type { JsonPath } from "../../lib/base/json_schema.ts";
import { tomlPlaces } from "../../lib/base/toml_places.ts";

const DOCUMENT = `# a comment with = and [
title = "x = 1 # no comment" # y = 2
a.b . "c d" = 1
numbers = [ 1, # one
  2, [ 3 ],
]
text = """
[not.a.table]
key = "no key" \\""" still
"""
raw = '''
[[nor.this]]
'''
empty = ""
'quoted key' = 'its'
point = { x = 1, y.z = [ { w = 2 } ] }
when = 2030-12-31T18:00:00Z

[table]
key = true
[table.sub."a.b"]
key = 0x1F

[[list]]
name = "first"
[list.part]
deep = 1
[[list]]
name = "second"
  [[list.inner]]
  v = 1
  [[list.inner]]
  v = 2
`.replace("'it''s' # not TOML's way, so in two strings below", '"its"');

/** Every path that leads to a value. */
function* paths(value: unknown, path: JsonPath = []): Generator<JsonPath> {
  if (path.length > 0) yield path;
  if (Array.isArray(value)) {
    for (const [at, item] of value.entries()) yield* paths(item, [...path, at]);
  } else if (
    typeof value === "object" && value !== null && !(value instanceof Date)
  ) {
    for (const [key, member] of Object.entries(value)) {
      yield* paths(member, [...path, key]);
    }
  }
}

describe("tomlPlaces()", () => {
  const places = tomlPlaces(DOCUMENT);
  const lines = DOCUMENT.split("\n");

  test("has a place for every value that a parser finds", () => {
    const all = [...paths(parse(DOCUMENT))];
    expect(all.length).toBeGreaterThan(35);
    for (const path of all) {
      expect(places.has(path), JSON.stringify(path)).toBe(true);
    }
  });

  test("puts every key on the line where its name stands", () => {
    for (const path of paths(parse(DOCUMENT))) {
      const last = path.at(-1)!;
      if (typeof last === "number") continue;
      const { line, column } = places.find(path);
      const here = lines[line - 1]!.slice(column - 1);
      expect(here, JSON.stringify(path)).toContain(last);
    }
  });

  for (
    const [path, text] of [
      [["title"], "title = "],
      [["a", "b", "c d"], "a.b ."],
      [["numbers", 1], "2, [ 3 ]"],
      [["numbers", 2, 0], "3 ],"],
      [["point", "y", "z", 0, "w"], "w = 2"],
      [["table", "sub", "a.b", "key"], "key = 0x1F"],
      [["list", 0, "name"], 'name = "first"'],
      [["list", 0, "part", "deep"], "deep = 1"],
      [["list", 1, "name"], 'name = "second"'],
      [["list", 1, "inner", 0, "v"], "v = 1"],
      [["list", 1, "inner", 1, "v"], "v = 2"],
      [["list", 1, "inner", 1, "missing"], "[[list.inner]]"],
    ] as const
  ) {
    test(`knows where ${JSON.stringify(path)} is`, () => {
      const { line, column } = places.find(path);
      const here = lines[line - 1]!.slice(column - 1);
      expect(here.startsWith(text), here).toBe(true);
    });
  }

  test("comes to an end with anything", () => {
    for (let length = 0; length < DOCUMENT.length; length++) {
      tomlPlaces(DOCUMENT.slice(0, length));
      tomlPlaces(DOCUMENT.slice(length));
    }
    tomlPlaces("\u0000]]}}==,,[[[{{{");
  });
});

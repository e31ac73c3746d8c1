import { describe, expect, test } from "vitest";
import { readJson } from "../../lib/base/json_reader.ts";
import { TextSyntaxError } from "../../lib/base/text_place.ts";

function errorOf(text: string): string {
  try {
    readJson(text);
    return "none";
  } catch (error) {
    if (!(error instanceof TextSyntaxError)) throw error;
    const { line, column } = error.place;
    return `${line}:${column}: ${error.message}`;
  }
}

describe("readJson()", () => {
  for (
    const text of [
      "{}",
      "[]",
      " \n[ ]\t",
      "0",
      "-1.5e+3",
      '"\\u00e4\\n\\"\\\\"',
      "null",
      "true",
      "false",
      '{"a":{"b":[1,{"c":"d"},[]]},"":0}',
      '{"__proto__":1}',
      '"a\u2028b"',
    ]
  ) {
    test(`reads what JSON.parse reads: ${text}`, () => {
      expect(readJson(text).value).toEqual(JSON.parse(text));
      expect(JSON.stringify(readJson(text).value)).toBe(
        JSON.stringify(JSON.parse(text)),
      );
    });
  }

  test("takes a mark of the byte order for what it is", () => {
    expect(readJson("\ufeff{}").value).toEqual({});
  });

  test("knows the places of members and items", () => {
    const { places } = readJson('{\n  "a": [1,\n   {"b": 2}],\n\t"c": {}\n}');
    expect(places.find(["a"])).toEqual({ line: 2, column: 3 });
    expect(places.find(["a", 0])).toEqual({ line: 2, column: 9 });
    expect(places.find(["a", 1, "b"])).toEqual({ line: 3, column: 5 });
    expect(places.find(["c"])).toEqual({ line: 4, column: 2 });
    expect(places.find(["c", "missing"])).toEqual({ line: 4, column: 2 });
    expect(places.find(["missing"])).toEqual({ line: 1, column: 1 });
  });

  for (
    const [text, message] of [
      ["", "1:1: expected a value, found the end"],
      ["{", "1:2: expected a name, found the end"],
      ['{"a":1,\n}', '2:1: expected a name, found "}"'],
      ['{"a" 1}', '1:6: expected ":", found "1"'],
      ["[1 2]", '1:4: expected "," or "]", found "2"'],
      ["[1]]", '1:4: expected the end, found "]"'],
      ["[01]", '1:3: expected "," or "]", found "1"'],
      ["{a:1}", '1:2: expected a name, found "a"'],
      ["// x", '1:1: expected a value, found "/"'],
      ['"a\nb"', "1:1: this text does not end"],
      ['"\\x"', "1:1: this text has an escape or a mark that JSON has not"],
      ['"\t"', "1:1: this text has an escape or a mark that JSON has not"],
      ['{"a":1,\n "a":2}', '2:2: "a" stands here twice'],
      ["[".repeat(70), "1:66: it is nested too deep"],
    ] as const
  ) {
    test(`tells where ${JSON.stringify(text).slice(0, 20)} ends to be JSON`, () => {
      expect(errorOf(text)).toBe(message);
    });
  }

  test("refuses every beginning of a document, as JSON.parse does", () => {
    const text = '{"a":[1,true,"x\\u0041"],"b":{"c":null}}';
    for (let length = 0; length < text.length; length++) {
      expect(errorOf(text.slice(0, length)), String(length)).not.toBe("none");
    }
  });
});

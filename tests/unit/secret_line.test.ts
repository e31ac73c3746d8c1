import { expect, test } from "vitest";
import { SecretLine } from "../../adapters/_secret_line.ts";

/** What comes out of all that is typed, in pieces of `size`. */
function typed(
  text: string,
  size = text.length,
): { readonly line: string | null; readonly rest: string } | null {
  const line = new SecretLine();
  const characters = [...text];
  for (let at = 0; at < characters.length; at += size) {
    const answer = line.push(characters.slice(at, at + size).join(""));
    if (answer !== null) {
      const rest = answer.rest + characters.slice(at + size).join("");
      return { ...answer, rest };
    }
  }
  return null;
}

for (
  const [text, line, rest] of [
    ["secret\r", "secret", ""],
    ["secret\n", "secret", ""],
    ["pass word\rsecond\r", "pass word", "second\r"],
    ["\r", "", ""],
    ["abc\x7f\x7fd\r", "ad", ""],
    ["ab\b\b\b\bc\r", "c", ""],
    ["a😀\x7fb\r", "ab", ""],
    ["wrong\x15right\r", "right", ""],
    ["a\tb\x01\r", "ab", ""],
    ["abc\x03d", null, "d"],
    ["\x04", null, ""],
    ["abc\x04", "abc", ""],
    ["ä€\r", "ä€", ""],
  ] as const
) {
  test(`${JSON.stringify(text)} is ${JSON.stringify(line)}`, () => {
    for (let size = 1; size <= text.length; size++) {
      expect(typed(text, size), `${size}`).toEqual({ line, rest });
    }
  });
}

test("arrows and such are no text", () => {
  expect(typed("a\x1b[D\x1b[3~\x1bOPb\r")).toEqual({ line: "ab", rest: "" });
});

test("a line that is not over is no answer", () => {
  expect(typed("secret")).toBeNull();
  expect(new SecretLine().push("")).toBeNull();
});

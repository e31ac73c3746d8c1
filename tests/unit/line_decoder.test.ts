import { describe, expect, test } from "vitest";
import { LineDecoder } from "../../lib/protocol/line_decoder.ts";

type Options = ConstructorParameters<typeof LineDecoder>[0];

const bytes = (text: string) =>
  Uint8Array.from(text, (one) => one.charCodeAt(0));

/** Lines as text, too long ones as `null`. */
function drain(decoder: LineDecoder): (string | null)[] {
  const found: (string | null)[] = [];
  for (let line = decoder.next(); line !== null; line = decoder.next()) {
    found.push(
      line.kind === "line" ? String.fromCharCode(...line.bytes) : null,
    );
  }
  return found;
}

function decode(chunks: readonly string[], options?: Options) {
  const decoder = new LineDecoder(options);
  return chunks.flatMap((chunk) => {
    const borrowed = bytes(chunk);
    decoder.push(borrowed);
    borrowed.fill(0x58);
    return drain(decoder);
  });
}

/** Every way to cut a text into up to three pieces. */
function* cuts(text: string): Iterable<string[]> {
  for (let a = 0; a <= text.length; a++) {
    for (let b = a; b <= text.length; b++) {
      yield [text.slice(0, a), text.slice(a, b), text.slice(b)];
    }
  }
}

const CASES: [name: string, text: string, Options, (string | null)[]][] = [
  ["two commands", "USER a\r\nPASS b\r\n", {}, ["USER a", "PASS b"]],
  ["empty lines", "\r\n\r\nA\r\n", {}, ["", "", "A"]],
  ["an unfinished line", "NOOP\r\nPW", {}, ["NOOP"]],
  ["a bare LF inside", "NOOP\n\r\nA\nB\r\n", {}, ["NOOP\n", "A\nB"]],
  ["a lone CR inside", "A\rB\r\nC\r\r\n", {}, ["A\rB", "C\r"]],
  ["an LF first", "\nA\r\n", {}, ["\nA"]],
  ["LF CR LF", "\n\r\nA\r\n", {}, ["\n", "A"]],
  ["the longest line", "12345\r\nA\r\n", { maxBytes: 5 }, ["12345", "A"]],
  ["one byte more", "123456\r\nA\r\n", { maxBytes: 5 }, [null, "A"]],
  ["a tail", "123456PWD\r\nA\r\n", { maxBytes: 5 }, [null, "A"]],
  ["a CR past the limit", "12345\rx\r\nA\r\n", { maxBytes: 5 }, [null, "A"]],
  ["CR CR LF at the limit", "12345\r\r\nA\r\n", { maxBytes: 5 }, [null, "A"]],
  ["LF in a long line", "1234567\nB\r\nA\r\n", { maxBytes: 5 }, [null, "A"]],
  [
    "two long lines",
    "1234567\r\n7654321\r\nA\r\n",
    { maxBytes: 5 },
    [null, null, "A"],
  ],
  [
    "any end of line",
    "A\r\nB\nC\r\r\nD\rE\n",
    { lineEnding: "any" },
    ["A", "B", "C", "D\rE"],
  ],
  ["any: empty lines", "\n\r\n\r\r\nA\n", { lineEnding: "any" }, [
    "",
    "",
    "",
    "A",
  ]],
  [
    "any: the longest lines",
    "12345\n12345\r\n12345\r\r\nA\n",
    { lineEnding: "any", maxBytes: 5 },
    ["12345", "12345", "12345", "A"],
  ],
  [
    "any: a long line ends at LF",
    "123456\nA\n12345\r\r\r\nB\n",
    { lineEnding: "any", maxBytes: 5 },
    [null, "A", null, "B"],
  ],
];

describe("LineDecoder", () => {
  test.each(CASES)(
    "yields the same lines for every split point: %s",
    (_name, text, options, expected) => {
      for (const chunks of cuts(text)) {
        expect(decode(chunks, options), JSON.stringify(chunks))
          .toEqual(expected);
      }
      expect(decode([...text], options)).toEqual(expected);
    },
  );

  test("passes 2048 bytes and refuses 2049 unless told otherwise", () => {
    expect(decode(["a".repeat(2048) + "\r\n"])).toEqual(["a".repeat(2048)]);
    expect(decode(["a".repeat(2049) + "\r\n"])).toEqual([null]);
  });

  test("says too-long before the line ends, and once only", () => {
    const decoder = new LineDecoder({ maxBytes: 4 });
    decoder.push(bytes("1234"));
    expect(drain(decoder)).toEqual([]);
    decoder.push(bytes("5"));
    expect(drain(decoder)).toEqual([null]);
    for (let round = 0; round < 5; round++) {
      decoder.push(bytes("more\n"));
      expect(drain(decoder)).toEqual([]);
      expect(decoder.pending).toBe(0);
    }
    decoder.push(bytes("x\r"));
    expect(drain(decoder)).toEqual([]);
    decoder.push(bytes("\nPWD\r\n"));
    expect(drain(decoder)).toEqual(["PWD"]);
  });

  test("next() takes one line and leaves the others pending", () => {
    const decoder = new LineDecoder();
    decoder.push(bytes("AUTH TLS\r\nUSER x\r\nPA"));
    expect(decoder.pending).toBe(20);
    expect(decoder.next()).toEqual({ kind: "line", bytes: bytes("AUTH TLS") });
    expect(decoder.pending).toBe(10);
    decoder.next();
    expect(decoder.pending).toBe(2);
    expect(decoder.next()).toBeNull();
    expect(decoder.pending).toBe(2);
    decoder.push(bytes("SS\r\n"));
    expect(drain(decoder)).toEqual(["PASS"]);
    expect(decoder.pending).toBe(0);
  });

  test("a line that was handed out is not touched by later ones", () => {
    const decoder = new LineDecoder();
    decoder.push(bytes("first\r\n"));
    const line = decoder.next();
    decoder.push(bytes("XXXXXXXXXXXX\r\n"));
    decoder.next();
    expect(line).toEqual({ kind: "line", bytes: bytes("first") });
  });

  test("clear() forgets lines, beginnings and a line being dropped", () => {
    const decoder = new LineDecoder({ maxBytes: 4 });
    decoder.push(bytes("A\r\nB\r\n12"));
    decoder.clear();
    expect(decoder.pending).toBe(0);
    expect(decoder.next()).toBeNull();
    decoder.push(bytes("123456"));
    expect(drain(decoder)).toEqual([null]);
    decoder.clear();
    decoder.push(bytes("C\r\n"));
    expect(drain(decoder)).toEqual(["C"]);
  });

  test("yields a long session's lines however they arrive", () => {
    const lines = Array.from(
      { length: 400 },
      (_, at) => `CMD${at} ${"x".repeat(at * 7 % 90)}`,
    );
    const text = lines.join("\r\n") + "\r\n";
    for (const size of [1, 2, 3, 7, 64, 100, 255, 256, 257, 1000]) {
      const chunks: string[] = [];
      for (let at = 0; at < text.length; at += size) {
        chunks.push(text.slice(at, at + size));
      }
      expect(decode(chunks)).toEqual(lines);
    }
  });

  test("keeps its memory within the limit whatever a client sends", () => {
    const decoder = new LineDecoder({ maxBytes: 100 });
    const chunk = new Uint8Array(65536).fill(0x41);
    for (let round = 0; round < 20; round++) {
      decoder.push(chunk);
      drain(decoder);
      expect(decoder.pending).toBeLessThanOrEqual(102);
    }
  });
});

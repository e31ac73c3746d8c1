import { describe, expect, test } from "vitest";
import { AsciiDecoder, AsciiEncoder } from "../../lib/protocol/ascii.ts";

const bytes = (text: string) =>
  Uint8Array.from(text, (one) => one.charCodeAt(0));
const text = (from: Uint8Array) =>
  Array.from(from, (byte) => String.fromCharCode(byte)).join("");

function encode(chunks: readonly string[]): string {
  const encoder = new AsciiEncoder();
  return chunks.map((chunk) => text(encoder.encode(bytes(chunk)))).join("");
}

function decode(chunks: readonly string[]): string {
  const decoder = new AsciiDecoder();
  const all = chunks.map((chunk) => text(decoder.decode(bytes(chunk))));
  return all.join("") + text(decoder.end());
}

/** Every way to cut a text into up to three pieces. */
function* cuts(whole: string): Iterable<string[]> {
  for (let a = 0; a <= whole.length; a++) {
    for (let b = a; b <= whole.length; b++) {
      yield [whole.slice(0, a), whole.slice(a, b), whole.slice(b)];
    }
  }
}

/** Every text of up to `length` of the letters a, CR and LF. */
function* texts(length: number): Iterable<string> {
  yield "";
  if (length === 0) return;
  for (const rest of texts(length - 1)) {
    for (const letter of "a\r\n") yield letter + rest;
  }
}

const long = `${"x".repeat(300)}\n${"y".repeat(65)}\r\n\n${"z".repeat(64)}\n`;

describe("AsciiEncoder", () => {
  test("puts CR before each LF that has none, for every split point", () => {
    for (const whole of [...texts(5), "\nab\r", "a\nb\r\nc\rd\n\n", long]) {
      if (whole.length > 20) {
        expect(encode([whole])).toBe(whole.replace(/(?<!\r)\n/g, "\r\n"));
        for (let at = 0; at <= whole.length; at++) {
          expect(encode([whole.slice(0, at), whole.slice(at)]))
            .toBe(encode([whole]));
        }
        continue;
      }
      const expected = whole.replace(/(?<!\r)\n/g, "\r\n");
      for (const chunks of cuts(whole)) expect(encode(chunks)).toBe(expected);
    }
  });

  test("converts an LF at the start of a chunk that ends in CR", () => {
    expect(encode(["\nab\r", "\nab\r", "b"])).toBe("\r\nab\r\nab\rb");
  });

  test("hands back the chunk itself when nothing changes", () => {
    const chunk = bytes("plain\r\n");
    expect(new AsciiEncoder().encode(chunk)).toBe(chunk);
    const encoder = new AsciiEncoder();
    encoder.encode(bytes("a\r"));
    const rest = bytes("\nb");
    expect(encoder.encode(rest)).toBe(rest);
  });

  test("never writes into the chunk, nor into what is longer than it", () => {
    const encoder = new AsciiEncoder();
    const chunk = bytes("\n".repeat(50));
    expect(text(encoder.encode(chunk))).toBe("\r\n".repeat(50));
    expect(text(chunk)).toBe("\n".repeat(50));
    expect(text(encoder.encode(bytes("a\n")))).toBe("a\r\n");
  });
});

describe("AsciiDecoder", () => {
  test("turns CR LF into LF and nothing else, for every split point", () => {
    for (const whole of [...texts(5), "a\r\r\nb", "a\rb\nc\r"]) {
      const expected = whole.replaceAll("\r\n", "\n");
      for (const chunks of cuts(whole)) expect(decode(chunks)).toBe(expected);
    }
    const wire = long.replace(/(?<!\r)\n/g, "\r\n");
    for (let at = 0; at <= wire.length; at++) {
      expect(decode([wire.slice(0, at), wire.slice(at)]))
        .toBe(wire.replaceAll("\r\n", "\n"));
    }
  });

  test("holds a CR back at the end of a chunk and gives it up at the end", () => {
    const decoder = new AsciiDecoder();
    expect(text(decoder.decode(bytes("a\r")))).toBe("a");
    expect(text(decoder.decode(bytes("")))).toBe("");
    expect(text(decoder.decode(bytes("\r")))).toBe("\r");
    expect(text(decoder.end())).toBe("\r");
    expect(decoder.end()).toHaveLength(0);
  });

  test("hands back the chunk itself when nothing changes", () => {
    const chunk = bytes("plain\n");
    expect(new AsciiDecoder().decode(chunk)).toBe(chunk);
  });

  test("undoes AsciiEncoder for text without CR", () => {
    const whole = "one\n\ntwo\nthree";
    expect(decode([encode([whole])])).toBe(whole);
  });
});

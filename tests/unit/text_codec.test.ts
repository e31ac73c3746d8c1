import { describe, expect, test } from "vitest";
import { ConfigError } from "../../lib/base/errors.ts";
import { textCodec } from "../../lib/protocol/text_codec.ts";

const bytes = (...values: number[]) => Uint8Array.from(values);
const utf8 = (text: string) => new Uint8Array(new TextEncoder().encode(text));
const preserve = textCodec("utf-8", "preserve");

describe("textCodec() names", () => {
  test.each([
    ["utf8", "utf-8"],
    ["UTF8", "utf-8"],
    ["utf-8", "utf-8"],
    ["latin-1", "iso-8859-1"],
    ["latin1", "iso-8859-1"],
    ["ISO-8859-1", "iso-8859-1"],
    ["iso_8859-1", "iso-8859-1"],
    ["ascii", "us-ascii"],
    ["GBK", "gbk"],
    ["sjis", "shift_jis"],
    ["cp1252", "windows-1252"],
  ])("%s is %s", (label, name) => {
    expect(textCodec(label, "preserve").name).toBe(name);
  });

  test("only UTF-8 says that it is", () => {
    expect(preserve.isUtf8).toBe(true);
    expect(textCodec("latin-1", "preserve").isUtf8).toBe(false);
    expect(textCodec("gbk", "preserve").isUtf8).toBe(false);
  });

  test("an unknown encoding is refused by name", () => {
    expect(() => textCodec("zzz", "preserve")).toThrow(
      new ConfigError('Cannot use encoding "zzz": unknown encoding'),
    );
  });

  test.each(["utf-16", "utf-16be", "ucs-2", "iso-2022-jp", "replacement"])(
    "%s is refused: commands would not be ASCII",
    (label) => {
      expect(() => textCodec(label, "preserve")).toThrow(ConfigError);
    },
  );
});

describe("UTF-8", () => {
  test("text of every length and width goes both ways", () => {
    for (
      const text of ["", "PWD", "é", "naïve €", "日本語", "a😀b", "\ufeffx"]
    ) {
      for (const long of [text, text.repeat(100)]) {
        for (const errors of ["preserve", "replace", "strict"] as const) {
          const codec = textCodec("utf8", errors);
          expect(codec.encode(long)).toEqual(utf8(long));
          expect(codec.decode(utf8(long))).toBe(long);
        }
      }
    }
  });

  test("a byte order mark is text like any other", () => {
    const marked = bytes(0xef, 0xbb, 0xbf, 0x61);
    expect(preserve.decode(marked)).toBe("\ufeffa");
    expect(textCodec("utf8", "replace").decode(marked)).toBe("\ufeffa");
    expect(textCodec("utf8", "strict").decode(marked)).toBe("\ufeffa");
  });

  test("preserve keeps a bad byte as a lone surrogate", () => {
    expect(preserve.decode(bytes(0x61, 0xe9, 0x62))).toBe("a\udce9b");
    expect(preserve.encode("a\udce9b")).toEqual(bytes(0x61, 0xe9, 0x62));
  });

  test.each([
    ["an overlong slash", bytes(0xc0, 0xaf), "\udcc0\udcaf"],
    ["an overlong form of 3", bytes(0xe0, 0x80, 0xaf), "\udce0\udc80\udcaf"],
    ["a surrogate", bytes(0xed, 0xa0, 0x80), "\udced\udca0\udc80"],
    [
      "more than U+10FFFF",
      bytes(0xf4, 0x90, 0x80, 0x80),
      "\udcf4\udc90\udc80\udc80",
    ],
    ["a sequence cut short", bytes(0xe2, 0x82), "\udce2\udc82"],
    ["one cut by text", bytes(0xf0, 0x9f, 0x41), "\udcf0\udc9fA"],
    [
      "good beside bad",
      bytes(0xc3, 0xa9, 0xff, 0xf0, 0x9f, 0x98, 0x80),
      "é\udcff😀",
    ],
  ])("preserve escapes each byte of %s", (_name, input, text) => {
    expect(preserve.decode(input)).toBe(text);
    expect(preserve.encode(text)).toEqual(input);
  });

  test("preserve brings back any bytes at all", () => {
    let seed = 1;
    const next = () => (seed = (seed * 48271) % 0x7fffffff);
    // Leads and continuations close together, so that borders are met.
    const pool = [0x41, 0x80, 0xbf, 0xc2, 0xe0, 0xed, 0xa0, 0xf0, 0xf4, 0x90];
    for (let round = 0; round < 3000; round++) {
      const input = Uint8Array.from(
        { length: next() % 9 },
        () => next() % 3 === 0 ? next() % 256 : pool[next() % pool.length]!,
      );
      const text = preserve.decode(input)!;
      expect(preserve.encode(text)).toEqual(input);
      expect(text.replaceAll(/[\udc80-\udcff]/gu, "\ufffd").includes("\udc80"))
        .toBe(false);
    }
  });

  test("replace turns a bad byte into U+FFFD and goes on", () => {
    const codec = textCodec("utf8", "replace");
    expect(codec.decode(bytes(0x61, 0xe9, 0x62))).toBe("a\ufffdb");
    expect(codec.encode("a\udce9b")).toEqual(utf8("a?b"));
  });

  test("strict answers null, and is as good as new afterwards", () => {
    const codec = textCodec("utf8", "strict");
    expect(codec.decode(bytes(0xe9))).toBeNull();
    expect(codec.decode(bytes(0xe2, 0x82))).toBeNull();
    expect(codec.decode(bytes(0xac))).toBeNull();
    expect(codec.decode(utf8("é"))).toBe("é");
    expect(codec.encode("\udce9")).toEqual(utf8("?"));
  });

  test("other halves of pairs become a question mark", () => {
    expect(preserve.encode("a\ud800b\udc00c\udfff")).toEqual(utf8("a?b?c?"));
  });
});

describe("ISO 8859-1", () => {
  const codec = textCodec("latin-1", "preserve");

  test("every byte is the character of its number, also 0x80 to 0x9f", () => {
    const all = Uint8Array.from({ length: 256 }, (_, at) => at);
    const text = codec.decode(all)!;
    expect([...text].map((one) => one.charCodeAt(0))).toEqual([...all]);
    expect(codec.encode(text)).toEqual(all);
  });

  test("what it lacks becomes a question mark, one per character", () => {
    expect(codec.encode("€😀é")).toEqual(bytes(0x3f, 0x3f, 0xe9));
  });

  test("an escaped byte of the disk becomes that byte only in preserve", () => {
    expect(codec.encode("\udce9")).toEqual(bytes(0xe9));
    expect(textCodec("latin-1", "replace").encode("\udce9"))
      .toEqual(bytes(0x3f));
  });
});

describe("ASCII", () => {
  test("decodes 7 bits; the rest by the policy", () => {
    const input = bytes(0x41, 0x80);
    expect(textCodec("ascii", "preserve").decode(input)).toBe("A\udc80");
    expect(textCodec("ascii", "replace").decode(input)).toBe("A\ufffd");
    expect(textCodec("ascii", "strict").decode(input)).toBeNull();
    expect(textCodec("ascii", "preserve").encode("A\udc80é"))
      .toEqual(bytes(0x41, 0x80, 0x3f));
  });
});

describe("encodings by table", () => {
  test.each([
    ["windows-1252", "€“é”", [0x80, 0x93, 0xe9, 0x94]],
    ["koi8-r", "Привет", [0xf0, 0xd2, 0xc9, 0xd7, 0xc5, 0xd4]],
    ["iso-8859-15", "€", [0xa4]],
    ["gbk", "中文 a", [0xd6, 0xd0, 0xce, 0xc4, 0x20, 0x61]],
    ["big5", "十中", [0xa4, 0x51, 0xa4, 0xa4]],
    ["shift_jis", "ソ表ｱ", [0x83, 0x5c, 0x95, 0x5c, 0xb1]],
    ["euc-kr", "한글", [0xc7, 0xd1, 0xb1, 0xdb]],
    ["euc-jp", "日本ｱ", [0xc6, 0xfc, 0xcb, 0xdc, 0x8e, 0xb1]],
    ["gb18030", "中😀", [0xd6, 0xd0, 0x94, 0x39, 0xfc, 0x36]],
    ["gb18030", "\u0080", [0x81, 0x30, 0x81, 0x30]],
  ])("%s writes and reads %s", (label, text, expected) => {
    const codec = textCodec(label, "strict");
    expect([...codec.encode(text)]).toEqual(expected);
    expect(codec.decode(Uint8Array.from(expected))).toBe(text);
  });

  test("ASCII stays ASCII where Shift_JIS once had a yen sign", () => {
    const codec = textCodec("shift_jis", "preserve");
    expect(codec.decode(bytes(0x5c, 0x7e, 0xb1))).toBe("\\~ｱ");
    expect([...codec.encode("\\~ｱ")]).toEqual([0x5c, 0x7e, 0xb1]);
  });

  test("what the encoding lacks becomes a question mark", () => {
    expect([...textCodec("gbk", "preserve").encode("中😀")])
      .toEqual([0xd6, 0xd0, 0x3f]);
    expect([...textCodec("koi8-r", "preserve").encode("é")]).toEqual([0x3f]);
  });

  test("bad bytes follow the policy", () => {
    const input = bytes(0xd6, 0xd0, 0xff, 0x41, 0xd6);
    expect(textCodec("gbk", "preserve").decode(input)).toBe("中\udcffA\udcd6");
    expect(textCodec("gbk", "replace").decode(input)).toBe("中\ufffdA\ufffd");
    expect(textCodec("gbk", "strict").decode(input)).toBeNull();
    expect(textCodec("gbk", "preserve").encode("中\udcffA\udcd6"))
      .toEqual(input);
  });

  test("every character of a table comes back from its bytes", () => {
    for (const label of ["gbk", "big5", "shift_jis", "euc-kr", "euc-jp"]) {
      const codec = textCodec(label, "strict");
      let known = 0;
      for (let code = 0xa0; code < 0xd800; code++) {
        const character = String.fromCharCode(code);
        const encoded = codec.encode(character);
        if (encoded.length === 1 && encoded[0] === 0x3f) continue;
        known++;
        if (codec.decode(encoded) !== character) {
          throw new Error(
            `${label}: U+${code.toString(16)} does not come back`,
          );
        }
      }
      expect(known).toBeGreaterThan(6000);
    }
  });
});

import {
  decodeUpTo,
  encodeUpTo,
  escapeByte,
  escapedByte,
} from "./escaped_bytes.ts";
import type { TextCodec, UnicodeErrors } from "./text_codec.ts";

/** From the first to the last value that a byte of a sequence may have. */
type ByteRange = readonly [first: number, last: number];

/**
 * The sequences of each double byte encoding. Where two of them mean the same
 * character, the encoder takes the one that comes first here, which is the
 * choice of the Encoding Standard.
 */
const SHAPES: ReadonlyMap<string, readonly (readonly ByteRange[])[]> = new Map([
  ["gbk", [[[0x81, 0xfe], [0x40, 0xfe]]]],
  ["gb18030", [
    [[0x81, 0xfe], [0x40, 0xfe]],
    [[0x81, 0x84], [0x30, 0x39], [0x81, 0xfe], [0x30, 0x39]],
  ]],
  ["big5", [
    // Two ideographs and four box drawings: not their first place.
    [[0xa4, 0xa4], [0x51, 0xca]],
    [[0xf9, 0xf9], [0xe9, 0xf9]],
    [[0xa1, 0xfe], [0x40, 0xfe]],
    [[0x87, 0xa0], [0x40, 0xfe]],
  ]],
  ["shift_jis", [
    [[0x81, 0xec], [0x40, 0xfc]],
    [[0xef, 0xfc], [0x40, 0xfc]],
    [[0xed, 0xee], [0x40, 0xfc]],
  ]],
  ["euc-kr", [[[0x81, 0xfe], [0x41, 0xfe]]]],
  ["euc-jp", [
    [[0x8e, 0x8e], [0xa1, 0xdf]],
    [[0xa1, 0xfe], [0xa1, 0xfe]],
    [[0x8f, 0x8f], [0xa1, 0xfe], [0xa1, 0xfe]],
  ]],
]);

/** 0x80 to 0x9f; Node 20's decoder takes windows-1252 for ISO 8859-1. */
const WINDOWS_1252 =
  "\u20ac\x81\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039" +
  "\u0152\x8d\u017d\x8f\x90\u2018\u2019\u201c\u201d\u2022\u2013\u2014" +
  "\u02dc\u2122\u0161\u203a\u0153\x9d\u017e\u0178";

const ASCII_LAST = 0x7f;
const MAX_SEQUENCE_BYTES = 4;

/** Both directions; a key of `toText` is the bytes as one number. */
interface Tables {
  readonly toText: ReadonlyMap<number, string>;
  readonly toBytes: ReadonlyMap<string, number>;
}

const tablesByName = new Map<string, Tables>();

/**
 * A codec for any other encoding of `TextDecoder`, by tables made from it on
 * first use: 256 entries, or some 24,000 for a double byte encoding.
 * `null`: unknown, or not a superset of ASCII.
 */
export function tableCodec(
  label: string,
  errors: UnicodeErrors,
): TextCodec | null {
  let name: string;
  try {
    const decoder = new TextDecoder(label);
    name = (decoder as unknown as { encoding: string }).encoding.toLowerCase();
  } catch {
    return null;
  }
  if (name.startsWith("utf-") || name === "iso-2022-jp") return null;
  return new TableCodec(name, errors);
}

class TableCodec implements TextCodec {
  readonly name: string;
  readonly isUtf8 = false;
  readonly #errors: UnicodeErrors;

  constructor(name: string, errors: UnicodeErrors) {
    this.name = name;
    this.#errors = errors;
  }

  decode(bytes: Uint8Array): string | null {
    const ascii = decodeUpTo(ASCII_LAST, bytes);
    if (ascii !== null) return ascii;
    const { toText } = tablesOf(this.name);
    let text = "";
    let at = 0;
    next:
    while (at < bytes.length) {
      let key = 0;
      for (let length = 1; length <= MAX_SEQUENCE_BYTES; length++) {
        if (at + length > bytes.length) break;
        key = key * 0x100 + bytes[at + length - 1]!;
        const found = toText.get(key) ?? supplementary(this.name, key);
        if (found !== null) {
          text += found;
          at += length;
          continue next;
        }
      }
      const byte = bytes[at++]!;
      if (this.#errors === "strict") return null;
      text += this.#errors === "replace" ? "\ufffd" : escapeByte(byte);
    }
    return text;
  }

  encode(text: string): Uint8Array {
    const ascii = encodeUpTo(ASCII_LAST, text);
    if (ascii !== null) return ascii;
    const { toBytes } = tablesOf(this.name);
    const bytes = new Uint8Array(text.length * MAX_SEQUENCE_BYTES);
    let at = 0;
    for (const character of text) {
      const code = character.codePointAt(0)!;
      const key = toBytes.get(character) ??
        supplementaryKey(this.name, code) ?? escapedByte(code, this.#errors);
      for (const shift of [0x1000000, 0x10000, 0x100]) {
        if (key >= shift) bytes[at++] = Math.floor(key / shift) & 0xff;
      }
      bytes[at++] = key & 0xff;
    }
    return bytes.subarray(0, at);
  }
}

function tablesOf(name: string): Tables {
  let tables = tablesByName.get(name);
  if (tables === undefined) {
    tables = buildTables(name);
    tablesByName.set(name, tables);
  }
  return tables;
}

function buildTables(name: string): Tables {
  const decoder = new TextDecoder(name);
  const toText = new Map<number, string>();
  const toBytes = new Map<string, number>();
  const add = (key: number, text: string) => {
    // Not a character, or (in Big5) a letter with a combining mark.
    if (text === "\ufffd" || [...text].length !== 1) return;
    toText.set(key, text);
    if (!toBytes.has(text)) toBytes.set(text, key);
  };
  for (let byte = 0; byte < 0x80; byte++) add(byte, String.fromCharCode(byte));
  const shapes = SHAPES.get(name) ?? [];
  for (let byte = 0x80; byte < 0x100; byte++) {
    const special = name === "windows-1252" ? WINDOWS_1252[byte - 0x80] : null;
    const text = special ?? decoder.decode(Uint8Array.of(byte));
    // Node 20 has private characters for bytes that are none in these.
    if (shapes.length === 0 || !/\p{Private_Use}/u.test(text)) add(byte, text);
  }
  for (const shape of shapes) {
    for (const sequence of sequences(shape)) {
      const key = sequence.reduce((sum, byte) => sum * 0x100 + byte, 0);
      add(key, decoder.decode(Uint8Array.from(sequence)));
    }
  }
  return { toText, toBytes };
}

/** Every sequence of a shape, in ascending order. */
function* sequences(shape: readonly ByteRange[]): Iterable<number[]> {
  const [range, ...rest] = shape;
  if (range === undefined) {
    yield [];
    return;
  }
  for (let byte = range[0]; byte <= range[1]; byte++) {
    for (const tail of sequences(rest)) yield [byte, ...tail];
  }
}

/** GB 18030 counts the characters above U+FFFF from 90 30 81 30 on. */
const SUPPLEMENTARY_INDEX = 189_000;

function supplementary(name: string, key: number): string | null {
  if (name !== "gb18030" || key < 0x90308130) return null;
  const [a, b, c, d] = [24, 16, 8, 0].map((shift) =>
    (key >>> shift) & 0xff
  ) as [number, number, number, number];
  if (b < 0x30 || b > 0x39 || c < 0x81 || c > 0xfe || d < 0x30 || d > 0x39) {
    return null;
  }
  const index = (((a - 0x81) * 10 + b - 0x30) * 126 + c - 0x81) * 10 + d - 0x30;
  const code = index - SUPPLEMENTARY_INDEX + 0x10000;
  return code <= 0x10ffff ? String.fromCodePoint(code) : null;
}

function supplementaryKey(name: string, code: number): number | undefined {
  if (name !== "gb18030" || code < 0x10000) return undefined;
  const index = code - 0x10000 + SUPPLEMENTARY_INDEX;
  const a = Math.floor(index / 12_600) + 0x81;
  const b = Math.floor(index / 1260) % 10 + 0x30;
  const c = Math.floor(index / 10) % 126 + 0x81;
  const d = index % 10 + 0x30;
  return ((a * 0x100 + b) * 0x100 + c) * 0x100 + d;
}

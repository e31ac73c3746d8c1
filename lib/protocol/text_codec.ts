import { ConfigError } from "../base/errors.ts";
import {
  decodeUpTo,
  encodeUpTo,
  escapeByte,
  escapedByte,
} from "./escaped_bytes.ts";
import { tableCodec } from "./table_codec.ts";

/**
 * What becomes of bytes that are not valid text.
 *
 * - `preserve`: each byte becomes the lone surrogate U+DC00 plus its value,
 *   and becomes the same byte again when encoded (Python's `surrogateescape`),
 *   so that every name can be addressed.
 * - `replace`: U+FFFD when decoding, `?` when encoding.
 * - `strict`: decoding answers `null`; `?` when encoding.
 */
export type UnicodeErrors = "preserve" | "replace" | "strict";

/** Text to bytes and back, in one encoding. Stateless. */
export interface TextCodec {
  /** The canonical name, in lower case: `utf-8`, `iso-8859-1`, `gbk`. */
  readonly name: string;
  /** Whether FEAT may say UTF8 (RFC 2640). */
  readonly isUtf8: boolean;
  /**
   * The text of `bytes`; a byte order mark is kept. `null` only in `strict`
   * mode, for bytes that are not valid.
   */
  decode(bytes: Uint8Array): string | null;
  /** Never fails: what the encoding lacks becomes `?`. */
  encode(text: string): Uint8Array;
}

/**
 * The codec of an encoding.
 *
 * Every label that `TextDecoder` knows will do, except UTF-16 and ISO-2022-JP,
 * in which ASCII commands are not ASCII. `latin-1` is real ISO 8859-1 here,
 * not windows-1252, and `ascii` is 7 bits.
 *
 * @throws {ConfigError} the encoding is unknown or of no use for FTP
 */
export function textCodec(
  encoding: string,
  errors: UnicodeErrors,
): TextCodec {
  switch (encoding.trim().toLowerCase().replaceAll("_", "-")) {
    case "utf8":
    case "utf-8":
      return new Utf8Codec(errors);
    case "latin1":
    case "latin-1":
    case "iso-8859-1":
    case "iso8859-1":
      return new ByteCodec("iso-8859-1", 0xff, errors);
    case "ascii":
    case "us-ascii":
      return new ByteCodec("us-ascii", ASCII_LAST, errors);
  }
  const codec = tableCodec(encoding.trim().toLowerCase(), errors);
  if (codec === null) {
    throw new ConfigError(
      `Cannot use encoding "${encoding}": unknown encoding`,
    );
  }
  return codec;
}

const ASCII_LAST = 0x7f;

/** Longer texts gain more from the runtime's own code than from a loop. */
const SHORT_TEXT = 64;

class Utf8Codec implements TextCodec {
  readonly name = "utf-8";
  readonly isUtf8 = true;
  readonly #errors: UnicodeErrors;
  readonly #encoder = new TextEncoder();
  readonly #strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  readonly #lenient = new TextDecoder("utf-8", { ignoreBOM: true });

  constructor(errors: UnicodeErrors) {
    this.#errors = errors;
  }

  decode(bytes: Uint8Array): string | null {
    if (bytes.length <= SHORT_TEXT) {
      const ascii = decodeUpTo(ASCII_LAST, bytes);
      if (ascii !== null) return ascii;
    }
    if (this.#errors === "replace") return this.#lenient.decode(bytes);
    try {
      return this.#strict.decode(bytes);
    } catch {
      return this.#errors === "strict" ? null : decodeEscaped(bytes);
    }
  }

  encode(text: string): Uint8Array {
    if (text.length <= SHORT_TEXT) {
      const ascii = encodeUpTo(ASCII_LAST, text);
      if (ascii !== null) return ascii;
    }
    // TextEncoder would write U+FFFD for a lone surrogate.
    if (!hasLoneSurrogate(text)) return this.#encoder.encode(text);
    const bytes = new Uint8Array(text.length * 3);
    let at = 0;
    for (const character of text) {
      const code = character.codePointAt(0)!;
      if (code < 0x80) {
        bytes[at++] = code;
      } else if (code < 0xd800 || code > 0xdfff) {
        const encoded = this.#encoder.encode(character);
        bytes.set(encoded, at);
        at += encoded.length;
      } else {
        bytes[at++] = escapedByte(code, this.#errors);
      }
    }
    return bytes.subarray(0, at);
  }
}

/** ISO 8859-1 and ASCII: a character is the byte of the same number. */
class ByteCodec implements TextCodec {
  readonly name: string;
  readonly isUtf8 = false;
  readonly #last: number;
  readonly #errors: UnicodeErrors;

  constructor(name: string, last: number, errors: UnicodeErrors) {
    this.name = name;
    this.#last = last;
    this.#errors = errors;
  }

  decode(bytes: Uint8Array): string | null {
    const plain = decodeUpTo(this.#last, bytes);
    if (plain !== null) return plain;
    let text = "";
    for (const byte of bytes) {
      if (byte <= this.#last) {
        text += String.fromCharCode(byte);
      } else if (this.#errors === "strict") {
        return null;
      } else {
        text += this.#errors === "replace" ? "\ufffd" : escapeByte(byte);
      }
    }
    return text;
  }

  encode(text: string): Uint8Array {
    const plain = encodeUpTo(this.#last, text);
    if (plain !== null) return plain;
    const bytes = new Uint8Array(text.length);
    let at = 0;
    for (const character of text) {
      const code = character.codePointAt(0)!;
      bytes[at++] = code <= this.#last ? code : escapedByte(code, this.#errors);
    }
    return bytes.subarray(0, at);
  }
}

/** Whether `text` holds half a surrogate pair; known of most at once. */
function hasLoneSurrogate(text: string): boolean {
  const known = text as { isWellFormed?(): boolean };
  return known.isWellFormed === undefined
    ? /\p{Surrogate}/u.test(text)
    : !known.isWellFormed();
}

/** UTF-8 in which every byte of an invalid sequence is escaped. */
function decodeEscaped(bytes: Uint8Array): string {
  let text = "";
  let at = 0;
  while (at < bytes.length) {
    const length = sequenceLength(bytes, at);
    if (length === 0) {
      text += escapeByte(bytes[at++]!);
      continue;
    }
    let code = bytes[at]!;
    if (length > 1) code &= 0x7f >> length;
    for (let next = at + 1; next < at + length; next++) {
      code = (code << 6) | (bytes[next]! & 0x3f);
    }
    text += String.fromCodePoint(code);
    at += length;
  }
  return text;
}

/** The length of the valid sequence at `at` (RFC 3629 section 4); 0: none. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at]!;
  if (first < 0x80) return 1;
  let length = 4;
  // The second byte's range shuts out overlong forms, surrogates and what
  // lies above U+10FFFF.
  let low = 0x80;
  let high = 0xbf;
  if (first >= 0xc2 && first <= 0xdf) {
    length = 2;
  } else if (first >= 0xe0 && first <= 0xef) {
    length = 3;
    if (first === 0xe0) low = 0xa0;
    if (first === 0xed) high = 0x9f;
  } else if (first >= 0xf0 && first <= 0xf4) {
    if (first === 0xf0) low = 0x90;
    if (first === 0xf4) high = 0x8f;
  } else {
    return 0;
  }
  const second = bytes[at + 1];
  if (second === undefined || second < low || second > high) return 0;
  for (let next = at + 2; next < at + length; next++) {
    const byte = bytes[next];
    if (byte === undefined || byte < 0x80 || byte > 0xbf) return 0;
  }
  return length;
}

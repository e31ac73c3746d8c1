import type { UnicodeErrors } from "./text_codec.ts";

const QUESTION_MARK = 0x3f;

/** The lone surrogate that stands for a byte of 0x80 to 0xff. */
export function escapeByte(byte: number): string {
  return String.fromCharCode(0xdc00 + byte);
}

/** The byte to send for a code point that the encoding lacks. */
export function escapedByte(code: number, errors: UnicodeErrors): number {
  const escaped = code >= 0xdc80 && code <= 0xdcff;
  return escaped && errors === "preserve" ? code - 0xdc00 : QUESTION_MARK;
}

/** So many arguments are safe on every stack. */
const RUN_BYTES = 4096;

/**
 * `bytes` as text when each is a character of the same number, that is, up to
 * `last`; else `null`. 0x7f asks for ASCII.
 */
export function decodeUpTo(last: number, bytes: Uint8Array): string | null {
  for (let at = 0; at < bytes.length; at++) {
    if (bytes[at]! > last) return null;
  }
  if (bytes.length <= RUN_BYTES) return charactersOf(bytes);
  let text = "";
  for (let at = 0; at < bytes.length; at += RUN_BYTES) {
    text += charactersOf(bytes.subarray(at, at + RUN_BYTES));
  }
  return text;
}

/** The way back: `null` when a character is above `last`. */
export function encodeUpTo(last: number, text: string): Uint8Array | null {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code > last) return null;
    bytes[at] = code;
  }
  return bytes;
}

/** A string made at once: one that is added to is a tree of its pieces. */
function charactersOf(bytes: Uint8Array): string {
  return String.fromCharCode.apply(null, bytes as unknown as number[]);
}

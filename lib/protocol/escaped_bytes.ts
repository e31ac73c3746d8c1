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

/** `bytes` as text when they are all ASCII, else `null`. */
export function decodeAscii(bytes: Uint8Array): string | null {
  let text = "";
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (byte > 0x7f) return null;
    text += String.fromCharCode(byte);
  }
  return text;
}

/** `text` as bytes when it is all ASCII, else `null`. */
export function encodeAscii(text: string): Uint8Array | null {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code > 0x7f) return null;
    bytes[at] = code;
  }
  return bytes;
}

import { Buffer } from "node:buffer";
import process from "node:process";
import { FileError } from "../lib/base/errors.ts";
import { textCodec } from "../lib/protocol/text_codec.ts";

/** A path as `node:fs` takes it. */
export type HostPath = string | Buffer;

/**
 * Whether names that are not valid UTF-8 keep their bytes.
 *
 * Deno turns every path into text and the bytes into U+FFFD, in its own calls
 * and in `node:fs` (seen with 2.9): there such entries are listed with U+FFFD
 * and cannot be addressed. Windows has no such names.
 */
export const KEEPS_RAW_NAMES: boolean = process.platform !== "win32" &&
  !("Deno" in globalThis);

/** U+FFFD: what `node:fs` puts for bytes that are not text. */
export const LOST = "\ufffd";

const LONE_SURROGATE = /\p{Surrogate}/u;

/** Lone surrogates that do not stand for a byte. */
const NOT_A_BYTE = /[\ud800-\udc7f\udd00-\udfff]/u;

const codec = textCodec("utf-8", "preserve");

/**
 * A path as `node:fs` takes it: bytes where the text stands for raw bytes.
 *
 * @throws {FileError} `invalid` when this runtime has no such path
 */
export function hostPath(text: string): HostPath {
  if (!LONE_SURROGATE.test(text)) return text;
  if (!KEEPS_RAW_NAMES || NOT_A_BYTE.test(text)) {
    throw new FileError(
      "invalid",
      `Cannot use the path ${JSON.stringify(text)}: not a name of this system`,
    );
  }
  return Buffer.from(codec.encode(text));
}

/** The text of a path in bytes: the inverse of `hostPath`. */
export function hostText(bytes: Uint8Array): string {
  return codec.decode(bytes)!;
}

/** Whether `node:fs` may have lost bytes when it made this text. */
export function isLossy(text: string): boolean {
  return KEEPS_RAW_NAMES && text.includes(LOST);
}

/**
 * The text with every run of U+FFFD as one: runtimes disagree on how many
 * stand for one broken sequence.
 */
export function lossyKey(text: string): string {
  return text.replace(/\ufffd+/g, LOST);
}

/** What `node:fs` would make of a name, in the form of `lossyKey`. */
export function lossyKeyOf(bytes: Uint8Array): string {
  return lossyKey(lenient.decode(bytes));
}

const lenient = new TextDecoder("utf-8", { ignoreBOM: true });

import type { TextCodec } from "./text_codec.ts";

/** One command (RFC 959 section 5.3), cut but not judged. */
export interface CommandLine {
  /** In upper case: `RETR`, `SITE CHMOD`; may be empty. */
  readonly verb: string;
  /** Everything after the one space, untrimmed; empty when there is none. */
  readonly argument: string;
  /** The verb as it was typed, for the log. */
  readonly typed: string;
}

/**
 * Cuts a line into verb and argument. Telnet commands in front (RFC 959
 * section 4.1.3: IAC IP IAC DM before ABOR) are dropped. A sub-command of SITE
 * becomes part of the verb.
 *
 * @returns `null` when `codec` is strict and the line is not text
 */
export function parseCommandLine(
  bytes: Uint8Array,
  codec: TextCodec,
): CommandLine | null {
  let start = 0;
  while (bytes[start]! >= 0xf0) start++;
  const text = codec.decode(start === 0 ? bytes : bytes.subarray(start));
  if (text === null) return null;
  const [typed, argument] = cut(text);
  const verb = upperCase(typed);
  if (verb !== "SITE" || argument === "") return { verb, argument, typed };
  const [typedSub, rest] = cut(argument);
  return {
    verb: `SITE ${upperCase(typedSub)}`,
    argument: rest,
    typed: `${typed} ${typedSub}`,
  };
}

/**
 * The command that an unknown verb ends in, when it is one that clients send
 * behind Telnet codes: what is left of those in front of it is ignored.
 */
export function telnetVerb(verb: string): "ABOR" | "STAT" | "QUIT" | null {
  const last = verb.slice(-4);
  return last === "ABOR" || last === "STAT" || last === "QUIT" ? last : null;
}

/** The place after a word in which, or behind which, a secret may stand. */
const SECRET_VERB = /PASS|ACCT/i;
const SECRET_WORD = /(?<![^\s\p{Cc}])X?(?:PASS|ACCT)(?=[\s\p{Cc}])/iu;

/**
 * The line as it may be logged: escaped, and with `******` in place of all
 * that follows PASS or ACCT, also when a client got the line wrong (`XPASS x`,
 * a space in front, a tab in between).
 */
export function maskCommandLine(line: CommandLine): string {
  const { typed, argument } = line;
  const whole = argument === "" ? typed : `${typed} ${argument}`;
  const inVerb = SECRET_VERB.exec(typed);
  const found = inVerb ?? SECRET_WORD.exec(whole);
  if (found === null) return escapeText(whole);
  return `${escapeText(whole.slice(0, found.index + found[0].length))} ******`;
}

/** Controls, line and paragraph separators, marks of direction, half pairs. */
const UNPRINTABLE =
  /[\p{Cc}\p{Surrogate}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu;

/**
 * `text` with everything that could forge or hide a part of a log line written
 * as `\x0a`, `\xe9` (a byte that is not text) or `\u2028`. Applying it twice
 * does no harm.
 */
export function escapeText(text: string): string {
  return text.replace(UNPRINTABLE, (character) => {
    const code = character.charCodeAt(0);
    const byte = code >= 0xdc80 && code <= 0xdcff ? code - 0xdc00 : code;
    const hex = byte.toString(16);
    return byte <= 0xff
      ? `\\x${hex.padStart(2, "0")}`
      : `\\u${hex.padStart(4, "0")}`;
  });
}

/** Whether `text` holds NUL, CR or LF, which no path and no reply may hold. */
export function hasControlCharacter(text: string): boolean {
  return text.includes("\n") || text.includes("\r") || text.includes("\0");
}

/** `text` in two, at its first space, which belongs to neither. */
function cut(text: string): [head: string, tail: string] {
  const space = text.indexOf(" ");
  if (space === -1) return [text, ""];
  return [text.slice(0, space), text.slice(space + 1)];
}

/** ASCII letters only: the long s of "\u017fITE" makes no SITE. */
function upperCase(text: string): string {
  return text.replace(/[a-z]+/g, (letters) => letters.toUpperCase());
}

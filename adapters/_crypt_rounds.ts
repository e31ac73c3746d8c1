import { createHash } from "node:crypto";
import { setImmediate } from "node:timers/promises";

/** The digits of crypt(3), which are not those of Base64. */
const DIGITS =
  "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** Everybody else has a turn after this time. */
const SLICE_MS = 8;

/** Between two looks at the clock; each hashes 4 KiB at most. */
const ROUNDS_PER_LOOK = 16;

/** One hash over several pieces. */
export function digest(
  algorithm: string,
  ...pieces: readonly Uint8Array[]
): Uint8Array {
  const hash = createHash(algorithm);
  for (const piece of pieces) hash.update(piece);
  return hash.digest();
}

/** What the many rounds of a hash go over. */
export interface RoundInput {
  /** As `createHash` names it. */
  readonly algorithm: string;
  /** The result of the steps before. */
  readonly first: Uint8Array;
  /** What stands for the password. */
  readonly password: Uint8Array;
  /** What stands for the salt. */
  readonly salt: Uint8Array;
  readonly rounds: number;
}

/**
 * The rounds of MD5-crypt and SHA-crypt, which are the same, in slices of a few
 * milliseconds: transfers go on meanwhile.
 */
export async function cryptRounds(input: RoundInput): Promise<Uint8Array> {
  const { algorithm, first, password, salt, rounds } = input;
  let last = first;
  let sliceEnd = performance.now() + SLICE_MS;
  for (let round = 0; round < rounds; round++) {
    const isOdd = round % 2 === 1;
    const hash = createHash(algorithm).update(isOdd ? password : last);
    if (round % 3 !== 0) hash.update(salt);
    if (round % 7 !== 0) hash.update(password);
    last = hash.update(isOdd ? last : password).digest();
    if (round % ROUNDS_PER_LOOK === 0 && performance.now() >= sliceEnd) {
      await setImmediate();
      sliceEnd = performance.now() + SLICE_MS;
    }
  }
  return last;
}

/**
 * Bytes as crypt(3) writes them: three at a time, the lowest digit first.
 *
 * @param order which bytes stand together, highest first; fewer than three
 * make fewer digits
 */
export function cryptDigits(
  bytes: Uint8Array,
  order: readonly (readonly number[])[],
): string {
  let text = "";
  for (const group of order) {
    let value = 0;
    for (const at of group) value = value << 8 | (bytes[at] ?? 0);
    for (let digit = 0; digit <= group.length; digit++) {
      text += DIGITS[value & 63]!;
      value >>= 6;
    }
  }
  return text;
}

/** `bytes` again and again, until there are `length`. */
export function repeatBytes(bytes: Uint8Array, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => bytes[at % bytes.length]!);
}

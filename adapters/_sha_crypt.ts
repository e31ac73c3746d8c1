import { createHash } from "node:crypto";
import type { PasswordVerifier } from "../lib/auth/password_scheme.ts";
import { equalBytes } from "../lib/base/bytes.ts";
import { textCodec } from "../lib/protocol/text_codec.ts";
import {
  cryptDigits,
  cryptRounds,
  digest,
  repeatBytes,
} from "./_crypt_rounds.ts";

// https://www.akkadia.org/drepper/SHA-crypt.txt

const DEFAULT_ROUNDS = 5_000;
/** Fewer are taken for as many. */
const MIN_ROUNDS = 1_000;
/** More in a users file is a mistake that would keep a core busy. */
const MAX_ROUNDS = 2_000_000;

interface Variant {
  /** As `createHash` names it. */
  readonly algorithm: string;
  /** In which order the bytes of the result are written. */
  readonly order: readonly (readonly number[])[];
}

const VARIANTS: Readonly<Record<string, Variant>> = {
  5: {
    algorithm: "sha256",
    order: [
      ...turning([0, 10, 20], 10, ([a, b, c]) => [c + 1, a + 1, b + 1]),
      [31, 30],
    ],
  },
  6: {
    algorithm: "sha512",
    order: [
      ...turning([0, 21, 42], 21, ([a, b, c]) => [b + 1, c + 1, a + 1]),
      [63],
    ],
  },
};

/** Keeps bytes that are not text, so that two passwords never become one. */
const codec = textCodec("utf-8", "preserve");

/**
 * SHA-crypt as glibc has it: `$5$SALT$HASH` with SHA-256, `$6$SALT$HASH` with
 * SHA-512, either with `rounds=N$` before the salt. To read what others wrote;
 * new hashes are better made by `scryptPasswords`.
 */
export const shaCryptPasswords: PasswordVerifier = {
  name: "sha-crypt",
  cost(hash) {
    const parsed = parse(hash);
    return parsed && `$${parsed.kind}$ ${parsed.rounds}`;
  },
  async verify(hash, password) {
    const parsed = parse(hash);
    if (parsed === null) return false;
    const made = await derive(parsed, codec.encode(password));
    return equalBytes(codec.encode(made), codec.encode(parsed.digits));
  },
};

interface ParsedHash {
  readonly kind: string;
  readonly variant: Variant;
  readonly rounds: number;
  readonly salt: string;
  readonly digits: string;
}

function parse(hash: string): ParsedHash | null {
  const match = /^\$([56])\$(?:rounds=(\d{1,9})\$)?([^$\n]*)\$([./0-9A-Za-z]+)$/
    .exec(hash);
  if (match === null) return null;
  const [, kind, rounds, salt, digits] = match;
  const variant = VARIANTS[kind!]!;
  const length = variant.order.reduce((sum, group) => {
    return sum + group.length + 1;
  }, 0);
  const count = Number(rounds ?? DEFAULT_ROUNDS);
  if (count > MAX_ROUNDS || digits!.length !== length) return null;
  return {
    kind: kind!,
    variant,
    rounds: Math.max(MIN_ROUNDS, count),
    // More of it is not looked at.
    salt: salt!.slice(0, 16),
    digits: digits!,
  };
}

async function derive(
  { variant, rounds, salt: saltText }: ParsedHash,
  key: Uint8Array,
): Promise<string> {
  const { algorithm, order } = variant;
  const salt = codec.encode(saltText);
  const twice = digest(algorithm, key, salt, key);
  const start = createHash(algorithm).update(key).update(salt)
    .update(repeatBytes(twice, key.length));
  for (let bits = key.length; bits > 0; bits >>= 1) {
    start.update(bits & 1 ? twice : key);
  }
  const first = start.digest();
  const keys = Array.from(key, () => key);
  const salts = Array.from({ length: 16 + first[0]! }, () => salt);
  const last = await cryptRounds({
    algorithm,
    first,
    password: repeatBytes(digest(algorithm, ...keys), key.length),
    salt: repeatBytes(digest(algorithm, ...salts), salt.length),
    rounds,
  });
  return cryptDigits(last, order);
}

type Three = readonly [number, number, number];

function turning(
  first: Three,
  count: number,
  next: (three: Three) => Three,
): readonly Three[] {
  const all = [first];
  while (all.length < count) all.push(next(all.at(-1)!));
  return all;
}

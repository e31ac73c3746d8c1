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

const ROUNDS = 1_000;

/** In which order the bytes of the result are written. */
const ORDER: readonly (readonly number[])[] = [
  [0, 6, 12],
  [1, 7, 13],
  [2, 8, 14],
  [3, 9, 15],
  [4, 10, 5],
  [11],
];

/** Keeps bytes that are not text, so that two passwords never become one. */
const codec = textCodec("utf-8", "preserve");

/**
 * MD5-crypt as FreeBSD made it: `$1$SALT$HASH`, and Apache's `$apr1$SALT$HASH`.
 * To read old files only: such hashes are guessed within hours.
 */
export const md5CryptPasswords: PasswordVerifier = {
  name: "md5-crypt",
  cost: (hash) => parse(hash) && "1000",
  async verify(hash, password) {
    const parsed = parse(hash);
    if (parsed === null) return false;
    const { magic, salt, digits } = parsed;
    const made = await derive(magic, salt, codec.encode(password));
    return equalBytes(codec.encode(made), codec.encode(digits));
  },
};

interface ParsedHash {
  /** `$1$` */
  readonly magic: string;
  readonly salt: string;
  readonly digits: string;
}

function parse(hash: string): ParsedHash | null {
  const match = /^(\$(?:1|apr1)\$)([^$\n]*)\$([./0-9A-Za-z]{22})$/.exec(hash);
  if (match === null) return null;
  const [, magic, salt, digits] = match;
  // More of the salt is not looked at.
  return { magic: magic!, salt: salt!.slice(0, 8), digits: digits! };
}

async function derive(
  magic: string,
  saltText: string,
  key: Uint8Array,
): Promise<string> {
  const salt = codec.encode(saltText);
  const start = createHash("md5").update(key).update(codec.encode(magic))
    .update(salt).update(
      repeatBytes(digest("md5", key, salt, key), key.length),
    );
  // A mistake of the first implementation that all others share.
  for (let bits = key.length; bits > 0; bits >>= 1) {
    start.update(bits & 1 ? new Uint8Array(1) : key.subarray(0, 1));
  }
  const last = await cryptRounds({
    algorithm: "md5",
    first: start.digest(),
    password: key,
    salt,
    rounds: ROUNDS,
  });
  return cryptDigits(last, ORDER);
}

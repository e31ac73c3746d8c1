import { randomBytes, scrypt } from "node:crypto";
import type { PasswordScheme } from "../lib/auth/password_scheme.ts";
import { equalBytes } from "../lib/base/bytes.ts";
import { textCodec } from "../lib/protocol/text_codec.ts";
import { decodeSaltAndKey, encodeUnpadded } from "./_hash_text.ts";

interface Parameters {
  /** The number of rounds is 2 to the power of it. */
  readonly ln: number;
  readonly r: number;
  readonly p: number;
}

/** One of the equal advices of OWASP: 32 MiB, some 0.2 s of one core. */
const DEFAULTS: Parameters = { ln: 15, r: 8, p: 3 };

/** More in a users file is a mistake that would stop the server. */
const MAX_MEMORY = 1024 ** 3;
const MAX_WORK = 16 * 1024 ** 3;

const SALT_BYTES = 16;
const HASH_BYTES = 32;

/** Keeps bytes that are not text, so that two passwords never become one. */
const codec = textCodec("utf-8", "preserve");

/**
 * scrypt (RFC 7914), in the form that others read and write too:
 * `$scrypt$ln=15,r=8,p=3$SALT$HASH`, the last two in Base64 without padding.
 */
export const scryptPasswords: PasswordScheme = {
  name: "scrypt",
  cost(hash) {
    const parsed = parse(hash);
    if (parsed === null) return null;
    const { ln, r, p, key } = parsed;
    return `ln=${ln},r=${r},p=${p},${key.length}`;
  },
  async verify(hash, password) {
    const parsed = parse(hash);
    if (parsed === null) return false;
    const { key, salt } = parsed;
    return equalBytes(key, await derive(password, salt, parsed, key.length));
  },
  async hash(password) {
    const salt = randomBytes(SALT_BYTES);
    const key = await derive(password, salt, DEFAULTS, HASH_BYTES);
    return format(DEFAULTS, salt, key);
  },
};

interface ParsedHash extends Parameters {
  readonly salt: Uint8Array;
  readonly key: Uint8Array;
}

function parse(hash: string): ParsedHash | null {
  const match =
    /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,4}),p=(\d{1,4})\$([^$]+)\$([^$]+)$/
      .exec(hash);
  if (match === null) return null;
  const [ln, r, p] = [Number(match[1]), Number(match[2]), Number(match[3])];
  if (ln === 0 || r === 0 || p === 0) return null;
  const memory = 128 * 2 ** ln * r;
  if (memory > MAX_MEMORY || memory * p > MAX_WORK) return null;
  const end = decodeSaltAndKey(match[4]!, match[5]!);
  return end && { ln, r, p, ...end };
}

function format(
  { ln, r, p }: Parameters,
  salt: Uint8Array,
  key: Uint8Array,
): string {
  return `$scrypt$ln=${ln},r=${r},p=${p}$${encodeUnpadded(salt)}$${
    encodeUnpadded(key)
  }`;
}

/** In the thread pool. */
function derive(
  password: string,
  salt: Uint8Array,
  { ln, r, p }: Parameters,
  length: number,
): Promise<Uint8Array> {
  const N = 2 ** ln;
  // What it needs, and as much again: runtimes count in different ways.
  const maxmem = 256 * r * (N + p) + 1024 ** 2;
  return new Promise((resolve, reject) => {
    scrypt(
      codec.encode(password),
      salt,
      length,
      { N, r, p, maxmem },
      // Bun says `undefined` when all is well.
      (error, key) => error ? reject(error) : resolve(key),
    );
  });
}

import * as crypto from "node:crypto";
import type { PasswordScheme } from "../lib/auth/password_scheme.ts";
import { equalBytes } from "../lib/base/bytes.ts";
import { textCodec } from "../lib/protocol/text_codec.ts";
import { decodeSaltAndKey, encodeUnpadded } from "./_hash_text.ts";

/** What `node:crypto` has from Node 24.7 on, and on Bun. */
type Argon2 = (
  algorithm: "argon2id",
  parameters: {
    readonly message: Uint8Array;
    readonly nonce: Uint8Array;
    readonly parallelism: number;
    readonly tagLength: number;
    /** KiB. */
    readonly memory: number;
    readonly passes: number;
  },
  done: (error: Error | null | undefined, key: Uint8Array) => void,
) => void;

/** What is derived from a password. */
type Derive = (
  password: string,
  salt: Uint8Array,
  parameters: Parameters,
  length: number,
) => Promise<Uint8Array>;

interface Parameters {
  /** KiB. */
  readonly m: number;
  /** Passes. */
  readonly t: number;
  /** Lanes. */
  readonly p: number;
}

/** The first advice of OWASP. */
const DEFAULTS: Parameters = { m: 19_456, t: 2, p: 1 };

/** More in a users file is a mistake that would stop the server. */
const MAX_KIBIBYTES = 1024 ** 2;
const MAX_WORK = 16 * 1024 ** 2;

const SALT_BYTES = 16;
const MIN_SALT_BYTES = 8;
const HASH_BYTES = 32;

/** Everybody else has a turn after this time. */
const SLICE_MS = 10;

/** Keeps bytes that are not text, so that two passwords never become one. */
const codec = textCodec("utf-8", "preserve");

const { argon2 } = crypto as { readonly argon2?: Argon2 };

/** Whether the runtime has it: Bun, and Node from 24.7 on. */
export const HAS_ARGON2: boolean = argon2 !== undefined;

const derive: Derive = argon2 === undefined ? deriveHere : deriveNatively;

/**
 * Argon2id (RFC 9106), as `$argon2id$v=19$m=19456,t=2,p=1$SALT$HASH`. Where the
 * runtime does not have it (Deno, and Node before 24.7) the package
 * `@noble/hashes` does the work, several times slower, in slices of 10 ms.
 */
export const argon2idPasswords: PasswordScheme = {
  name: "argon2id",
  cost(hash) {
    const parsed = parse(hash);
    if (parsed === null) return null;
    const { m, t, p, key } = parsed;
    return `m=${m},t=${t},p=${p},${key.length}`;
  },
  async verify(hash, password) {
    const parsed = parse(hash);
    if (parsed === null) return false;
    const { key, salt } = parsed;
    return equalBytes(key, await derive(password, salt, parsed, key.length));
  },
  async hash(password) {
    const { m, t, p } = DEFAULTS;
    const salt = crypto.randomBytes(SALT_BYTES);
    const key = await derive(password, salt, DEFAULTS, HASH_BYTES);
    return `$argon2id$v=19$m=${m},t=${t},p=${p}$${encodeUnpadded(salt)}$${
      encodeUnpadded(key)
    }`;
  },
};

/** In the thread pool. */
function deriveNatively(
  password: string,
  nonce: Uint8Array,
  { m, t, p }: Parameters,
  tagLength: number,
): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const message = codec.encode(password);
    argon2!(
      "argon2id",
      { message, nonce, parallelism: p, tagLength, memory: m, passes: t },
      (error, key) => error ? reject(error) : resolve(key),
    );
  });
}

async function deriveHere(
  password: string,
  salt: Uint8Array,
  { m, t, p }: Parameters,
  dkLen: number,
): Promise<Uint8Array> {
  // Not before it is needed: most servers never do.
  const { argon2idAsync } = await import("@noble/hashes/argon2.js");
  const options = { m, t, p, dkLen, asyncTick: SLICE_MS };
  return await argon2idAsync(codec.encode(password), salt, options);
}

function parse(
  hash: string,
): Parameters & { readonly salt: Uint8Array; readonly key: Uint8Array } | null {
  const match =
    /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,4}),p=(\d{1,3})\$([^$]+)\$([^$]+)$/
      .exec(hash);
  if (match === null) return null;
  const [m, t, p] = [Number(match[1]), Number(match[2]), Number(match[3])];
  // RFC 9106 section 3.1.
  if (t === 0 || p === 0 || p > 255 || m < 8 * p) return null;
  if (m > MAX_KIBIBYTES || m * t > MAX_WORK) return null;
  const end = decodeSaltAndKey(match[4]!, match[5]!);
  if (end === null || end.salt.length < MIN_SALT_BYTES) return null;
  return { m, t, p, ...end };
}

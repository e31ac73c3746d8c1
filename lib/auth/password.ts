import { equalBytes } from "../base/bytes.ts";
import { ConfigError } from "../base/errors.ts";
import { textCodec } from "../protocol/text_codec.ts";
import { decodeBase64, encodeBase64 } from "./base64.ts";

/** A password as `verifyPassword` knows it: in clear, or its hash. */
export type StoredPassword = string | { readonly hash: string };

/** The advice of OWASP for PBKDF2 with SHA-256; some 0.2 s of one core. */
const DEFAULT_ITERATIONS = 600_000;

/** A bigger number in a users file is a mistake that would stop the server. */
const MAX_ITERATIONS = 100_000_000;

/** Passwords in clear that are shorter are all read as if they were as long. */
const PADDED_LENGTH = 64;

const SCHEME = "pbkdf2-sha256";
const SALT_BYTES = 16;
const HASH_BYTES = 32;
const MIN_HASH_BYTES = 16;

/** Keeps bytes that are not text, so that two passwords never become one. */
const codec = textCodec("utf-8", "preserve");

/**
 * A hash of a password, to be stored in its place:
 * `pbkdf2-sha256$iterations$salt$hash`, salt and hash in Base64.
 *
 * @param options.iterations The work to be done for each guess and for each
 * login; 600,000 unless told
 * @throws {ConfigError} `iterations` is not a whole number from 1 to 10^8
 */
export async function hashPassword(
  password: string,
  options?: { readonly iterations?: number },
): Promise<string> {
  const iterations = options?.iterations ?? DEFAULT_ITERATIONS;
  if (!isIterations(iterations)) {
    throw new ConfigError(
      `Cannot hash a password: ${iterations} iterations are out of range`,
    );
  }
  const salt = crypto.getRandomValues(new Uint8Array(SALT_BYTES));
  const hash = await derive(password, iterations, salt, HASH_BYTES);
  return [SCHEME, iterations, encodeBase64(salt), encodeBase64(hash)].join("$");
}

/**
 * Whether `password` is the stored one, in a time that does not depend on how
 * much of it is right, nor on how long the stored one is. A malformed or empty
 * hash matches nothing.
 */
export async function verifyPassword(
  stored: StoredPassword,
  password: string,
): Promise<boolean> {
  if (typeof stored === "string") return isSame(stored, password);
  const parsed = parseHash(stored.hash);
  if (parsed === null) return false;
  const { iterations, salt, hash } = parsed;
  return equalBytes(
    hash,
    await derive(password, iterations, salt, hash.length),
  );
}

/** Whether `text` is a hash that {@linkcode verifyPassword} can check. */
export function isPasswordHash(text: string): boolean {
  return parseHash(text) !== null;
}

/** The iterations of a hash; `null` when it is malformed. */
export function hashIterations(text: string): number | null {
  return parseHash(text)?.iterations ?? null;
}

interface ParsedHash {
  readonly iterations: number;
  readonly salt: Uint8Array<ArrayBuffer>;
  readonly hash: Uint8Array;
}

function parseHash(text: string): ParsedHash | null {
  const [scheme, digits, saltText, hashText, ...more] = text.split("$");
  if (scheme !== SCHEME || more.length > 0) return null;
  if (!/^[1-9][0-9]*$/.test(digits ?? "")) return null;
  const iterations = Number(digits);
  const salt = decodeBase64(saltText ?? "");
  const hash = decodeBase64(hashText ?? "");
  if (!isIterations(iterations) || salt === null || hash === null) return null;
  if (salt.length === 0 || hash.length < MIN_HASH_BYTES) return null;
  return { iterations, salt, hash };
}

function isIterations(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= MAX_ITERATIONS;
}

async function derive(
  password: string,
  iterations: number,
  salt: Uint8Array<ArrayBuffer>,
  length: number,
): Promise<Uint8Array> {
  const key = await crypto.subtle.importKey(
    "raw",
    bytesOf(password),
    "PBKDF2",
    false,
    ["deriveBits"],
  );
  const bits = await crypto.subtle.deriveBits(
    { name: "PBKDF2", hash: "SHA-256", salt, iterations },
    key,
    length * 8,
  );
  return new Uint8Array(bits);
}

/**
 * Looks at every byte of the attempt and reads as many of what is stored, which
 * is begun anew where it ends: the lengths alone would settle it, but the time
 * shall not say so.
 */
function isSame(stored: string, attempt: string): boolean {
  const padding = Math.max(0, PADDED_LENGTH - stored.length);
  const expected = codec.encode(stored + "\0".repeat(padding));
  const actual = codec.encode(attempt);
  let difference = (expected.length - padding) ^ actual.length;
  for (let at = 0; at < actual.length; at++) {
    difference |= actual[at]! ^ expected[at % expected.length]!;
  }
  return difference === 0;
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(codec.encode(text));
}

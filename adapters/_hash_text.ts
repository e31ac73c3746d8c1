import { decodeBase64, encodeBase64 } from "../lib/auth/base64.ts";

/** Shorter ones are guessed. */
const MIN_HASH_BYTES = 16;

/** Base64 without padding, as salts and hashes stand in password hashes. */
export function encodeUnpadded(bytes: Uint8Array): string {
  return encodeBase64(bytes).replace(/=+$/, "");
}

/** The salt and the hash at the end of a password hash; `null`: they are none. */
export function decodeSaltAndKey(
  saltText: string,
  keyText: string,
): { readonly salt: Uint8Array; readonly key: Uint8Array } | null {
  const salt = decodeUnpadded(saltText);
  const key = decodeUnpadded(keyText);
  if (salt === null || key === null || key.length < MIN_HASH_BYTES) return null;
  return { salt, key };
}

function decodeUnpadded(text: string): Uint8Array | null {
  return decodeBase64(text.padEnd(Math.ceil(text.length / 4) * 4, "="));
}

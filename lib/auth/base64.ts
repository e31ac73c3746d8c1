const ALPHABET =
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** Base64 with padding (RFC 4648 section 4). */
export function encodeBase64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 3) {
    const rest = bytes.length - at;
    const group = (bytes[at]! << 16) | ((bytes[at + 1] ?? 0) << 8) |
      (bytes[at + 2] ?? 0);
    text += ALPHABET[group >> 18]! + ALPHABET[(group >> 12) & 63]! +
      (rest > 1 ? ALPHABET[(group >> 6) & 63]! : "=") +
      (rest > 2 ? ALPHABET[group & 63]! : "=");
  }
  return text;
}

/** The bytes of padded Base64; `null` when it is none. */
export function decodeBase64(
  text: string,
): Uint8Array<ArrayBuffer> | null {
  if (text.length % 4 !== 0) return null;
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return null;
  const padding = text.length - text.replace(/=+$/, "").length;
  const bytes = new Uint8Array(text.length / 4 * 3 - padding);
  let at = 0;
  for (let from = 0; from < text.length; from += 4) {
    let group = 0;
    for (let digit = from; digit < from + 4; digit++) {
      group = (group << 6) | Math.max(0, ALPHABET.indexOf(text[digit]!));
    }
    // A typed array drops what is written behind its end: the padding.
    bytes[at++] = group >> 16;
    bytes[at++] = (group >> 8) & 0xff;
    bytes[at++] = group & 0xff;
  }
  return bytes;
}

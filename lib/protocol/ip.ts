/** An IP literal, taken apart. */
export interface ParsedIp {
  /** 4 or 16 of them. */
  readonly bytes: readonly number[];
  /** What follows `%` (RFC 4007 section 11). */
  readonly zone: string | null;
}

/**
 * Reads an IP literal: a dotted quad without leading zeros, which some take
 * for octal, or IPv6 in any form of RFC 4291 section 2.2, with or without a
 * zone. `null` for anything else.
 */
export function parseIp(text: string): ParsedIp | null {
  const percent = text.indexOf("%");
  const zone = percent === -1 ? null : text.slice(percent + 1);
  const address = percent === -1 ? text : text.slice(0, percent);
  if (!address.includes(":")) {
    const bytes = zone === null ? parseQuad(address) : null;
    return bytes && { bytes, zone };
  }
  const bytes = zone === "" ? null : parseIpv6(address);
  return bytes && { bytes, zone };
}

function parseQuad(text: string): number[] | null {
  const parts = text.split(".");
  if (parts.length !== 4) return null;
  const bytes: number[] = [];
  for (const part of parts) {
    if (!/^(?:0|[1-9][0-9]{0,2})$/.test(part)) return null;
    const byte = Number(part);
    if (byte > 255) return null;
    bytes.push(byte);
  }
  return bytes;
}

function parseIpv6(text: string): number[] | null {
  const halves = text.split("::");
  if (halves.length > 2) return null;
  const last = halves.length - 1;
  const head = parseGroups(halves[0]!, last === 0);
  if (head === null) return null;
  if (last === 0) return head.length === 16 ? head : null;
  const tail = parseGroups(halves[1]!, true);
  if (tail === null) return null;
  const gap = 16 - head.length - tail.length;
  // "::" stands for one group of zeros at least.
  if (gap < 2) return null;
  return [...head, ...new Array<number>(gap).fill(0), ...tail];
}

/** Groups of 16 bits; the last one may be a dotted quad when `quad`. */
function parseGroups(text: string, quad: boolean): number[] | null {
  if (text === "") return [];
  const bytes: number[] = [];
  const groups = text.split(":");
  for (const [at, group] of groups.entries()) {
    if (quad && at === groups.length - 1 && group.includes(".")) {
      const four = parseQuad(group);
      if (four === null) return null;
      bytes.push(...four);
    } else {
      if (!/^[0-9a-fA-F]{1,4}$/.test(group)) return null;
      const value = parseInt(group, 16);
      bytes.push(value >> 8, value & 0xff);
    }
  }
  return bytes;
}

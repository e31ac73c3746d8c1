import { unmapAddress } from "./address.ts";
import { parseIp } from "./ip.ts";

/** Addresses that begin alike. */
export interface Network {
  /** 4 or 16 of them; zero behind the prefix. */
  readonly bytes: readonly number[];
  /** How many bits are alike. */
  readonly prefix: number;
}

/**
 * Reads `192.168.0.0/16`, `2001:db8::/32` (RFC 4632 section 3.1, RFC 4291
 * section 2.3) or a single address. `null` for anything else, zones and
 * addresses with bits behind the prefix among them: whoever writes
 * `192.168.1.5/24` means one of two things.
 */
export function parseNetwork(text: string): Network | null {
  const match = /^([^/]+?)(?:\/(0|[1-9][0-9]{0,2}))?$/.exec(text);
  const parsed = match === null ? null : parseIp(match[1]!);
  if (match === null || parsed === null || parsed.zone !== null) return null;
  const { bytes } = parsed;
  const prefix = match[2] === undefined ? bytes.length * 8 : Number(match[2]);
  if (prefix > bytes.length * 8) return null;
  const isWhole = bytes.every((byte, at) => (byte & ~mask(prefix, at)) === 0);
  return isWhole ? { bytes, prefix } : null;
}

/**
 * Whether an IP literal is of a network. IPv4 addresses that came as IPv6 count
 * as what they are; zones do not count.
 */
export function isInNetwork(network: Network, hostname: string): boolean {
  const { bytes, prefix } = network;
  const given = parseIp(hostname)?.bytes;
  const address = given?.length === bytes.length
    ? given
    : parseIp(unmapAddress(hostname))?.bytes;
  return address?.length === bytes.length &&
    bytes.every((byte, at) => (address[at]! & mask(prefix, at)) === byte);
}

/** The bits of byte `at` that belong to the prefix. */
function mask(prefix: number, at: number): number {
  const bits = Math.min(8, Math.max(0, prefix - at * 8));
  return (0xff << (8 - bits)) & 0xff;
}

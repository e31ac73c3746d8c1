import type { Endpoint } from "../spi/transport.ts";
import { parseIp } from "./ip.ts";

/** What EPRT says (RFC 2428 section 2), checked for its shape only. */
export interface ExtendedPort {
  /** `1` is IPv4, `2` is IPv6; anything may stand here. */
  readonly protocol: string;
  /** What stands where the address belongs. */
  readonly hostname: string;
  /** 0 to 65535. */
  readonly port: number;
}

const PORT_MAX = 65535;

/** The family of an IP literal; `null` when it is not one. */
export function ipFamily(host: string): 4 | 6 | null {
  const bytes = parseIp(host)?.bytes;
  if (bytes === undefined) return null;
  return bytes.length === 4 ? 4 : 6;
}

/**
 * The plain form of an IPv4 address that came as IPv6 (RFC 4291 section
 * 2.5.5.2): `::ffff:1.2.3.4` and `::ffff:102:304` become `1.2.3.4`. Anything
 * else is handed back as it is.
 */
export function unmapAddress(host: string): string {
  if (!host.includes(":")) return host;
  const mapped = mappedBytes(parseIp(host)?.bytes);
  return mapped === null ? host : mapped.join(".");
}

/**
 * Whether two IP literals mean the same host, however they are written. A zone
 * (`%eth0`) counts only when both have one.
 */
export function sameAddress(left: string, right: string): boolean {
  const a = parseIp(left);
  const b = parseIp(right);
  if (a === null || b === null) return false;
  if (a.zone !== null && b.zone !== null && a.zone !== b.zone) return false;
  const x = mappedBytes(a.bytes) ?? a.bytes;
  const y = mappedBytes(b.bytes) ?? b.bytes;
  return x.length === y.length && x.every((byte, at) => byte === y[at]);
}

/**
 * The argument of PORT (RFC 959 section 4.1.2): six numbers of 0 to 255;
 * spaces around them pass. `null` for anything else.
 */
export function parsePort(argument: string): Endpoint | null {
  const numbers: number[] = [];
  for (const field of argument.split(",")) {
    const digits = field.trim();
    if (!/^[0-9]{1,3}$/.test(digits)) return null;
    numbers.push(Number(digits));
  }
  if (numbers.length !== 6 || numbers.some((byte) => byte > 255)) return null;
  return {
    hostname: numbers.slice(0, 4).join("."),
    port: numbers[4]! * 256 + numbers[5]!,
  };
}

/** `h1,h2,h3,h4,p1,p2`, the form of PORT and of the 227 reply. */
export function formatPort(endpoint: Endpoint): string {
  const { hostname, port } = endpoint;
  return `${hostname.replaceAll(".", ",")},${port >> 8},${port & 0xff}`;
}

/**
 * The argument of EPRT: `|2|::1|1025|`, with any delimiter. Only the shape and
 * the port are checked; see {@linkcode ipFamily} for the rest.
 */
export function parseExtendedPort(argument: string): ExtendedPort | null {
  const delimiter = argument[0];
  if (delimiter === undefined) return null;
  const [, protocol, hostname, digits, after, ...more] = argument.split(
    delimiter,
  );
  if (after !== "" || more.length > 0) return null;
  if (digits === undefined || !/^[0-9]{1,5}$/.test(digits)) return null;
  const port = Number(digits);
  if (port > PORT_MAX) return null;
  return { protocol: protocol!, hostname: hostname!, port };
}

/** Whether an IP literal means this very host: 127.0.0.0/8 or ::1. */
export function isLoopback(host: string): boolean {
  const bytes = parseIp(host)?.bytes;
  if (bytes === undefined) return false;
  const [first] = mappedBytes(bytes) ?? bytes;
  if (bytes.length === 4 || mappedBytes(bytes) !== null) return first === 127;
  return bytes.every((byte, at) => byte === (at === 15 ? 1 : 0));
}

/**
 * Whether an IP literal is of a network that is not the Internet: RFC 1918,
 * RFC 6598 (100.64.0.0/10), RFC 4193 (fc00::/7) and link-local addresses. The
 * loopback is not among them.
 */
export function isPrivate(host: string): boolean {
  const parsed = parseIp(host)?.bytes;
  if (parsed === undefined) return false;
  const bytes = mappedBytes(parsed) ?? parsed;
  const first = bytes[0]!;
  const second = bytes[1]!;
  if (bytes.length === 16) {
    return (first & 0xfe) === 0xfc || (first === 0xfe && second >> 6 === 2);
  }
  return first === 10 ||
    (first === 172 && second >> 4 === 1) ||
    (first === 192 && second === 168) ||
    (first === 169 && second === 254) ||
    (first === 100 && second >> 6 === 1);
}

/** `1.2.3.4:21` or `[::1]:21`. */
export function formatEndpoint(endpoint: Endpoint): string {
  const { hostname, port } = endpoint;
  return hostname.includes(":")
    ? `[${hostname}]:${port}`
    : `${hostname}:${port}`;
}

/** The four bytes of an IPv4-mapped IPv6 address; `null`: it is none. */
function mappedBytes(
  bytes: readonly number[] | undefined,
): readonly number[] | null {
  if (bytes?.length !== 16) return null;
  for (let at = 0; at < 12; at++) {
    if (bytes[at] !== (at < 10 ? 0 : 0xff)) return null;
  }
  return bytes.slice(12);
}

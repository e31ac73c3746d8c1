import type { Endpoint } from "../lib/spi/transport.ts";

/** Networks for documentation (RFC 5737, RFC 3849): nobody has an address. */
const NOWHERE = /^(192\.0\.2\.|198\.51\.100\.|203\.0\.113\.|2001:db8:)/i;

/** Whether nobody has this address. */
export function isNowhere(hostname: string): boolean {
  return NOWHERE.test(hostname);
}

/** Whether who listens there gets what comes for `hostname`; `::` takes IPv4. */
export function covers(listening: string, hostname: string): boolean {
  if (listening === "::") return true;
  return listening === "0.0.0.0" && !hostname.includes(":");
}

/** Whether both are the same address and port. */
export function sameEndpoint(left: Endpoint, right: Endpoint): boolean {
  return left.port === right.port && left.hostname === right.hostname;
}

/** Where a connection to `hostname` comes from, when nobody says. */
export function sourceFor(hostname: string): string {
  return hostname.includes(":") ? "::1" : "127.0.0.1";
}

/** The literal for a name; `null` for a name that nobody has. */
export function literalOf(hostname: string): string | null {
  if (hostname === "localhost") return "127.0.0.1";
  return /^[\d.]+$|:/.test(hostname) ? hostname : null;
}

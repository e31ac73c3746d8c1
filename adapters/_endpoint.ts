import type { Endpoint } from "../lib/spi/transport.ts";

const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/**
 * An {@linkcode Endpoint} from what a runtime calls an address: the
 * IPv4-mapped form of a dual-stack socket becomes IPv4, a zone index stays.
 */
export function endpoint(hostname: string, port: number): Endpoint {
  return { hostname: unmapped(hostname), port };
}

/** `::ffff:a.b.c.d` as `a.b.c.d`; anything else as it is. */
export function unmapped(hostname: string): string {
  // A dual-stack socket asks this for every connection: most are not mapped.
  if (!hostname.startsWith("::")) return hostname;
  return MAPPED.exec(hostname)?.[1] ?? hostname;
}

/** `127.0.0.1:21` or `[::1]:21`, for messages. */
export function endpointText(hostname: string, port: number): string {
  return hostname.includes(":")
    ? `[${hostname}]:${port}`
    : `${hostname}:${port}`;
}

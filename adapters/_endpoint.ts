import { unmapAddress } from "../lib/protocol/address.ts";
import type { Endpoint } from "../lib/spi/transport.ts";

/**
 * An {@linkcode Endpoint} from what a runtime calls an address: the
 * IPv4-mapped form of a dual-stack socket becomes IPv4, a zone index stays.
 */
export function endpoint(hostname: string, port: number): Endpoint {
  return { hostname: unmapAddress(hostname), port };
}

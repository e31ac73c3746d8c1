import { ipFamily } from "../protocol/address.ts";
import { UsageError } from "./usage_error.ts";

/** `[::1]`, as URLs write it, means `::1`; nothing means every interface. */
export function parseInterface(value: string): string | null {
  const address = /^\[(.*)\]$/.exec(value)?.[1] ?? value;
  return address === "" ? null : address;
}

/**
 * An IPv4 address.
 *
 * @throws {UsageError} without the name of the option, which the caller knows
 */
export function parseNatAddress(value: string): string {
  if (ipFamily(value) === 4) return value;
  throw new UsageError(`not an IPv4 address: '${value}'`);
}

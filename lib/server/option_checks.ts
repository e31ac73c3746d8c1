import { ConfigError } from "../base/errors.ts";
import { ipFamily, unmapAddress } from "../protocol/address.ts";
import { type AddressRules, addressRules } from "../protocol/address_rules.ts";

/** A timer of more than this fires at once on some runtimes. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** @throws {ConfigError} unless a number of milliseconds that a timer takes */
export function milliseconds(name: string, value: number): number {
  if (typeof value === "number" && value >= 0 && value <= MAX_TIMER_MS) {
    return value;
  }
  throw new ConfigError(
    `Cannot use ${name} ${value}: must be from 0 to ${MAX_TIMER_MS}`,
  );
}

/** @throws {ConfigError} unless a whole number of at least `least` */
export function whole(
  name: string,
  value: number,
  least: number,
): number {
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new ConfigError(
    `Cannot use ${name} ${value}: must be a whole number of at least ${least}`,
  );
}

/** @throws {ConfigError} unless one of some words */
export function oneOf<T extends string>(
  name: string,
  value: T,
  words: readonly T[],
): T {
  if (words.includes(value)) return value;
  throw new ConfigError(
    `Cannot use ${name} "${value}": must be one of ${words.join(", ")}`,
  );
}

/** @throws {ConfigError} unless a function */
export function callable<T extends (...args: never) => unknown>(
  name: string,
  value: T,
): T {
  if (typeof value === "function") return value;
  throw new ConfigError(`Cannot use ${name}: must be a function`);
}

/**
 * An address for 227, which can only carry IPv4.
 *
 * @throws {ConfigError} unless an IPv4 address
 */
export function shownAddress(name: string, address: string): string {
  if (typeof address === "string" && ipFamily(address) === 4) return address;
  throw new ConfigError(`Cannot use ${name} "${address}": not an IPv4 address`);
}

/**
 * Addresses for 227 by local address.
 *
 * @throws {ConfigError} unless IP addresses on the one side and IPv4 addresses
 * on the other
 */
export function shownAddresses(
  name: string,
  addresses: Readonly<Record<string, string>>,
): ReadonlyMap<string, string> {
  const map = new Map<string, string>();
  for (const [local, shown] of Object.entries(addresses)) {
    if (ipFamily(local) === null) {
      throw new ConfigError(`Cannot use ${name} "${local}": not an IP address`);
    }
    map.set(unmapAddress(local), shownAddress(name, shown));
  }
  return map;
}

/**
 * Addresses for 227 by the network of the client.
 *
 * @throws {ConfigError} unless networks on the one side and IPv4 addresses, or
 * `local`, on the other
 */
export function shownByNetwork(
  name: string,
  addresses: Readonly<Record<string, string>>,
): AddressRules<string> {
  for (const shown of Object.values(addresses)) {
    if (shown !== "local") shownAddress(name, shown);
  }
  const rules = addressRules(addresses);
  if (typeof rules !== "string") return rules;
  throw new ConfigError(`Cannot use ${name} "${rules}": not a network`);
}

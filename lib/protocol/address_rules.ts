import { isLoopback, isPrivate } from "./address.ts";
import { isInNetwork, type Network, parseNetwork } from "./network.ts";

/** What holds for clients of some networks; the first rule that fits. */
export type AddressRules<T> = readonly {
  /** `private`: what is not the Internet, this machine included. */
  readonly network: Network | "private";
  readonly value: T;
}[];

/**
 * Rules by the names of networks: `192.168.0.0/16`, a single address, or
 * `private`. Smaller networks come first, as they are named on purpose.
 *
 * @returns the name that is none, when there is one
 */
export function addressRules<T>(
  values: Readonly<Record<string, T>>,
): AddressRules<T> | string {
  const rules: { network: Network | "private"; value: T }[] = [];
  for (const [name, value] of Object.entries(values)) {
    const network = name === "private" ? name : parseNetwork(name);
    if (network === null) return name;
    rules.push({ network, value });
  }
  const hostBits = (network: Network | "private"): number =>
    network === "private" ? 256 : network.bytes.length * 8 - network.prefix;
  return rules.sort((a, b) => hostBits(a.network) - hostBits(b.network));
}

/** What holds for a client; `null` when no rule is about it. */
export function ruleFor<T>(
  rules: AddressRules<T>,
  hostname: string,
): T | null {
  for (const { network, value } of rules) {
    const fits = network === "private"
      ? isPrivate(hostname) || isLoopback(hostname)
      : isInNetwork(network, hostname);
    if (fits) return value;
  }
  return null;
}

import { lookup } from "node:dns/promises";
import { ConfigError } from "../lib/base/errors.ts";

/** Options of {@linkcode resolvedAddress}. */
export interface ResolvedAddressOptions {
  /**
   * Milliseconds after which the name is looked up again.
   * @default {60_000}
   */
  readonly refreshMs?: number;
}

/**
 * The IPv4 address of a host name, looked up again now and then: for
 * `masqueradeAddress` where the outer address changes. While a look-up fails,
 * the last address that was found is shown.
 *
 * @example
 * ```ts ignore
 * await serve({
 *   directory: ".",
 *   masqueradeAddress: await resolvedAddress("ftp.example.org"),
 * });
 * ```
 *
 * @throws {ConfigError} when the name has no IPv4 address now
 */
export async function resolvedAddress(
  hostname: string,
  options: ResolvedAddressOptions = {},
): Promise<() => Promise<string>> {
  const { refreshMs = 60_000 } = options;
  const find = async (): Promise<string> =>
    (await lookup(hostname, { family: 4 })).address;
  let address: string;
  try {
    address = await find();
  } catch (cause) {
    throw new ConfigError(
      `Cannot show the address of "${hostname}": no IPv4 address is found`,
      { cause },
    );
  }
  let foundAt = performance.now();
  let looking: Promise<void> | null = null;
  return async () => {
    if (performance.now() - foundAt >= refreshMs) {
      looking ??= find().then((found) => void (address = found), () => {})
        .finally(() => {
          foundAt = performance.now();
          looking = null;
        });
      await looking;
    }
    return address;
  };
}

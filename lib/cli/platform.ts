import type { Platform } from "../spi/clock.ts";
import type { CliHost } from "./host.ts";
import type { CliOptions } from "./options.ts";

/** Sockets, clock and randomness, with the TLS that the options want. */
export function platformFor(options: CliOptions, host: CliHost): Platform {
  const { platform } = host;
  if (options.useOpenssl) return platform;
  return host.platformWithoutOpenssl?.() ?? platform;
}

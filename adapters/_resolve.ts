import { lookup } from "node:dns/promises";
import { isIP } from "node:net";

/**
 * The IP literal to listen on for a literal or a name. Runtimes agree about
 * literals only: what they throw for a name that nobody has differs.
 */
export async function resolveHostname(hostname: string): Promise<string> {
  if (isIP(hostname) !== 0) return hostname;
  return (await lookup(hostname)).address;
}

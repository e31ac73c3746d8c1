import { ipFamily } from "../protocol/address.ts";
import type { Endpoint } from "../spi/transport.ts";

/** The ports that URLs need not name. */
const PORTS = { ftp: 21, ftps: 990 } as const;

/**
 * The URLs under which clients reach a server, most useful first. A server on
 * every interface is reached under each address of the machine, IPv4 before
 * IPv6, and on the machine itself under the loopback address.
 *
 * @param listening what the server is bound to
 * @param addresses of the machine, without the loopback ones
 * @param username to log in with; `null` for anonymous
 * @param scheme `ftps` is implicit TLS
 */
export function clientUrls(
  listening: Endpoint,
  addresses: readonly string[],
  username: string | null,
  scheme: "ftp" | "ftps" = "ftp",
): readonly string[] {
  const hosts = reachable(listening.hostname, addresses);
  const user = username === null ? "" : `${encodeUser(username)}@`;
  const port = listening.port === PORTS[scheme] ? "" : `:${listening.port}`;
  return hosts.map((host) => `${scheme}://${user}${urlHost(host)}${port}/`);
}

function reachable(
  hostname: string,
  addresses: readonly string[],
): readonly string[] {
  if (hostname !== "::" && hostname !== "0.0.0.0") return [hostname];
  const hosts = addresses.filter((address) => ipFamily(address) === 4);
  if (hostname === "::") {
    hosts.push(...addresses.filter((address) => ipFamily(address) === 6));
  }
  return [...hosts, "127.0.0.1"];
}

/** RFC 3986 section 3.2.2, and RFC 6874 for the zone index. */
function urlHost(host: string): string {
  return host.includes(":") ? `[${host.replace("%", "%25")}]` : host;
}

/** `encodeURIComponent` throws on lone surrogates, which no URL can hold. */
function encodeUser(username: string): string {
  return encodeURIComponent(username.replace(/[\ud800-\udfff]/gu, "\ufffd"));
}

import { networkInterfaces } from "node:os";
import process from "node:process";
import type { Endpoint } from "../lib/spi/transport.ts";
import { isGranted, NETWORK_INTERFACES } from "./_deno_permissions.ts";

/** A link-local address (RFC 4291, 2.5.6) that does not say on which link. */
const WITHOUT_ZONE = /^fe[89ab][0-9a-f]:[^%]*$/i;

/** Both ends of a connection. */
export interface Ends {
  readonly local: Endpoint;
  readonly remote: Endpoint;
}

/**
 * Both ends with the zone that Deno and Bun forget to tell (RFC 4007, 11):
 * without it, nothing can listen on or connect to a link-local address. The
 * interface that has the local address tells it; when there are several, or
 * Deno may not look, the ends stay as they are.
 */
export function withZones(ends: Ends): Ends {
  const { local, remote } = ends;
  if (!WITHOUT_ZONE.test(local.hostname)) return ends;
  const named = withZone(local);
  const zone = named.hostname.slice(local.hostname.length);
  return {
    local: named,
    remote: WITHOUT_ZONE.test(remote.hostname)
      ? { ...remote, hostname: remote.hostname + zone }
      : remote,
  };
}

/** The same for an address of this machine. */
export function withZone(local: Endpoint): Endpoint {
  if (!WITHOUT_ZONE.test(local.hostname)) return local;
  const [zone, other] = zonesOf(local.hostname);
  return zone === undefined || other !== undefined
    ? local
    : { ...local, hostname: `${local.hostname}%${zone}` };
}

/** The zones where this machine has an address. */
function zonesOf(hostname: string): readonly string[] {
  if (!isGranted(NETWORK_INTERFACES)) return [];
  try {
    return Object.entries(networkInterfaces()).flatMap(([name, addresses]) =>
      (addresses ?? []).flatMap((one) => {
        if (one.family !== "IPv6" || one.address !== hostname) return [];
        // Windows numbers them.
        return process.platform === "win32" ? String(one.scopeid) : name;
      })
    );
  } catch {
    return []; // As Termux on Android.
  }
}

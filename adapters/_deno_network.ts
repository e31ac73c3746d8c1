import { TransportError } from "../lib/base/errors.ts";
import { formatEndpoint } from "../lib/protocol/address.ts";
import type { Endpoint } from "../lib/spi/transport.ts";
import { isGranted, permissionHost, request } from "./_deno_permissions.ts";
import type { DenoPermission } from "./_runtime_types.ts";

const EVERYTHING: DenoPermission = { name: "net" };

/**
 * The permission to use the network. Deno asks at the terminal for what was
 * not allowed, and stands still meanwhile; clients choose addresses, so they
 * must not be able to bring that about. The user is asked once, when the first
 * listener is opened.
 */
export class DenoNetwork {
  #everything = false;
  #asked = false;

  /** @throws {TransportError} `not-permitted` */
  async mayListen(at: Endpoint): Promise<void> {
    const first = !this.#asked;
    this.#asked = true;
    if (this.#may(at)) return;
    if (first && await request(EVERYTHING)) return;
    throw refused("listen on", at);
  }

  /** @throws {TransportError} `not-permitted` */
  mayConnect(to: Endpoint): void {
    if (!this.#may(to)) throw refused("connect to", to);
  }

  #may({ hostname, port }: Endpoint): boolean {
    this.#everything ||= isGranted(EVERYTHING);
    return this.#everything ||
      isGranted({ name: "net", host: permissionHost(hostname, port) });
  }
}

function refused(action: string, where: Endpoint): TransportError {
  return new TransportError(
    "not-permitted",
    `Cannot ${action} ${formatEndpoint(where)}: Deno needs --allow-net`,
  );
}

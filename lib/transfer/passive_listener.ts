import { TransportError } from "../base/errors.ts";
import type { LogLevel } from "../spi/log.ts";
import type { Endpoint, Listener, Transport } from "../spi/transport.ts";
import type { PortPool } from "./port_pool.ts";

/** One client is expected; the rest are strangers who may wait in vain. */
const BACKLOG = 5;

/**
 * Listens on a port of the pool, on the address that the client reached us at:
 * never on all of them. When every port is taken, the system chooses one, and
 * the log says so.
 *
 * @throws {TransportError} when the address itself cannot be used
 */
export async function listenPassive(host: {
  readonly transport: Transport;
  readonly ports: PortPool;
  readonly local: Endpoint;
  mayProtect(): boolean;
  log(level: LogLevel, message: string): void;
}): Promise<Listener> {
  const { transport, ports, local } = host;
  const open = (port: number): Promise<Listener> =>
    transport.listen({
      hostname: local.hostname,
      port,
      backlog: BACKLOG,
      upgradable: host.mayProtect(),
      bulk: true,
    });
  for (const port of ports.candidates()) {
    if (port === 0) return await open(0);
    ports.reserve(port);
    try {
      return await open(port);
    } catch (error) {
      ports.release(port);
      const code = error instanceof TransportError ? error.code : null;
      if (code === "not-permitted") {
        host.log("debug", `Cannot use passive port ${port}: not permitted`);
      } else if (code !== "address-in-use") throw error;
    }
  }
  host.log(
    "warn",
    "Can't find a valid passive port in the configured range. " +
      "A random kernel-assigned port will be used.",
  );
  return await open(0);
}

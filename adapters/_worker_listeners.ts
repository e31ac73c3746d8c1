import { createServer, type Server, type Socket } from "node:net";
import { ConfigError } from "../lib/base/errors.ts";
import { formatEndpoint } from "../lib/protocol/address.ts";
import type { ListenPlace } from "../lib/server/listen_address.ts";
import type { Endpoint } from "../lib/spi/transport.ts";
import { endpoint } from "./_endpoint.ts";
import { startServer } from "./_node_listener.ts";
import { resolveHostname } from "./_resolve.ts";

/**
 * Where a pool listens. Its sockets are those of `node:net` on all runtimes:
 * only they can be sent to another process.
 */
export class WorkerListeners {
  readonly #servers = new Map<Server, Endpoint>();

  /** One for each that listens, always the same objects. */
  get addresses(): readonly Endpoint[] {
    return [...this.#servers.values()];
  }

  /**
   * Listens on one more.
   *
   * @param accepted given each connection, which is not read yet
   */
  async open(
    where: ListenPlace,
    backlog: number,
    accepted: (socket: Socket) => void,
  ): Promise<Endpoint> {
    if ("path" in where) {
      throw new ConfigError(
        `Cannot listen on ${where.path}: Unix sockets need a server in one ` +
          "process",
      );
    }
    const server = createServer(
      { pauseOnConnect: true, allowHalfOpen: true },
      accepted,
    );
    const name = "descriptor" in where
      ? `descriptor ${where.descriptor}`
      : formatEndpoint(where);
    await startServer(server as never, name, async (done) => {
      if ("descriptor" in where) {
        server.listen({ fd: where.descriptor, backlog }, done);
      } else {
        const host = await resolveHostname(where.hostname);
        server.listen({ host, port: where.port, backlog }, done);
      }
    });
    // As when no descriptor is left for a client: the next may have more luck.
    server.on("error", () => {});
    const address = server.address();
    if (address === null || typeof address === "string") {
      server.close();
      throw new ConfigError("Cannot listen: the socket has no address");
    }
    const local = endpoint(address.address, address.port);
    this.#servers.set(server, local);
    return local;
  }

  /** @param where one of `addresses`, the object itself; left out: all */
  close(where?: Endpoint): void {
    for (const [server, local] of [...this.#servers]) {
      if (where !== undefined && local !== where) continue;
      server.close();
      this.#servers.delete(server);
    }
  }
}

import { MemoryAuthorizer } from "../lib/auth/memory_authorizer.ts";
import { ConfigError } from "../lib/base/errors.ts";
import type { ServerOptions } from "../lib/server/options.ts";
import { FtpServer } from "../lib/server/server.ts";
import type { Authorizer } from "../lib/spi/authorizer.ts";
import type { Platform } from "../lib/spi/clock.ts";
import type { FileSystem } from "../lib/spi/file_system.ts";
import type { Listener } from "../lib/spi/transport.ts";

/** What `serve` may be told: all that a server can be, where, and what of. */
export interface ServeOptions extends Omit<ServerOptions, "authorizer"> {
  /**
   * An IP address or a name of this machine; `::` takes IPv4 too.
   * @default {"127.0.0.1"}
   */
  readonly hostname?: string;
  /**
   * 0 lets the system choose; see `FtpServer.address`.
   * @default {2121}
   */
  readonly port?: number;
  /** A listener that is open already, in place of `hostname` and `port`. */
  readonly listener?: Listener;
  /** The users. Either this or `directory` is needed. */
  readonly authorizer?: Authorizer;
  /** A folder that everybody may read as `anonymous`. */
  readonly directory?: string;
}

/** Makes a server and starts it. */
export async function serveOn(
  platform: Platform,
  openFolder: (path: string) => FileSystem,
  options: ServeOptions,
): Promise<FtpServer> {
  const {
    hostname = "127.0.0.1",
    port = 2121,
    listener,
    authorizer,
    directory,
    ...serverOptions
  } = options;
  const server = new FtpServer(platform, {
    ...serverOptions,
    authorizer: authorizer ?? shareWithAll(directory, openFolder),
  });
  await server.listen(listener ?? { hostname, port });
  return server;
}

function shareWithAll(
  directory: string | undefined,
  openFolder: (path: string) => FileSystem,
): Authorizer {
  if (directory === undefined) {
    throw new ConfigError(
      "Cannot serve: neither an authorizer nor a directory is given",
    );
  }
  const authorizer = new MemoryAuthorizer();
  authorizer.addAnonymous({ fileSystem: openFolder(directory) });
  return authorizer;
}

import { MemoryAuthorizer } from "../auth/memory_authorizer.ts";
import type { UsersAuthorizer } from "../auth/users_authorizer.ts";
import type { ServerOptions } from "../server/options.ts";
import type { Authorizer } from "../spi/authorizer.ts";
import type { FileSystem } from "../spi/file_system.ts";
import { asShared } from "./folder.ts";
import type { CliHost } from "./host.ts";
import type { Logger } from "./logger.ts";
import type { CliOptions } from "./options.ts";
import { serverOptions } from "./server_options.ts";
import { openSystemUsers } from "./system_users.ts";
import { type CliTls, openTls } from "./tls.ts";
import { openUsers, permissionsOf } from "./users.ts";

/** What the command line comes to, checked, before anybody listens. */
export interface Service {
  readonly options: ServerOptions;
  readonly fileSystem: FileSystem;
  readonly users: UsersAuthorizer | null;
  readonly tls: CliTls | null;
}

/**
 * Opens what the options name: folder, users, certificate.
 *
 * @throws {UsageError | ConfigError} when the options do not hold
 */
export async function openService(
  options: CliOptions,
  password: string,
  host: CliHost,
  logger: Logger,
): Promise<Service> {
  const directory = options.directory ?? host.cwd;
  const folder = host.openFolder(directory);
  const fileSystem = asShared(folder, options);
  const users = await openUsers(options, folder, host, logger);
  const authorizer = users ?? openSystemUsers(options, host, logger) ??
    makeAuthorizer(options, password, fileSystem, logger);
  const tls = await openTls(options, host);
  return {
    options: {
      ...serverOptions(options, authorizer, logger.sink),
      ...(tls === null ? {} : { tls: tls.options }),
    },
    fileSystem,
    users,
    tls,
  };
}

function makeAuthorizer(
  options: CliOptions,
  password: string,
  fileSystem: FileSystem,
  logger: Logger,
): Authorizer {
  const authorizer = new MemoryAuthorizer({
    onWarning: (message) => logger.log("warn", message),
  });
  const permissions = permissionsOf(options);
  const { username } = options;
  if (username === null) {
    authorizer.addAnonymous({ fileSystem, permissions });
  } else {
    authorizer.addUser({ username, password, fileSystem, permissions });
  }
  return authorizer;
}

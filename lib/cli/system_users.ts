import { SystemAuthorizer } from "../auth/system_authorizer.ts";
import { ConfigError } from "../base/errors.ts";
import { asShared } from "./folder.ts";
import type { CliHost } from "./host.ts";
import type { Logger } from "./logger.ts";
import type { CliOptions } from "./options.ts";
import { permissionsOf } from "./users.ts";

/**
 * The users of `--system-users`; `null` without.
 *
 * @throws {ConfigError} when this program may not act as others, or a name
 * that is given does not hold
 */
export function openSystemUsers(
  options: CliOptions,
  host: CliHost,
  logger: Logger,
): SystemAuthorizer | null {
  const { systemUsers } = options;
  if (systemUsers === null) return null;
  if (host.openSystemUsers === undefined) {
    throw new ConfigError(
      "Cannot use the users of the system: this host does not offer them",
    );
  }
  const { allowed, rejected, anonymous, jail } = systemUsers;
  const authorizer = new SystemAuthorizer({
    users: host.openSystemUsers(),
    permissions: permissionsOf(options),
    ...(allowed === null ? {} : { allowedUsers: allowed }),
    ...(rejected === null ? {} : { rejectedUsers: rejected }),
    ...(anonymous === null ? {} : { anonymousUser: anonymous }),
    jail,
    share: (fileSystem) => asShared(fileSystem, options),
    log: (level, message) => logger.log(level, message),
  });
  if (options.tls?.controlRequired !== true) {
    logger.log(
      "warn",
      "passwords of this system may travel in clear: --tls-control-required " +
        "keeps them secret",
    );
  }
  return authorizer;
}

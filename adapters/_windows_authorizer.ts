import { SystemAuthorizer } from "../lib/auth/system_authorizer.ts";
import type { SystemAccessOptions } from "../lib/auth/system_options.ts";
import { WindowsUsers } from "./_windows_users.ts";

/** Options of {@linkcode windowsAuthorizer}. */
export interface WindowsAuthorizerOptions extends SystemAccessOptions {
  /**
   * The password of `anonymousUser`, such as `Guest`, who is logged on at once
   * to see whether that works.
   * @default {""}
   */
  readonly anonymousPassword?: string;
}

/**
 * Lets the users of this Windows in: with the password that Windows knows, in
 * their profile folders, and with their own rights to files. The program needs
 * the right to impersonate, which administrators and services have.
 *
 * No password can be overridden: Windows lets nobody act as a user without the
 * user's own. Without a jail users see the drive that their profile lies on.
 *
 * Tried with Node on Wine as far as that goes, and not on Windows itself:
 * looking users and profiles up, and acting with a token. Wine takes every
 * password and hands out a token that is none.
 *
 * @example
 * ```ts ignore
 * const authorizer = windowsAuthorizer({ anonymousUser: "Guest" });
 * await serve({ authorizer, port: 21 });
 * ```
 *
 * @throws {ConfigError} an option does not hold, this is no Windows, or the
 * program cannot call C
 */
export function windowsAuthorizer(
  options: WindowsAuthorizerOptions = {},
): SystemAuthorizer {
  const { anonymousPassword = "", ...rest } = options;
  const { anonymousUser } = rest;
  return new SystemAuthorizer({
    ...rest,
    users: new WindowsUsers(
      anonymousUser === undefined
        ? null
        : { username: anonymousUser, password: anonymousPassword },
    ),
  });
}

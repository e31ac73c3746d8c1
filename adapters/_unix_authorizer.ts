import { SystemAuthorizer } from "../lib/auth/system_authorizer.ts";
import type { SystemAccessOptions } from "../lib/auth/system_options.ts";
import { UnixUsers } from "./_unix_users.ts";

/** Options of {@linkcode unixAuthorizer}. */
export interface UnixAuthorizerOptions extends SystemAccessOptions {
  /**
   * Whether users need a shell that `/etc/shells` lists, if there is such a
   * file; `anonymous` needs none.
   * @default {true}
   */
  readonly requireValidShell?: boolean;
}

/**
 * Lets the users of this Linux in: with the password that the system knows, in
 * their homes, and with their own rights to files, those of their groups
 * included. The program must be root's.
 *
 * Passwords are checked by the system's crypt(3), in a thread. Locked and
 * expired accounts are refused. Everything that goes by names is done as the
 * user (`adapters/_unix_identity.ts` says how); the contents of files that are
 * open are moved by root, so that disk quotas do not hold writes back.
 *
 * Node needs the package `koffi`, or Node 26; Deno needs `--allow-all`.
 *
 * @example
 * ```ts ignore
 * const authorizer = unixAuthorizer({ rejectedUsers: ["guest"] });
 * authorizer.overrideUser("ann", { permissions: "elr" });
 * await serve({ authorizer, port: 21 });
 * ```
 *
 * @throws {ConfigError} an option does not hold, this is no Linux, the program
 * is not root's or cannot call C
 */
export function unixAuthorizer(
  options: UnixAuthorizerOptions = {},
): SystemAuthorizer {
  return new SystemAuthorizer({ ...options, users: new UnixUsers() });
}

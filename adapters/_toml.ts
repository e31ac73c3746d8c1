import type { UsersFormat } from "../lib/auth/users_format.ts";
import { jsonUsers } from "../lib/auth/users_format.ts";
import { tomlUsersFormat } from "../lib/auth/users_toml.ts";
import { tomlParser } from "./_toml_parser.ts";

/**
 * How a users file is written, by its name: TOML when it ends in `.toml`, else
 * JSON; for `UsersAuthorizerOptions.format`.
 *
 * @example
 * ```ts ignore
 * const file = "/etc/anyftpd/users.toml";
 * const authorizer = new UsersAuthorizer({
 *   text: watchedFile(file),
 *   format: await usersFormat(file),
 *   openFolder: localFileSystem,
 *   clock: platform().clock,
 * });
 * ```
 */
export async function usersFormat(path: string): Promise<UsersFormat> {
  return /\.toml$/i.test(path)
    ? tomlUsersFormat(await tomlParser())
    : jsonUsers;
}

import { jsonUsers, type UsersFormat } from "../auth/users_format.ts";
import { tomlUsersFormat } from "../auth/users_toml.ts";
import type { CliHost } from "./host.ts";

/** How a users file is written, by its name: `.toml`, or else JSON. */
export async function usersFormatOf(
  path: string,
  host: CliHost,
): Promise<UsersFormat> {
  return /\.toml$/i.test(path)
    ? tomlUsersFormat(await host.tomlParser())
    : jsonUsers;
}

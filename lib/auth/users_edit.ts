import { ConfigError } from "../base/errors.ts";
import {
  parseUsersEntry,
  type UserEntry,
  type UsersEntry,
} from "./users_file.ts";

/**
 * The text of a users file with one user more.
 *
 * @param text `null`: there is no file yet
 * @throws {ConfigError} there is such a user, or the file is none
 */
export function addUser(
  text: string | null,
  name: string,
  user: UserEntry,
): string {
  return edit(text ?? '{"users":{}}', (users) => {
    if (users.has(name)) throw refuse("add", name, "the user exists already");
    users.set(name, user);
  });
}

/**
 * The text of a users file with another password for a user.
 *
 * @throws {ConfigError} there is no such user, or the file is none
 */
export function changePassword(
  text: string,
  name: string,
  hash: string,
): string {
  return edit(text, (users) => {
    const user = users.get(name);
    if (user === undefined) throw refuse("change", name, "no such user");
    users.set(name, { ...user, password: hash });
  });
}

/**
 * The text of a users file without a user.
 *
 * @throws {ConfigError} there is no such user, or the file is none
 */
export function removeUser(text: string, name: string): string {
  return edit(text, (users) => {
    if (!users.delete(name)) throw refuse("remove", name, "no such user");
  });
}

function edit(
  text: string,
  change: (users: Map<string, UserEntry>) => void,
): string {
  const file = parseUsersEntry(text);
  const users = new Map(Object.entries(file.users));
  change(users);
  // Not by assignment: a user may be called __proto__.
  const changed: UsersEntry = { ...file, users: Object.fromEntries(users) };
  return JSON.stringify(changed, null, 2) + "\n";
}

function refuse(verb: string, name: string, why: string): ConfigError {
  return new ConfigError(`Cannot ${verb} user ${JSON.stringify(name)}: ${why}`);
}

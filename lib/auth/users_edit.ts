import { ConfigError, messageOf } from "../base/errors.ts";
import {
  parseUsersEntry,
  type UserEntry,
  type UsersEntry,
} from "./users_file.ts";
import {
  jsonUsers,
  type UsersChange,
  type UsersFormat,
} from "./users_format.ts";

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
  format: UsersFormat = jsonUsers,
): string {
  return edit(text, { kind: "add", name, user }, format, (users) => {
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
  format: UsersFormat = jsonUsers,
): string {
  return edit(text, { kind: "password", name, hash }, format, (users) => {
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
export function removeUser(
  text: string,
  name: string,
  format: UsersFormat = jsonUsers,
): string {
  return edit(text, { kind: "remove", name }, format, (users) => {
    if (!users.delete(name)) throw refuse("remove", name, "no such user");
  });
}

const VERBS = { add: "add", password: "change", remove: "remove" } as const;

function edit(
  text: string | null,
  change: UsersChange,
  format: UsersFormat,
  apply: (users: Map<string, UserEntry>) => void,
): string {
  const file: UsersEntry = text === null
    ? { users: {} }
    : parseUsersEntry(text, format);
  const users = new Map(Object.entries(file.users));
  apply(users);
  // Not by assignment: a user may be called __proto__.
  const after: UsersEntry = { ...file, users: Object.fromEntries(users) };
  try {
    return format.change(text, change, after);
  } catch (error) {
    throw refuse(VERBS[change.kind], change.name, messageOf(error));
  }
}

function refuse(verb: string, name: string, why: string): ConfigError {
  return new ConfigError(`Cannot ${verb} user ${JSON.stringify(name)}: ${why}`);
}

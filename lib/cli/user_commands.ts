import { addUser, changePassword, removeUser } from "../auth/users_edit.ts";
import {
  ANONYMOUS,
  parseExpiry,
  parseUsersEntry,
  type UserEntry,
} from "../auth/users_file.ts";
import type { UsersFormat } from "../auth/users_format.ts";
import { ConfigError } from "../base/errors.ts";
import { escapeText } from "../protocol/command_line.ts";
import type { CliHost } from "./host.ts";
import { hashNewPassword } from "./new_password.ts";
import { usersFormatOf } from "./users_format.ts";
import type { NewPassword, UserRequest } from "./user_options.ts";

/**
 * Changes or shows the users of a file.
 *
 * @throws {UsageError | ConfigError} when it cannot
 */
export async function runUserCommand(
  request: UserRequest,
  host: CliHost,
): Promise<void> {
  const { file } = request;
  const format = await usersFormatOf(file, host);
  switch (request.kind) {
    case "add":
      return await add(request, host, format);
    case "passwd": {
      const { name, password } = request;
      // Before anything is typed in vain.
      const text = existing(await host.findTextFile(file), file);
      changePassword(text, name, "x", format);
      const hash = await hashNewPassword(password, host);
      await host.updateTextFile(
        file,
        (text) => changePassword(existing(text, file), name, hash, format),
      );
      return say(host, "password changed of", name);
    }
    case "del": {
      const { name } = request;
      await host.updateTextFile(
        file,
        (text) => removeUser(existing(text, file), name, format),
      );
      return say(host, "removed", name);
    }
    case "list": {
      const text = existing(await host.findTextFile(file), file);
      const users = Object.entries(parseUsersEntry(text, format).users);
      host.stdout.write(request.json ? asJson(users) : asTable(users, host));
    }
  }
}

async function add(
  request: {
    readonly file: string;
    readonly name: string;
    readonly password: NewPassword;
    readonly entry: UserEntry;
  },
  host: CliHost,
  format: UsersFormat,
): Promise<void> {
  const { file, name, password, entry } = request;
  addUser(await host.findTextFile(file), name, entry, format);
  const isOpen = name === ANONYMOUS && password.password === null &&
    password.passwordFile === null;
  const user: UserEntry = {
    ...(isOpen ? {} : { password: await hashNewPassword(password, host) }),
    ...entry,
    ...(entry.directory === undefined
      ? {}
      : { directory: host.absolutePath(entry.directory) }),
  };
  await host.updateTextFile(file, (text) => addUser(text, name, user, format));
  say(host, "added", name);
}

function existing(text: string | null, file: string): string {
  if (text !== null) return text;
  throw new ConfigError(`Cannot read "${file}": no such file or directory`);
}

function say(host: CliHost, what: string, name: string): void {
  host.stdout.write(`${what} user ${escapeText(JSON.stringify(name))}\n`);
}

type Users = readonly (readonly [name: string, entry: UserEntry])[];

function asJson(users: Users): string {
  const shown = users.map(([name, { password: _, ...rest }]) => [name, rest]);
  return JSON.stringify(Object.fromEntries(shown), null, 2) + "\n";
}

function asTable(users: Users, host: CliHost): string {
  const now = host.platform.clock.wallTime();
  const rows = [
    ["NAME", "STATE", "PERMISSIONS", "DIRECTORY"],
    ...users.map(([name, entry]) => [
      name,
      stateOf(entry, now),
      entry.permissions ?? "(default)",
      entry.directory ?? "(shared)",
    ]),
  ].map((row) => row.map(escapeText));
  const widths = [0, 1, 2].map((column) =>
    Math.max(...rows.map((row) => row[column]!.length))
  );
  return rows.map((row) =>
    row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ") +
    "\n"
  ).join("");
}

function stateOf({ enabled, expires }: UserEntry, now: number): string {
  if (enabled === false) return "disabled";
  const end = expires === undefined ? null : parseExpiry(expires);
  return end !== null && now >= end ? "expired" : "enabled";
}

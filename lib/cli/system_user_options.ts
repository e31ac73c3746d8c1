import type { ParsedArguments } from "./argument_parser.ts";
import { UsageError } from "./usage_error.ts";

/** The options of the command that are about users of the system. */
export type SystemUserOptionName =
  | "system-users"
  | "allow-users"
  | "reject-users"
  | "anonymous-user"
  | "no-jail";

/** How the command lets users of the system in; JSON can carry it. */
export interface SystemUserOptions {
  /** `null`: everybody. */
  readonly allowed: readonly string[] | null;
  /** `null`: nobody. */
  readonly rejected: readonly string[] | null;
  /** Whom `anonymous` stands for; `null`: no anonymous logins. */
  readonly anonymous: string | null;
  /** Whether users see no more than their homes. */
  readonly jail: boolean;
}

/** Options that say who gets in, and where to, in another way. */
const OTHERS: readonly (readonly [name: string, shown: string])[] = [
  ["users", "--users"],
  ["username", "-u/--username"],
  ["auth-url", "--auth-url"],
  ["auth-program", "--auth-program"],
  ["directory", "-d/--directory"],
];

/**
 * `null` without `--system-users`.
 *
 * @throws {UsageError} for options that do not go together
 */
export function readSystemUsers(
  { values, switches, positionals }: ParsedArguments<string>,
): SystemUserOptions | null {
  const isOn = switches.has("system-users");
  for (const name of ["allow-users", "reject-users", "anonymous-user"]) {
    if (!isOn && values.has(name)) throw needsSystemUsers(name);
  }
  if (!isOn && switches.has("no-jail")) throw needsSystemUsers("no-jail");
  if (!isOn) return null;
  for (const [name, shown] of OTHERS) {
    if (!values.has(name)) continue;
    throw new UsageError(`argument --system-users: not allowed with ${shown}`);
  }
  if (positionals.length > 0) {
    throw new UsageError(
      `argument --system-users: not allowed with DIRECTORY '${
        positionals[0]
      }', as users see their homes`,
    );
  }
  if (values.has("allow-users") && values.has("reject-users")) {
    throw new UsageError(
      "argument --reject-users: not allowed with --allow-users",
    );
  }
  const names = (name: string): readonly string[] | null => {
    const value = values.get(name);
    return value === undefined ? null : parseNames(name, value);
  };
  return {
    allowed: names("allow-users"),
    rejected: names("reject-users"),
    anonymous: values.get("anonymous-user") ?? null,
    jail: !switches.has("no-jail"),
  };
}

/** Names with commas between them. */
function parseNames(option: string, text: string): readonly string[] {
  const names = text.split(",").map((name) => name.trim());
  if (!names.includes("")) return names;
  throw new UsageError(`argument --${option}: names with commas are expected`);
}

function needsSystemUsers(name: string): UsageError {
  return new UsageError(`argument --${name}: only with --system-users`);
}

import { ConfigError, messageOf } from "../base/errors.ts";
import { memberPlace, schemaViolation } from "../base/json_schema.ts";
import {
  isInNetwork,
  type Network,
  parseNetwork,
} from "../protocol/network.ts";
import { resolvePath } from "../protocol/path.ts";
import type { AccountLimits, Action, TlsDemands } from "../spi/authorizer.ts";
import type { PasswordVerifier } from "./password_scheme.ts";
import { parsePermissions } from "./permissions.ts";
import { jsonUsers, type UsersFormat } from "./users_format.ts";
import { ACCOUNT_SCHEMA, USERS_SCHEMA } from "./users_schema.ts";

/** The user who needs no password. */
export const ANONYMOUS = "anonymous";

/** The place in messages of an account that is in no file. */
const ANSWER = "the answer";

/** One user as the file has it; `users_schema.ts` says what it all means. */
export interface UserEntry {
  /** The hash of a password. */
  readonly password?: string;
  /** The folder of the disk that the user sees as `/`. */
  readonly directory?: string;
  /** Where sessions start, as the user sees it. */
  readonly home?: string;
  /** Letters out of `elradfmwMT`. */
  readonly permissions?: string;
  /** Other permissions for some folders. */
  readonly folders?: Readonly<Record<string, FolderEntry>>;
  /** False keeps the user out. */
  readonly enabled?: boolean;
  /** A date from which on the user is kept out. */
  readonly expires?: string;
  /** Where the user may come from. */
  readonly networks?: readonly string[];
  /** Rates and sessions. */
  readonly limits?: AccountLimits;
  /** What may lie in the folder. */
  readonly quota?: UserQuota;
  /** What is asked of the user's connections. */
  readonly tls?: TlsDemands;
  /** The text of the reply to a login. */
  readonly loginMessage?: string;
  /** The text of the reply to QUIT. */
  readonly quitMessage?: string;
}

/** One user as a service or a program answers it. */
interface AccountEntry extends Omit<UserEntry, "password"> {
  /** In place of what the client sent. */
  readonly name?: string;
}

/** What may lie in a user's folder; what is left out has no limit. */
export interface UserQuota {
  /** The sizes of all files together. */
  readonly bytes?: number;
  /** Files, folders and links together. */
  readonly files?: number;
}

/** Other permissions for one folder. */
export interface FolderEntry {
  /** Letters out of `elradfmwMT`. */
  readonly permissions: string;
  /** Whether folders below it are meant too. */
  readonly recursive?: boolean;
}

/** The whole file. */
export interface UsersEntry {
  /** Where the schema is, for editors. */
  readonly $schema?: string;
  /** By name. */
  readonly users: Readonly<Record<string, UserEntry>>;
}

/** A hash and who can check it. */
export interface KnownHash {
  readonly scheme: PasswordVerifier;
  readonly text: string;
  /** As {@linkcode PasswordVerifier.cost} says it. */
  readonly cost: string;
}

/** One user, understood. */
export interface UserRecord {
  readonly name: string;
  readonly entry: UserEntry;
  /** `null`: any password will do. */
  readonly password: KnownHash | null;
  /** `null`: those of whoever has none in the file. */
  readonly actions: readonly Action[] | null;
  readonly folders: readonly {
    readonly directory: string;
    readonly recursive: boolean;
    readonly actions: readonly Action[];
  }[];
  /** Milliseconds since 1970; `null`: never. */
  readonly expires: number | null;
  /** `null`: everywhere. */
  readonly networks: readonly Network[] | null;
}

/** The users of a file. */
export interface UsersTable {
  readonly users: ReadonlyMap<string, UserRecord>;
  /** A hash of each cost that there is. */
  readonly samples: readonly KnownHash[];
}

/**
 * The members of a users file, checked for its form only; see `parseUsers`.
 *
 * @throws {ConfigError} it is not of that format, or not what the schema says
 */
export function parseUsersEntry(
  text: string,
  format: UsersFormat = jsonUsers,
): UsersEntry {
  let value: unknown;
  try {
    value = format.parse(text);
  } catch (cause) {
    throw refuse(`it is no ${format.name}: ${messageOf(cause)}`, cause);
  }
  const violation = schemaViolation(USERS_SCHEMA, value);
  if (violation !== null) throw refuse(violation);
  return value as UsersEntry;
}

/**
 * Reads a users file.
 *
 * @param schemes what hashes may be
 * @throws {ConfigError} it holds something that has no meaning; the message
 * names the place, never a hash
 */
export function parseUsers(
  text: string,
  schemes: readonly PasswordVerifier[],
  format: UsersFormat = jsonUsers,
): UsersTable {
  const users = new Map<string, UserRecord>();
  const samples = new Map<string, KnownHash>();
  const { users: entries } = parseUsersEntry(text, format);
  for (const [name, entry] of Object.entries(entries)) {
    const record = parseUser(name, entry, schemes);
    users.set(name, record);
    const { password } = record;
    if (password !== null) samples.set(password.cost, password);
  }
  return { users, samples: [...samples.values()] };
}

/** Why a user may not be here now, for the log; `null` when nothing says so. */
export function refusalOf(
  user: UserRecord,
  hostname: string,
  time: number,
): string | null {
  if (user.entry.enabled === false) return "the user is disabled";
  if (user.expires !== null && time >= user.expires) {
    return `the user expired on ${user.entry.expires}`;
  }
  const { networks } = user;
  return networks === null ||
      networks.some((network) => isInNetwork(network, hostname))
    ? null
    : "the user may not come from there";
}

/** A moment as `expires` names it; `null` when there is no such day or hour. */
export function parseExpiry(text: string): number | null {
  const day = text.slice(0, 10);
  const begin = Date.parse(day);
  // Some runtimes take 30 February for 2 March.
  if (Number.isNaN(begin)) return null;
  if (new Date(begin).toISOString().slice(0, 10) !== day) return null;
  const time = Date.parse(text);
  return Number.isNaN(time) ? null : time;
}

/**
 * One user as a service or a program describes it: what a users file says of
 * one, without a password.
 *
 * @param name what the client sent, should the answer have none
 * @throws {ConfigError} it holds something that has no meaning; the message
 * names the place
 */
export function parseAccount(name: string, value: unknown): UserRecord {
  const violation = schemaViolation(ACCOUNT_SCHEMA, value, ANSWER);
  if (violation !== null) throw refuse(violation, undefined, "account");
  const { name: known = name, ...entry } = value as AccountEntry;
  return parseMembers(known, entry, ANSWER, null);
}

function parseUser(
  name: string,
  entry: UserEntry,
  schemes: readonly PasswordVerifier[],
): UserRecord {
  const place = memberPlace("users", name);
  const password = parsePassword(name, entry, place, schemes);
  return parseMembers(name, entry, place, password);
}

function parseMembers(
  name: string,
  entry: UserEntry,
  place: string,
  password: KnownHash | null,
): UserRecord {
  const fail = (why: string): never => {
    throw refuse(why, undefined, place === ANSWER ? "account" : "users file");
  };
  const folders = Object.entries(entry.folders ?? {}).map(([path, folder]) => {
    const directory = resolvePath("/", path);
    if (directory === "/") {
      fail(
        `${memberPlace(`${place}.folders`, path)}: is all there is; ` +
          `${place}.permissions says what is allowed in it`,
      );
    }
    return {
      directory,
      recursive: folder.recursive ?? true,
      actions: parsePermissions(folder.permissions),
    };
  });
  return {
    name,
    entry,
    password,
    actions: entry.permissions === undefined
      ? null
      : parsePermissions(entry.permissions),
    folders,
    expires: entry.expires === undefined
      ? null
      : parseExpiry(entry.expires) ?? fail(`${place}.expires: no such date`),
    networks: entry.networks?.map((network, at) =>
      parseNetwork(network) ??
        fail(
          `${place}.networks[${at}]: "${network}" is no network such as ` +
            "192.168.0.0/16, with zeros behind the prefix",
        )
    ) ?? null,
  };
}

function parsePassword(
  name: string,
  { password }: UserEntry,
  place: string,
  schemes: readonly PasswordVerifier[],
): KnownHash | null {
  if (password === undefined) {
    return name === ANONYMOUS ? null : fail(`${place}.password: is missing`);
  }
  for (const scheme of schemes) {
    const cost = scheme.cost(password);
    if (cost !== null) {
      return { scheme, text: password, cost: `${scheme.name} ${cost}` };
    }
  }
  // Debian's own; there is no library for it that runs everywhere.
  if (password.startsWith("$y$")) {
    return fail(`${place}.password: yescrypt cannot be checked here`);
  }
  const known = schemes.map((scheme) => scheme.name).join(", ");
  return fail(
    `${place}.password: is no hash that can be checked here (${known})`,
  );
}

function fail(why: string): never {
  throw refuse(why);
}

function refuse(
  why: string,
  cause?: unknown,
  what = "users file",
): ConfigError {
  return new ConfigError(`Cannot use the ${what}: ${why}`, { cause });
}

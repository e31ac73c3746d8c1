import {
  parsePermissions,
  READ_PERMISSIONS,
  WRITE_PERMISSIONS,
} from "../auth/permissions.ts";
import { parseExpiry, type UserEntry } from "../auth/users_file.ts";
import { messageOf } from "../base/errors.ts";
import { parseNetwork } from "../protocol/network.ts";
import {
  namedValue,
  type OptionSpec,
  parseArguments,
  type ParsedArguments,
} from "./argument_parser.ts";
import { UsageError } from "./usage_error.ts";
import { HASH_USAGE, USER_USAGE } from "./user_usage.ts";
import { parseRate, parseSize, parseWhole } from "./values.ts";

type OptionName =
  | "users"
  | "json"
  | "password"
  | "password-file"
  | "scheme"
  | "directory"
  | "home"
  | "write"
  | "permissions"
  | "disabled"
  | "expires"
  | "networks"
  | "max-sessions"
  | "download-rate"
  | "upload-rate"
  | "quota"
  | "max-files"
  | "tls-required"
  | "help";

type Spec = OptionSpec<OptionName>;

const HELP: Spec = { name: "help", short: "h" };
const USERS: readonly Spec[] = [{ name: "users", takesValue: true }, HELP];

const PASSWORD: readonly Spec[] = [
  { name: "password", short: "P", takesValue: true },
  { name: "password-file", takesValue: true },
  { name: "scheme", takesValue: true },
];

/** The options of each `user` command; `user_usage.ts` explains them. */
export const USER_SPECS: Readonly<
  Record<UserRequest["kind"], readonly OptionSpec<OptionName>[]>
> = {
  add: [
    ...USERS,
    ...PASSWORD,
    { name: "directory", short: "d", takesValue: true },
    { name: "home", takesValue: true },
    { name: "write", short: "w" },
    { name: "permissions", takesValue: true },
    { name: "disabled" },
    { name: "expires", takesValue: true },
    { name: "networks", takesValue: true },
    { name: "max-sessions", takesValue: true },
    { name: "download-rate", takesValue: true },
    { name: "upload-rate", takesValue: true },
    { name: "quota", takesValue: true },
    { name: "max-files", takesValue: true },
    { name: "tls-required" },
  ],
  passwd: [...USERS, ...PASSWORD],
  del: USERS,
  list: [...USERS, { name: "json" }],
};

/** The options of `hash`. */
export const HASH_SPECS: readonly OptionSpec<OptionName>[] = [
  ...PASSWORD,
  HELP,
];

/** Where a new password comes from, and what becomes of it. */
export interface NewPassword {
  readonly password: string | null;
  /** `-` is standard input. */
  readonly passwordFile: string | null;
  /** `null`: the best one. */
  readonly scheme: string | null;
}

/** What `anyftpd user` is asked for. */
export type UserRequest =
  | {
    readonly kind: "add";
    readonly file: string;
    readonly name: string;
    readonly password: NewPassword;
    /** Without the password. */
    readonly entry: UserEntry;
  }
  | {
    readonly kind: "passwd";
    readonly file: string;
    readonly name: string;
    readonly password: NewPassword;
  }
  | { readonly kind: "del"; readonly file: string; readonly name: string }
  | { readonly kind: "list"; readonly file: string; readonly json: boolean };

/** Help is wanted. */
export interface HelpRequest {
  readonly kind: "help";
  readonly text: string;
}

/**
 * Reads the words after `user`.
 *
 * @throws {UsageError} for anything that cannot be understood
 */
export function parseUserCommand(
  args: readonly string[],
): UserRequest | HelpRequest {
  const [verb, ...rest] = args;
  if (verb === undefined || verb === "-h" || verb === "--help") {
    if (verb !== undefined) return { kind: "help", text: USER_USAGE };
    throw new UsageError("user: expected add, passwd, del or list");
  }
  if (!isVerb(verb)) {
    throw new UsageError(
      `user: unknown command: '${verb}' (expected add, passwd, del or list)`,
    );
  }
  const parsed = parseArguments(rest, USER_SPECS[verb]);
  if (parsed.switches.has("help")) return { kind: "help", text: USER_USAGE };
  const words = [...parsed.positionals];
  const name = verb === "list" ? "" : words.shift();
  if (name === undefined) {
    throw new UsageError(`user ${verb}: expected the name of a user`);
  }
  const [unexpected] = words;
  if (unexpected !== undefined) {
    throw new UsageError(`unexpected argument: '${unexpected}'`);
  }
  const file = parsed.values.get("users") ?? "";
  if (file === "") throw new UsageError(`user ${verb}: --users is required`);
  switch (verb) {
    case "add":
      return {
        kind: verb,
        file,
        name: checkName(name),
        password: readPassword(parsed),
        entry: readEntry(parsed),
      };
    case "passwd":
      return { kind: verb, file, name, password: readPassword(parsed) };
    case "del":
      return { kind: verb, file, name };
    case "list":
      return { kind: verb, file, json: parsed.switches.has("json") };
  }
}

/**
 * Reads the words after `hash`.
 *
 * @throws {UsageError} for anything that cannot be understood
 */
export function parseHashCommand(
  args: readonly string[],
): { readonly kind: "hash"; readonly password: NewPassword } | HelpRequest {
  const parsed = parseArguments(args, HASH_SPECS);
  if (parsed.switches.has("help")) return { kind: "help", text: HASH_USAGE };
  const [unexpected] = parsed.positionals;
  if (unexpected !== undefined) {
    throw new UsageError(
      "hash: a password is no argument: other users of this machine could " +
        "see it",
    );
  }
  return { kind: "hash", password: readPassword(parsed) };
}

function isVerb(text: string): text is UserRequest["kind"] {
  return Object.hasOwn(USER_SPECS, text);
}

function readPassword(parsed: ParsedArguments<OptionName>): NewPassword {
  const text = (name: OptionName): string | null =>
    parsed.values.get(name) ?? null;
  const password = text("password");
  const passwordFile = text("password-file");
  if (password !== null && passwordFile !== null) {
    throw new UsageError(
      "argument --password-file: not allowed with -P/--password",
    );
  }
  return { password, passwordFile, scheme: text("scheme") };
}

function readEntry(parsed: ParsedArguments<OptionName>): UserEntry {
  const { switches } = parsed;
  const read = <T>(
    name: OptionName,
    parse: (value: string) => T,
  ): T | undefined => {
    const value = parsed.values.get(name);
    const spec = USER_SPECS.add.find((spec) => spec.name === name);
    return value === undefined
      ? undefined
      : namedValue(spec ?? { name }, value, parse);
  };
  if (switches.has("write") && parsed.values.has("permissions")) {
    throw new UsageError("argument --permissions: not allowed with -w/--write");
  }
  const limits = present({
    downloadRate: read("download-rate", parseRate),
    uploadRate: read("upload-rate", parseRate),
    sessions: read("max-sessions", (value) => parseWhole(value, 0)),
  });
  const quota = present({
    bytes: read("quota", parseSize),
    files: read("max-files", (value) => parseWhole(value, 0)),
  });
  return present({
    directory: read("directory", parseNotEmpty),
    home: read("home", parseHome),
    permissions: switches.has("write")
      ? READ_PERMISSIONS + WRITE_PERMISSIONS
      : read("permissions", parseLetters),
    enabled: switches.has("disabled") ? false : undefined,
    expires: read("expires", parseDate),
    networks: read("networks", parseNetworks),
    limits: Object.keys(limits).length > 0 ? limits : undefined,
    quota: Object.keys(quota).length > 0 ? quota : undefined,
    tls: switches.has("tls-required")
      ? { control: "required", data: "required" } as const
      : undefined,
  });
}

/** Without what is not there. */
function present<T extends object>(
  members: T,
): { [Name in keyof T]?: Exclude<T[Name], undefined> } {
  return Object.fromEntries(
    Object.entries(members).filter(([, value]) => value !== undefined),
  ) as { [Name in keyof T]?: Exclude<T[Name], undefined> };
}

function checkName(name: string): string {
  // deno-lint-ignore no-control-regex
  if (name !== "" && !/[\0-\x1f\x7f-\x9f]/.test(name)) return name;
  throw new UsageError(
    "the name of a user must not be empty or hold control characters",
  );
}

function parseNotEmpty(value: string): string {
  if (value !== "") return value;
  throw new UsageError("must not be empty");
}

function parseHome(value: string): string {
  if (value.startsWith("/")) return value;
  throw new UsageError(`invalid value: '${value}' (expected a path from / on)`);
}

function parseLetters(value: string): string {
  try {
    parsePermissions(value);
  } catch (error) {
    throw new UsageError(messageOf(error));
  }
  return value;
}

function parseDate(value: string): string {
  if (/^\d{4}-\d\d-\d\d$/.test(value) && parseExpiry(value) !== null) {
    return value;
  }
  throw new UsageError(
    `invalid value: '${value}' (expected a date such as 2030-12-31)`,
  );
}

function parseNetworks(value: string): readonly string[] {
  const networks = value.split(",").map((network) => network.trim());
  const wrong = networks.find((network) => parseNetwork(network) === null);
  if (wrong === undefined) return networks;
  throw new UsageError(
    `invalid value: '${wrong}' (expected a network such as 192.168.0.0/16, ` +
      "with zeros behind the prefix)",
  );
}

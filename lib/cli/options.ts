import {
  namedValue,
  type OptionSpec,
  parseArguments,
  type ParsedArguments,
} from "./argument_parser.ts";
import { parseInterface, parseNatAddress } from "./addresses.ts";
import { type Concurrency, parseConcurrency } from "./concurrency.ts";
import {
  chooseTls,
  type CliTlsOptions,
  type ReadOption,
} from "./tls_choice.ts";
import {
  checkExternal,
  chooseExternal,
  type ExternalUsers,
} from "./external_options.ts";
import {
  readSystemUsers,
  type SystemUserOptionName,
  type SystemUserOptions,
} from "./system_user_options.ts";
import { CHECK_USAGE } from "./check_usage.ts";
import type { Config } from "./config.ts";
import type { ConfigSource } from "./config_load.ts";
import { USAGE } from "./usage.ts";
import { UsageError } from "./usage_error.ts";
import {
  type HelpRequest,
  type NewPassword,
  parseHashCommand,
  parseUserCommand,
  type UserRequest,
} from "./user_options.ts";
import type { LogLevel } from "../spi/log.ts";
import {
  parsePortRange,
  parseRate,
  parseSeconds,
  parseWhole,
} from "./values.ts";

/** The long names. */
export type OptionName =
  | "interface"
  | "port"
  | "write"
  | "directory"
  | "nat-address"
  | "range"
  | "debug"
  | "username"
  | "password"
  | "password-file"
  | "users"
  | "auth-url"
  | "auth-program"
  | SystemUserOptionName
  | "config"
  | "set"
  | "timeout"
  | "banner"
  | "permit-foreign-addresses"
  | "permit-privileged-ports"
  | "encoding"
  | "use-localtime"
  | "max-cons"
  | "max-cons-per-ip"
  | "max-login-attempts"
  | "download-rate"
  | "upload-rate"
  | "lenient-line-endings"
  | "tls"
  | "certfile"
  | "keyfile"
  | "tls-control-required"
  | "tls-data-required"
  | "implicit-tls"
  | "tls-min"
  | "atomic-uploads"
  | "no-overwrite"
  | "fsync"
  | "disable-sendfile"
  | "disable-openssl"
  | "concurrency"
  | "workers"
  | "json"
  | "no-live"
  | "quiet"
  | "grace"
  | "version"
  | "help";

/** Every option of the command; `usage.ts` explains each. */
export const OPTION_SPECS: readonly OptionSpec<OptionName>[] = [
  { name: "interface", short: "i", takesValue: true },
  { name: "port", short: "p", takesValue: true },
  { name: "write", short: "w" },
  { name: "directory", short: "d", takesValue: true },
  { name: "nat-address", short: "n", takesValue: true },
  { name: "range", short: "r", takesValue: true },
  { name: "debug", short: "D" },
  { name: "username", short: "u", takesValue: true },
  { name: "password", short: "P", takesValue: true },
  { name: "password-file", takesValue: true },
  { name: "users", takesValue: true },
  { name: "auth-url", takesValue: true },
  { name: "auth-program", takesValue: true },
  { name: "system-users" },
  { name: "allow-users", takesValue: true },
  { name: "reject-users", takesValue: true },
  { name: "anonymous-user", takesValue: true },
  { name: "no-jail" },
  { name: "config", takesValue: true },
  { name: "set", takesValue: true },
  { name: "timeout", takesValue: true },
  { name: "banner", takesValue: true },
  { name: "permit-foreign-addresses" },
  { name: "permit-privileged-ports" },
  { name: "encoding", takesValue: true },
  { name: "use-localtime" },
  { name: "max-cons", takesValue: true },
  { name: "max-cons-per-ip", takesValue: true },
  { name: "max-login-attempts", takesValue: true },
  { name: "download-rate", takesValue: true },
  { name: "upload-rate", takesValue: true },
  { name: "lenient-line-endings" },
  { name: "tls" },
  { name: "certfile", takesValue: true },
  { name: "keyfile", takesValue: true },
  { name: "tls-control-required" },
  { name: "tls-data-required" },
  { name: "implicit-tls", takesValue: true },
  { name: "tls-min", takesValue: true },
  { name: "atomic-uploads" },
  { name: "no-overwrite" },
  { name: "fsync" },
  { name: "disable-sendfile" },
  { name: "disable-openssl" },
  { name: "concurrency", takesValue: true },
  { name: "workers", takesValue: true },
  { name: "json" },
  { name: "no-live" },
  { name: "quiet", short: "q" },
  { name: "grace", takesValue: true },
  { name: "version", short: "v" },
  { name: "help", short: "h" },
];

/** A command line with its values checked and its defaults filled in. */
export interface CliOptions {
  /** `null`: every interface. */
  readonly interface: string | null;
  readonly port: number;
  readonly write: boolean;
  /** `null`: the current folder. */
  readonly directory: string | null;
  readonly natAddress: string | null;
  readonly range: { readonly from: number; readonly to: number } | null;
  /** `null`: anonymous. */
  readonly username: string | null;
  readonly password: string | null;
  readonly passwordFile: string | null;
  /** A file with users; `null`: `username` or anonymous. */
  readonly users: string | null;
  /** Who decides about logins instead; `null`: nobody. */
  readonly external: ExternalUsers | null;
  /** The users of the system; `null`: one of the others. */
  readonly systemUsers: SystemUserOptions | null;
  readonly timeoutMs: number;
  /** `null`: the server's own. */
  readonly banner: string | null;
  readonly permitForeignAddresses: boolean;
  readonly permitPrivilegedPorts: boolean;
  readonly encoding: string;
  readonly useLocaltime: boolean;
  readonly maxCons: number;
  readonly maxConsPerIp: number;
  readonly maxLoginAttempts: number;
  readonly downloadRate: number;
  readonly uploadRate: number;
  readonly lenientLineEndings: boolean;
  /** `null`: none. */
  readonly tls: CliTlsOptions | null;
  readonly atomicUploads: boolean;
  readonly noOverwrite: boolean;
  /** Whether the disk has an upload before it is confirmed. */
  readonly fsync: boolean;
  readonly sendfile: boolean;
  /** Whether OpenSSL does TLS, where it can be called. */
  readonly useOpenssl: boolean;
  readonly concurrency: Concurrency;
  /** Processes, where there are several; `null`: one for each core. */
  readonly workers: number | null;
  readonly json: boolean;
  /** Whether a terminal shows who is connected, below the log. */
  readonly live: boolean;
  readonly logLevel: LogLevel;
  readonly graceMs: number;
  /**
   * What a file and the environment say besides, without what the command line
   * says better; left out when there is nothing.
   */
  readonly config?: Config;
}

/** What a command line asks for. */
export type CliRequest =
  | HelpRequest
  | { readonly kind: "version" }
  | { readonly kind: "user"; readonly request: UserRequest }
  | { readonly kind: "hash"; readonly password: NewPassword }
  | { readonly kind: "check"; readonly file: string }
  | ServeRequest;

/** A server is asked for. */
export interface ServeRequest {
  readonly kind: "serve";
  /** What the command line says, and the defaults. */
  readonly options: CliOptions;
  /** What else may say something. */
  readonly source: ConfigSource;
  /** The options that the command line has. */
  readonly given: ReadonlySet<OptionName>;
}

/**
 * Reads the words after the command's name.
 *
 * @throws {UsageError} for anything that cannot be understood
 */
export function parseCommandLineOptions(args: readonly string[]): CliRequest {
  const [command, ...rest] = args;
  if (command === "hash") return parseHashCommand(rest);
  if (command === "user") {
    const request = parseUserCommand(rest);
    return request.kind === "help" ? request : { kind: "user", request };
  }
  if (command === "check") return parseCheckCommand(rest);
  const parsed = parseArguments(args, OPTION_SPECS);
  if (parsed.switches.has("help")) return { kind: "help", text: USAGE };
  if (parsed.switches.has("version")) return { kind: "version" };
  const options = readOptions(parsed);
  checkCombination(options, parsed.switches);
  const source = {
    file: parsed.values.get("config") ?? null,
    sets: parsed.lists.get("set") ?? [],
  };
  if (source.file === "") {
    throw new UsageError("argument --config: must not be empty");
  }
  const given = new Set([...parsed.values.keys(), ...parsed.switches]);
  if (parsed.positionals.length > 0) given.add("directory");
  return { kind: "serve", options, source, given };
}

function parseCheckCommand(args: readonly string[]): CliRequest {
  const { switches, positionals } = parseArguments(args, [
    { name: "help", short: "h" },
  ]);
  if (switches.has("help")) return { kind: "help", text: CHECK_USAGE };
  const [file, second] = positionals;
  if (second !== undefined) {
    throw new UsageError(`check: unexpected argument: '${second}'`);
  }
  if (file === undefined || file === "") {
    throw new UsageError("check: FILE is missing");
  }
  return { kind: "check", file };
}

function readOptions(parsed: ParsedArguments<OptionName>): CliOptions {
  const { values, switches } = parsed;
  const text = (name: OptionName): string | null => values.get(name) ?? null;
  const read: ReadOption<OptionName> = (name, fallback, parse) => {
    const value = values.get(name);
    const spec = OPTION_SPECS.find((candidate) => candidate.name === name);
    return value === undefined
      ? fallback
      : namedValue(spec ?? { name }, value, parse);
  };
  const count = (name: OptionName, least: number, fallback: number): number =>
    read(name, fallback, (value) => parseWhole(value, least));
  return {
    interface: read("interface", null, parseInterface),
    port: read("port", 2121, (value) => parseWhole(value, 0, 65535)),
    write: switches.has("write"),
    directory: chooseDirectory(parsed),
    natAddress: read("nat-address", null, parseNatAddress),
    range: read("range", null, parsePortRange),
    username: text("username"),
    password: text("password"),
    passwordFile: text("password-file"),
    users: text("users"),
    external: chooseExternal(text),
    systemUsers: readSystemUsers(parsed),
    timeoutMs: read("timeout", 300_000, parseSeconds),
    banner: text("banner"),
    permitForeignAddresses: switches.has("permit-foreign-addresses"),
    permitPrivilegedPorts: switches.has("permit-privileged-ports"),
    encoding: text("encoding") ?? "utf-8",
    useLocaltime: switches.has("use-localtime"),
    maxCons: count("max-cons", 0, 512),
    maxConsPerIp: count("max-cons-per-ip", 0, 0),
    maxLoginAttempts: count("max-login-attempts", 1, 3),
    downloadRate: read("download-rate", 0, parseRate),
    uploadRate: read("upload-rate", 0, parseRate),
    lenientLineEndings: switches.has("lenient-line-endings"),
    tls: chooseTls(parsed, read),
    atomicUploads: switches.has("atomic-uploads"),
    noOverwrite: switches.has("no-overwrite"),
    fsync: switches.has("fsync"),
    sendfile: !switches.has("disable-sendfile"),
    useOpenssl: !switches.has("disable-openssl"),
    concurrency: read("concurrency", "async", parseConcurrency),
    workers: read("workers", null, (value) => parseWhole(value, 1)),
    json: switches.has("json"),
    live: !switches.has("no-live"),
    logLevel: switches.has("debug")
      ? "debug"
      : switches.has("quiet")
      ? "warn"
      : "info",
    graceMs: read("grace", 10_000, parseSeconds),
  };
}

function chooseDirectory(parsed: ParsedArguments<OptionName>): string | null {
  const named = parsed.values.get("directory");
  const [first, second] = parsed.positionals;
  if (second !== undefined) {
    throw new UsageError(`unexpected argument: '${second}'`);
  }
  if (named !== undefined && first !== undefined) {
    throw new UsageError(
      `argument -d/--directory: not allowed with DIRECTORY '${first}'`,
    );
  }
  const directory = named ?? first ?? null;
  if (directory === "") {
    throw new UsageError("argument -d/--directory: must not be empty");
  }
  return directory;
}

function checkCombination(
  options: CliOptions,
  switches: ReadonlySet<OptionName>,
): void {
  if (switches.has("debug") && switches.has("quiet")) {
    throw new UsageError("argument -q/--quiet: not allowed with -D/--debug");
  }
  if (options.workers !== null && options.concurrency === "async") {
    throw new UsageError(
      "argument --workers: only with a --concurrency other than async",
    );
  }
  if (options.password !== null && options.passwordFile !== null) {
    throw new UsageError(
      "argument --password-file: not allowed with -P/--password",
    );
  }
  if (options.users === "") {
    throw new UsageError("argument --users: must not be empty");
  }
  checkExternal(options);
  if (options.users !== null && options.username !== null) {
    throw new UsageError("argument --users: not allowed with -u/--username");
  }
  if (options.username === null) {
    if (options.password !== null || options.passwordFile !== null) {
      throw new UsageError(
        "if a password is supplied, a username (-u) is required",
      );
    }
    return;
  }
  if (options.username === "") {
    throw new UsageError("argument -u/--username: must not be empty");
  }
  // The authorizer lets this name in with any password.
  if (options.username === "anonymous") {
    throw new UsageError(
      "argument -u/--username: 'anonymous' takes any password; " +
        "leave -u out for anonymous access",
    );
  }
}

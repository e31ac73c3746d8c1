import type { Config, ConfigTls } from "./config.ts";
import type { CliOptions, OptionName } from "./options.ts";
import type { SystemUserOptions } from "./system_user_options.ts";
import type { CliTlsOptions } from "./tls_choice.ts";
import { UsageError } from "./usage_error.ts";

/** Who gets in: one of these says it all. */
const USERS: readonly (keyof Config)[] = [
  "username",
  "passwordFile",
  "users",
  "systemUsers",
  "authUrl",
  "authProgram",
];

/**
 * What an option of the command line makes meaningless in a file. Options of
 * TLS replace single settings; see `tlsOf`.
 */
const REPLACED: Readonly<Record<OptionName, readonly (keyof Config)[]>> = {
  interface: ["listen"],
  port: ["listen"],
  write: ["write"],
  directory: ["directory"],
  "nat-address": ["masqueradeAddress"],
  range: ["passivePorts"],
  debug: ["logLevel"],
  quiet: ["logLevel"],
  username: USERS,
  password: ["passwordFile"],
  "password-file": ["passwordFile"],
  users: USERS,
  "auth-url": USERS,
  "auth-program": USERS,
  "system-users": [...USERS, "directory", "mounts"],
  "allow-users": [],
  "reject-users": [],
  "anonymous-user": [],
  "no-jail": [],
  timeout: ["idleTimeoutMs", "dataTimeoutMs"],
  banner: ["banner"],
  "permit-foreign-addresses": ["permitForeignAddresses"],
  "permit-privileged-ports": ["permitPrivilegedPorts"],
  encoding: ["encoding"],
  "use-localtime": ["localTime"],
  "max-cons": ["maxConnections"],
  "max-cons-per-ip": ["maxConnectionsPerAddress"],
  "max-login-attempts": ["maxLoginAttempts"],
  "download-rate": ["downloadRate"],
  "upload-rate": ["uploadRate"],
  "lenient-line-endings": ["lineEnding"],
  "atomic-uploads": ["atomicUploads"],
  "no-overwrite": ["noOverwrite"],
  fsync: ["fsync"],
  "disable-sendfile": ["sendfile"],
  "disable-openssl": ["useOpenssl"],
  concurrency: ["concurrency", "workers"],
  workers: ["workers"],
  grace: ["graceMs"],
  json: [],
  "no-live": [],
  tls: [],
  certfile: [],
  keyfile: [],
  "tls-control-required": [],
  "tls-data-required": [],
  "implicit-tls": [],
  "tls-min": [],
  config: [],
  set: [],
  version: [],
  help: [],
};

/**
 * The options with what a file and the environment say, where the command line
 * says nothing.
 *
 * @param given the options that the command line has
 * @throws {UsageError} when the two do not go together
 */
export function withConfig(
  options: CliOptions,
  given: ReadonlySet<OptionName>,
  loaded: Config,
): CliOptions {
  const config = withoutReplaced(loaded, given);
  const systemUsers = systemUsersOf(config);
  if (systemUsers !== null && given.has("directory")) {
    throw new UsageError(
      "argument -d/--directory: not allowed with systemUsers",
    );
  }
  const tls = tlsOf(options.tls, given, config.tls);
  const { passivePorts, log, logLevel = options.logLevel } = config;
  return {
    ...options,
    write: config.write ?? options.write,
    directory: config.directory ?? options.directory,
    natAddress: config.masqueradeAddress ?? options.natAddress,
    range: passivePorts !== undefined && "from" in passivePorts
      ? passivePorts
      : options.range,
    username: config.username ?? options.username,
    passwordFile: config.passwordFile ?? options.passwordFile,
    users: config.users ?? options.users,
    systemUsers: systemUsers ?? options.systemUsers,
    external: options.external ?? externalOf(config),
    banner: config.banner ?? options.banner,
    encoding: config.encoding ?? options.encoding,
    maxCons: config.maxConnections ?? options.maxCons,
    maxConsPerIp: config.maxConnectionsPerAddress ?? options.maxConsPerIp,
    maxLoginAttempts: config.maxLoginAttempts ?? options.maxLoginAttempts,
    tls: tls === undefined ? null : {
      certfile: tls.cert ?? null,
      keyfile: tls.key ?? null,
      controlRequired: tls.control === "required",
      dataRequired: tls.data === "required",
      implicitPort: options.tls?.implicitPort ?? null,
      minVersion: tls.minVersion ?? "1.2",
    },
    atomicUploads: config.atomicUploads ?? options.atomicUploads,
    noOverwrite: config.noOverwrite ?? options.noOverwrite,
    fsync: config.fsync ?? options.fsync,
    useOpenssl: config.useOpenssl ?? options.useOpenssl,
    concurrency: config.concurrency ?? options.concurrency,
    workers: config.workers ?? options.workers,
    json: options.json || log?.format === "json",
    logLevel,
    graceMs: config.graceMs ?? options.graceMs,
    config: tls === undefined ? config : { ...config, tls },
  };
}

function externalOf(
  { authUrl, authProgram }: Config,
): CliOptions["external"] {
  if (authUrl !== undefined) return { kind: "http", url: authUrl };
  return authProgram === undefined
    ? null
    : { kind: "program", path: authProgram };
}

function systemUsersOf({ systemUsers }: Config): SystemUserOptions | null {
  if (systemUsers === undefined) return null;
  const { allowed, rejected, anonymous, jail = true } = systemUsers;
  return {
    allowed: allowed ?? null,
    rejected: rejected ?? null,
    anonymous: anonymous ?? null,
    jail,
  };
}

function withoutReplaced(
  config: Config,
  given: ReadonlySet<OptionName>,
): Config {
  const replaced = new Set([...given].flatMap((name) => REPLACED[name]));
  return Object.fromEntries(
    Object.entries(config).filter(([key]) =>
      !replaced.has(key as keyof Config)
    ),
  );
}

function tlsOf(
  flags: CliTlsOptions | null,
  given: ReadonlySet<OptionName>,
  config: ConfigTls | undefined,
): ConfigTls | undefined {
  if (flags === null) return config;
  const { certfile, keyfile, minVersion } = flags;
  // A key belongs to its certificate.
  const { cert: _cert, key: _key, passphraseFile: _pass, ...rest } = config ??
    {};
  return {
    ...(certfile === null ? config : rest),
    ...(certfile === null ? {} : { cert: certfile }),
    ...(keyfile === null ? {} : { key: keyfile }),
    ...(flags.controlRequired ? { control: "required" } : {}),
    ...(flags.dataRequired ? { data: "required" } : {}),
    ...(given.has("tls-min") ? { minVersion } : {}),
  };
}

import type { ServerOptions } from "../server/options.ts";
import type { TlsOptions } from "../server/tls_options.ts";
import type { TlsConfig } from "../spi/transport.ts";
import type { Concurrency } from "./concurrency.ts";
import type { SystemUserOptions } from "./system_user_options.ts";

/** Options of the server that only a program can bring. */
export type ProgramOption =
  | "admission"
  | "authorizer"
  | "banner"
  | "commands"
  | "hooks"
  | "log"
  | "masqueradeAddress"
  | "progressIntervalMs"
  | "tls";

/** Options of the server that stand in a file under their own names. */
export type ServerKey = Exclude<keyof ServerOptions, ProgramOption>;

/**
 * Every option that a file can carry; the compiler finds the one that is
 * missing here, and a test the one that is missing in the schema.
 */
export const SERVER_KEYS: Readonly<Record<ServerKey, true>> = {
  idleTimeoutMs: true,
  dataTimeoutMs: true,
  passiveTimeoutMs: true,
  activeTimeoutMs: true,
  failedLoginDelayMs: true,
  maxLoginAttempts: true,
  maxConnections: true,
  maxConnectionsPerAddress: true,
  maxLineBytes: true,
  maxBytesBeforeLogin: true,
  maxQueuedCommands: true,
  permitForeignAddresses: true,
  permitPrivilegedPorts: true,
  passivePorts: true,
  masqueradeAddressMap: true,
  masqueradeNetworks: true,
  localTime: true,
  encoding: true,
  unicodeErrors: true,
  lineEnding: true,
  noDelay: true,
  backlog: true,
  downloadRate: true,
  uploadRate: true,
  sendfile: true,
  logLevel: true,
  loggedCommands: true,
};

/** Where the server listens. */
export interface ConfigListener {
  readonly address?: string;
  readonly port?: number;
  readonly path?: string;
  readonly descriptor?: number;
  readonly implicitTls?: boolean;
}

/** A folder that appears in the one that is shared. */
export interface ConfigMount {
  readonly directory: string;
  readonly write?: boolean;
}

/** Which users of the system get in. */
export type ConfigSystemUsers = {
  readonly [Member in keyof SystemUserOptions]?: NonNullable<
    SystemUserOptions[Member]
  >;
};

/** TLS: files, and what is asked of clients. */
export interface ConfigTls
  extends
    Omit<TlsOptions, "config">,
    Omit<TlsConfig, "serverName" | "cert" | "passphrase" | "key" | "ca"> {
  readonly cert?: string;
  readonly key?: string;
  readonly passphraseFile?: string;
  readonly ca?: string;
}

/** Where the log goes, and how it looks. */
export interface ConfigLog {
  readonly format?: "text" | "json";
  readonly file?: string;
  readonly xferlog?: string;
}

/** What a configuration file may hold; `config_schema.ts` says what it means. */
export interface Config extends Pick<ServerOptions, ServerKey> {
  readonly $schema?: string;
  readonly listen?: readonly ConfigListener[];
  readonly directory?: string;
  readonly write?: boolean;
  readonly mounts?: Readonly<Record<string, ConfigMount>>;
  readonly users?: string;
  readonly systemUsers?: ConfigSystemUsers;
  readonly authUrl?: string;
  readonly authProgram?: string;
  readonly username?: string;
  readonly passwordFile?: string;
  readonly atomicUploads?: boolean;
  readonly noOverwrite?: boolean;
  readonly fsync?: boolean;
  readonly banner?: string;
  readonly masqueradeAddress?: string;
  readonly disabledCommands?: readonly string[];
  readonly tls?: ConfigTls;
  readonly useOpenssl?: boolean;
  readonly log?: ConfigLog;
  readonly concurrency?: Concurrency;
  readonly workers?: number;
  readonly graceMs?: number;
}

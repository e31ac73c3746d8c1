import { ConfigError } from "../base/errors.ts";
import { defaultCommands } from "../commands/default_commands.ts";
import { textCodec, type UnicodeErrors } from "../protocol/text_codec.ts";
import type { CommandSpec } from "../session/command.ts";
import type { Hooks } from "../session/events.ts";
import type { Masquerade, Settings } from "../session/settings.ts";
import type { SessionView } from "../session/view.ts";
import type { Authorizer } from "../spi/authorizer.ts";
import type { LogLevel, LogSink } from "../spi/log.ts";
import type { Transport } from "../spi/transport.ts";
import { expandPorts } from "../transfer/port_pool.ts";
import type { Admission } from "./admission.ts";
import {
  callable,
  milliseconds,
  oneOf,
  shownAddress,
  shownAddresses,
  shownByNetwork,
  whole,
} from "./option_checks.ts";
import {
  type ReloadableTls,
  resolveTls,
  type TlsOptions,
} from "./tls_options.ts";

/** What a server can be told. Everything but `authorizer` has a default. */
export interface ServerOptions {
  /** Who may log in, and what each user sees. */
  readonly authorizer: Authorizer;
  /**
   * The greeting after 220; a function is asked for each session.
   * @default {"anyftpd ready."}
   */
  readonly banner?: string | ((session: SessionView) => string);
  /**
   * Milliseconds without a command before the session ends; 0 never. The
   * clock stands still while a data connection is open.
   * @default {300_000}
   */
  readonly idleTimeoutMs?: number;
  /**
   * Milliseconds in which a data connection must move at least one byte; 0
   * never ends it.
   * @default {300_000}
   */
  readonly dataTimeoutMs?: number;
  /**
   * Milliseconds to wait for the client on a passive port; 0 waits for ever.
   * @default {30_000}
   */
  readonly passiveTimeoutMs?: number;
  /**
   * Milliseconds to wait for the client's port in active mode; 0 leaves it to
   * the system.
   * @default {30_000}
   */
  readonly activeTimeoutMs?: number;
  /**
   * Milliseconds before a refused login is answered.
   * @default {3_000}
   */
  readonly failedLoginDelayMs?: number;
  /**
   * Refused logins after which a session is ended.
   * @default {3}
   */
  readonly maxLoginAttempts?: number;
  /**
   * Control connections, passive ports and data connections together; 0 is no
   * limit.
   * @default {512}
   */
  readonly maxConnections?: number;
  /**
   * Control connections of one client address; 0 is no limit.
   * @default {0}
   */
  readonly maxConnectionsPerAddress?: number;
  /**
   * Bytes of one command line without its line end.
   * @default {2_048}
   */
  readonly maxLineBytes?: number;
  /**
   * Bytes that a client may send before it is logged in; 0 is no limit.
   * @default {65_536}
   */
  readonly maxBytesBeforeLogin?: number;
  /**
   * Commands that may wait for the end of a transfer.
   * @default {64}
   */
  readonly maxQueuedCommands?: number;
  /**
   * Whether data connections may lead to another address than the client's
   * (site-to-site transfers). It opens the door to bounce attacks (RFC 2577).
   * @default {false}
   */
  readonly permitForeignAddresses?: boolean;
  /**
   * Whether PORT and EPRT may name ports below 1024.
   * @default {false}
   */
  readonly permitPrivilegedPorts?: boolean;
  /** Ports for passive mode; the system chooses when it is left out. */
  readonly passivePorts?:
    | readonly number[]
    | { readonly from: number; readonly to: number };
  /**
   * The IPv4 address that 227 shows, for servers behind NAT. A function is
   * asked for each PASV: by where the client comes from, say, or for an address
   * that changes. When it throws, or answers something else, PASV is refused
   * with 425 and the log tells.
   */
  readonly masqueradeAddress?: string | Masquerade;
  /** Local address to the one that 227 shows; wins over the former. */
  readonly masqueradeAddressMap?: Readonly<Record<string, string>>;
  /**
   * The network that a client comes from to the IPv4 address that 227 shows
   * it, or to `local`, the one that it reached. A network is written
   * `192.168.0.0/16`; `private` means all that are not the Internet. The
   * smallest one decides; it wins over the other two.
   */
  readonly masqueradeNetworks?: Readonly<Record<string, string>>;
  /**
   * Whether times are shown in the server's zone instead of UTC.
   * @default {false}
   */
  readonly localTime?: boolean;
  /**
   * Of command lines, replies and listings: `utf-8`, `latin-1`, `gbk`, …
   * @default {"utf-8"}
   */
  readonly encoding?: string;
  /**
   * What becomes of bytes that are not valid text: kept as they are, replaced
   * by U+FFFD, or the command refused.
   * @default {"preserve"}
   */
  readonly unicodeErrors?: UnicodeErrors;
  /**
   * What ends a command: CRLF only, or LF and CR CR LF too.
   * @default {"crlf"}
   */
  readonly lineEnding?: "crlf" | "any";
  /**
   * TCP_NODELAY on control connections.
   * @default {true}
   */
  readonly noDelay?: boolean;
  /**
   * Control connections that wait to be accepted.
   * @default {100}
   */
  readonly backlog?: number;
  /**
   * Bytes per second of each download; 0 is no limit.
   * @default {0}
   */
  readonly downloadRate?: number;
  /**
   * Bytes per second of each upload; 0 is no limit.
   * @default {0}
   */
  readonly uploadRate?: number;
  /**
   * Whether clear binary downloads go from the file to the network inside the
   * system (`sendfile(2)`, `splice(2)`) where the platform can.
   * @default {true}
   */
  readonly sendfile?: boolean;
  /** Left out: no TLS. */
  readonly tls?: TlsOptions;
  /**
   * Commands to add or replace, by name (`SITE X` for a sub-command); `null`
   * removes one. FEAT and HELP follow.
   */
  readonly commands?: Readonly<Record<string, CommandSpec | null>>;
  /** Left out: the limits are this server's alone. */
  readonly admission?: Admission;
  /** What the host does when something happens. */
  readonly hooks?: Hooks;
  /**
   * Milliseconds, at least 1, between two calls of the hook
   * `transferProgress` for one transfer.
   * @default {1000}
   */
  readonly progressIntervalMs?: number;
  /** Left out: nothing is logged. */
  readonly log?: LogSink;
  /**
   * Records below it are not made.
   * @default {"info"}
   */
  readonly logLevel?: LogLevel;
  /** Commands that are logged at `info`; pyftpdlib's list by default. */
  readonly loggedCommands?: readonly string[];
}

const DEFAULT_LOGGED_COMMANDS: readonly string[] = [
  "DELE",
  "RNFR",
  "RNTO",
  "MKD",
  "RMD",
  "CWD",
  "XMKD",
  "XRMD",
  "XCWD",
  "REIN",
  "SITE CHMOD",
  "MFMT",
];

/** What the sessions see, and what only the server does. */
export interface ServerSettings extends Settings {
  readonly admission: Admission | null;
  readonly tls: ReloadableTls | null;
}

/**
 * Checks the options and fills in the defaults.
 *
 * @throws {ConfigError} with the option's name and what is wrong with it
 */
export function resolveOptions(
  options: ServerOptions,
  transport: Transport | null = null,
): ServerSettings {
  const { tls } = options;
  const count = (name: keyof ServerOptions, value: number): number =>
    whole(name, value, 0);
  const banner = options.banner ?? "anyftpd ready.";
  const passivePorts = options.passivePorts ?? null;
  const masqueradeAddress = options.masqueradeAddress ?? null;
  return {
    authorizer: usable(options.authorizer),
    banner: typeof banner === "string"
      ? () => banner
      : callable("banner", banner),
    idleTimeoutMs: milliseconds(
      "idleTimeoutMs",
      options.idleTimeoutMs ?? 300_000,
    ),
    dataTimeoutMs: milliseconds(
      "dataTimeoutMs",
      options.dataTimeoutMs ?? 300_000,
    ),
    passiveTimeoutMs: milliseconds(
      "passiveTimeoutMs",
      options.passiveTimeoutMs ?? 30_000,
    ),
    activeTimeoutMs: milliseconds(
      "activeTimeoutMs",
      options.activeTimeoutMs ?? 30_000,
    ),
    failedLoginDelayMs: milliseconds(
      "failedLoginDelayMs",
      options.failedLoginDelayMs ?? 3_000,
    ),
    maxLoginAttempts: whole(
      "maxLoginAttempts",
      options.maxLoginAttempts ?? 3,
      1,
    ),
    maxConnections: count("maxConnections", options.maxConnections ?? 512),
    maxConnectionsPerAddress: count(
      "maxConnectionsPerAddress",
      options.maxConnectionsPerAddress ?? 0,
    ),
    maxLineBytes: whole("maxLineBytes", options.maxLineBytes ?? 2_048, 16),
    maxBytesBeforeLogin: count(
      "maxBytesBeforeLogin",
      options.maxBytesBeforeLogin ?? 65_536,
    ),
    maxQueuedCommands: whole(
      "maxQueuedCommands",
      options.maxQueuedCommands ?? 64,
      1,
    ),
    permitForeignAddresses: options.permitForeignAddresses ?? false,
    permitPrivilegedPorts: options.permitPrivilegedPorts ?? false,
    passivePorts: passivePorts === null ? null : expandPorts(passivePorts),
    masqueradeAddress: masqueradeAddress === null
      ? null
      : typeof masqueradeAddress === "function"
      ? masqueradeAddress
      : shownAddress("masqueradeAddress", masqueradeAddress),
    masqueradeAddressMap: shownAddresses(
      "masqueradeAddressMap",
      options.masqueradeAddressMap ?? {},
    ),
    masqueradeNetworks: shownByNetwork(
      "masqueradeNetworks",
      options.masqueradeNetworks ?? {},
    ),
    localTime: options.localTime ?? false,
    codec: textCodec(
      options.encoding ?? "utf-8",
      oneOf("unicodeErrors", options.unicodeErrors ?? "preserve", [
        "preserve",
        "replace",
        "strict",
      ]),
    ),
    lineEnding: oneOf("lineEnding", options.lineEnding ?? "crlf", [
      "crlf",
      "any",
    ]),
    noDelay: options.noDelay ?? true,
    backlog: whole("backlog", options.backlog ?? 100, 1),
    downloadRate: count("downloadRate", options.downloadRate ?? 0),
    uploadRate: count("uploadRate", options.uploadRate ?? 0),
    sendfile: options.sendfile ?? true,
    tls: tls === undefined ? null : resolveTls(tls, transport),
    commands: defaultCommands(options.commands ?? {}, {
      tls: tls !== undefined,
    }),
    admission: options.admission ?? null,
    hooks: options.hooks ?? {},
    progressIntervalMs: whole(
      "progressIntervalMs",
      options.progressIntervalMs ?? 1_000,
      1,
    ),
    log: callable("log", options.log ?? (() => {})),
    logLevel: oneOf("logLevel", options.logLevel ?? "info", [
      "debug",
      "info",
      "warn",
      "error",
    ]),
    loggedCommands: new Set(options.loggedCommands ?? DEFAULT_LOGGED_COMMANDS),
  };
}

/** Without one nobody could log in, and only the first client would tell. */
function usable(authorizer: Authorizer): Authorizer {
  if (typeof authorizer?.authenticate === "function") return authorizer;
  throw new ConfigError("Cannot use authorizer: must have authenticate()");
}

import type { AddressRules } from "../protocol/address_rules.ts";
import type { TextCodec } from "../protocol/text_codec.ts";
import type { Authorizer } from "../spi/authorizer.ts";
import type { LogLevel, LogSink } from "../spi/log.ts";
import type { CommandTable } from "./command.ts";
import type { Hooks } from "./events.ts";
import type { TlsSettings } from "./tls_settings.ts";
import type { SessionView } from "./view.ts";

/** The IPv4 address that 227 shows a client; `null` for the real one. */
export type Masquerade = (
  session: SessionView,
) => string | null | Promise<string | null>;

/**
 * Every option with its value, checked: made once by `resolveOptions`, read by
 * everything below. Times are milliseconds, rates bytes per second; 0 switches
 * a limit off.
 */
export interface Settings {
  /** Looks users up. */
  readonly authorizer: Authorizer;
  /** The text of 220. */
  readonly banner: (session: SessionView) => string;
  /** Without commands and transfers. */
  readonly idleTimeoutMs: number;
  /** Without progress of a transfer. */
  readonly dataTimeoutMs: number;
  /** Until the client has connected. */
  readonly passiveTimeoutMs: number;
  /** Until we have connected to the client. */
  readonly activeTimeoutMs: number;
  /** Before 530. */
  readonly failedLoginDelayMs: number;
  /** Failed logins that end a session. */
  readonly maxLoginAttempts: number;
  /** Control and data connections at the same time. */
  readonly maxConnections: number;
  /** Control connections from one address. */
  readonly maxConnectionsPerAddress: number;
  /** Of a command line. */
  readonly maxLineBytes: number;
  /** Of all commands before a login. */
  readonly maxBytesBeforeLogin: number;
  /** Commands that wait for one under way. */
  readonly maxQueuedCommands: number;
  /** Whether data connections may lead to other machines than the client's. */
  readonly permitForeignAddresses: boolean;
  /** Whether clients may name ports below 1024. */
  readonly permitPrivilegedPorts: boolean;
  /** `null`: the system chooses. */
  readonly passivePorts: readonly number[] | null;
  /** The IPv4 address in 227; `null`: the one that the client reached. */
  readonly masqueradeAddress: string | Masquerade | null;
  /** The same by the address that the client reached. */
  readonly masqueradeAddressMap: ReadonlyMap<string, string>;
  /** The same, or `local`, by where the client comes from. */
  readonly masqueradeNetworks: AddressRules<string>;
  /** Whether listings show local times instead of UTC. */
  readonly localTime: boolean;
  /** Text and bytes of names. */
  readonly codec: TextCodec;
  /** What ends a command line. */
  readonly lineEnding: "crlf" | "any";
  /** Whether small writes go out at once. */
  readonly noDelay: boolean;
  /** Connections that wait to be accepted. */
  readonly backlog: number;
  /** Of each session. */
  readonly downloadRate: number;
  /** Of each session. */
  readonly uploadRate: number;
  /** Whether the transport may send files by itself. */
  readonly sendfile: boolean;
  /** `null`: the server has no TLS. */
  readonly tls: TlsSettings | null;
  /** By name, sub-commands of SITE too. */
  readonly commands: CommandTable;
  /** Between two calls of the hook `transferProgress` for a transfer. */
  readonly progressIntervalMs: number;
  /** What the host does when something happens. */
  readonly hooks: Hooks;
  /** Where records go. */
  readonly log: LogSink;
  /** The lowest level that is logged. */
  readonly logLevel: LogLevel;
  /** Names of commands that are logged at level info. */
  readonly loggedCommands: ReadonlySet<string>;
}

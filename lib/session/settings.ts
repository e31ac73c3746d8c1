import type { TextCodec } from "../protocol/text_codec.ts";
import type { Authorizer } from "../spi/authorizer.ts";
import type { LogLevel, LogSink } from "../spi/log.ts";
import type { CommandTable } from "./command.ts";
import type { Hooks } from "./events.ts";
import type { SessionView } from "./view.ts";

/**
 * Every option with its value, checked: made once by `resolveOptions`, read by
 * everything below. Times are milliseconds, rates bytes per second; 0 switches
 * a limit off.
 */
export interface Settings {
  readonly authorizer: Authorizer;
  readonly banner: (session: SessionView) => string;
  readonly idleTimeoutMs: number;
  readonly dataTimeoutMs: number;
  readonly passiveTimeoutMs: number;
  readonly activeTimeoutMs: number;
  readonly failedLoginDelayMs: number;
  readonly maxLoginAttempts: number;
  readonly maxConnections: number;
  readonly maxConnectionsPerAddress: number;
  readonly maxLineBytes: number;
  readonly maxBytesBeforeLogin: number;
  readonly maxQueuedCommands: number;
  readonly permitForeignAddresses: boolean;
  readonly permitPrivilegedPorts: boolean;
  readonly passivePorts: readonly number[] | null;
  readonly masqueradeAddress: string | null;
  readonly masqueradeAddressMap: ReadonlyMap<string, string>;
  readonly localTime: boolean;
  readonly codec: TextCodec;
  readonly lineEnding: "crlf" | "any";
  readonly noDelay: boolean;
  readonly backlog: number;
  readonly downloadRate: number;
  readonly uploadRate: number;
  readonly commands: CommandTable;
  readonly hooks: Hooks;
  readonly log: LogSink;
  readonly logLevel: LogLevel;
  readonly loggedCommands: ReadonlySet<string>;
}

import type { Hooks } from "../session/events.ts";
import type { ServerOptions } from "../server/options.ts";
import type { Authorizer } from "../spi/authorizer.ts";
import type { LogSink } from "../spi/log.ts";
import { type Config, SERVER_KEYS, type ServerKey } from "./config.ts";
import type { CliOptions } from "./options.ts";

/** The command's options in the server's words. */
export function serverOptions(
  options: CliOptions,
  authorizer: Authorizer,
  log: LogSink,
  hooks: Hooks | null = null,
): ServerOptions {
  return {
    authorizer,
    log,
    ...(hooks === null ? {} : { hooks }),
    logLevel: options.logLevel,
    idleTimeoutMs: options.timeoutMs,
    dataTimeoutMs: options.timeoutMs,
    maxConnections: options.maxCons,
    maxConnectionsPerAddress: options.maxConsPerIp,
    maxLoginAttempts: options.maxLoginAttempts,
    downloadRate: options.downloadRate,
    uploadRate: options.uploadRate,
    permitForeignAddresses: options.permitForeignAddresses,
    permitPrivilegedPorts: options.permitPrivilegedPorts,
    encoding: options.encoding,
    sendfile: options.sendfile,
    localTime: options.useLocaltime,
    lineEnding: options.lenientLineEndings ? "any" : "crlf",
    ...(options.banner === null ? {} : { banner: options.banner }),
    ...(options.natAddress === null
      ? {}
      : { masqueradeAddress: options.natAddress }),
    ...(options.range === null ? {} : { passivePorts: options.range }),
    ...ofConfig(options.config ?? {}),
  };
}

/** What a file says under the server's own names. */
function ofConfig(config: Config): Partial<ServerOptions> {
  const keys = Object.keys(SERVER_KEYS) as ServerKey[];
  const { disabledCommands = [] } = config;
  return {
    ...Object.fromEntries(
      keys.filter((key) => config[key] !== undefined)
        .map((key) => [key, config[key]]),
    ),
    ...(disabledCommands.length === 0 ? {} : {
      commands: Object.fromEntries(
        disabledCommands.map((name) => [name.toUpperCase(), null]),
      ),
    }),
  };
}

import type { ServerOptions } from "../server/options.ts";
import type { Authorizer } from "../spi/authorizer.ts";
import type { LogSink } from "../spi/log.ts";
import type { CliOptions } from "./options.ts";

/** The command's options in the server's words. */
export function serverOptions(
  options: CliOptions,
  authorizer: Authorizer,
  log: LogSink,
): ServerOptions {
  return {
    authorizer,
    log,
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
  };
}

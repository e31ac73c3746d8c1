import { TransportError } from "../base/errors.ts";
import { Queue } from "../base/queue.ts";
import { FtpServer } from "../server/server.ts";
import { type SessionSnapshot, snapshotSession } from "../session/snapshot.ts";
import type { Endpoint } from "../spi/transport.ts";
import { announceConfiguration, announceStart } from "./announce.ts";
import type { CliHost, CliServer, StopSignal } from "./host.ts";
import { startLive } from "./live.ts";
import { type Logger, makeLogger } from "./logger.ts";
import type { CliOptions } from "./options.ts";
import { findPassword, passwordVariable } from "./password.ts";
import { reloadOnSignal } from "./reload.ts";
import { openService, type Service } from "./service.ts";
import { stopServer } from "./stop.ts";
import { announceTls, certificateFilesOf } from "./tls.ts";
import type { WorkerOrder } from "./worker.ts";

/**
 * Shares a folder until a signal says stop.
 *
 * @returns the exit code
 * @throws {UsageError | ConfigError} when the options do not hold
 * @throws {TransportError} when it cannot listen
 */
export async function serve(
  options: CliOptions,
  host: CliHost,
): Promise<number> {
  const logger = makeLogger(options, host);
  const directory = options.directory ?? host.cwd;
  const notes = await host.permit?.({
    directory,
    write: options.write,
    interface: options.interface,
    port: options.port,
    passwordFile: options.passwordFile,
    usersFile: options.users,
    certificateFiles: certificateFilesOf(options.tls),
    variable: passwordVariable(options),
  }) ?? [];
  const password = options.username === null
    ? ""
    : await findPassword(options, host);
  const service = await openService(options, password, host, logger);
  const { fileSystem, users, tls } = service;
  const opened = await openServer(service, options, password, host, logger);
  const { server } = opened;
  // Two are enough: the first stops in order, the second at once.
  const signals = new Queue<StopSignal>(2);
  const ignoreSignals = host.onSignal((signal) => void signals.push(signal));
  const ignoreReloads = reloadOnSignal(tls, users, server, host, logger);
  let endLive = (): void => {};
  try {
    announceConfiguration(options, host, logger);
    for (const { level, message } of notes) logger.log(level, message);
    const endpoint = await listen(server, options, options.port, false);
    const implicitPort = options.tls?.implicitPort ?? null;
    const implicit = implicitPort === null
      ? null
      : await listen(server, options, implicitPort, true);
    announceStart({ endpoint, implicit }, fileSystem, options, host, logger);
    announceTls(tls, logger);
    endLive = await startLive(opened.whoIsOn, options, host, logger);
    const signal = await signals.take();
    return await stopServer(server, signal, signals, options, host, logger);
  } finally {
    endLive();
    ignoreSignals();
    ignoreReloads();
  }
}

interface OpenedServer {
  readonly server: CliServer;
  /** Everybody who is connected now; never rejects. */
  whoIsOn(): Promise<readonly SessionSnapshot[]>;
}

/** One that serves here, or in worker processes. */
async function openServer(
  service: Service,
  options: CliOptions,
  password: string,
  host: CliHost,
  logger: Logger,
): Promise<OpenedServer> {
  if (options.concurrency === "async") {
    const server = new FtpServer(host.platform, service.options);
    return {
      server,
      whoIsOn: () => Promise.resolve(server.sessions.map(snapshotSession)),
    };
  }
  const order: WorkerOrder = { options, password, cwd: host.cwd };
  const server = await host.startWorkers({
    workers: options.workers,
    order,
    maxConnections: options.maxCons,
    maxConnectionsPerAddress: options.maxConsPerIp,
    log: logger.sink,
    logLevel: options.logLevel,
  });
  return { server, whoIsOn: () => server.sessions() };
}

/** Without an address: IPv6 and IPv4 together, else IPv4 alone. */
async function listen(
  server: CliServer,
  options: CliOptions,
  port: number,
  implicitTls: boolean,
): Promise<Endpoint> {
  const on = (hostname: string): Promise<Endpoint> =>
    server.listen({ hostname, port }, { implicitTls });
  if (options.interface !== null) return await on(options.interface);
  try {
    return await on("::");
  } catch (error) {
    if (!(error instanceof TransportError) || !lacksIpv6(error)) throw error;
    return await on("0.0.0.0");
  }
}

/** Systems without IPv6 say so with different errors. */
function lacksIpv6(error: TransportError): boolean {
  return error.code !== "address-in-use" && error.code !== "not-permitted";
}

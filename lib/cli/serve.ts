import { Queue } from "../base/queue.ts";
import { announceConfiguration, announceStart } from "./announce.ts";
import { loadConfig, type LoadedConfig } from "./config_load.ts";
import { withConfig } from "./config_overlay.ts";
import type { CliFolder, CliHost, CliNote, StopSignal } from "./host.ts";
import { openListeners, wantedListeners } from "./listeners.ts";
import { startLive } from "./live.ts";
import { makeLogger } from "./logger.ts";
import type { CliOptions, ServeRequest } from "./options.ts";
import { findPassword, passwordVariable } from "./password.ts";
import { reloadOnSignal, type Running } from "./reload.ts";
import { openServer } from "./serving.ts";
import { openService } from "./service.ts";
import { stopServer } from "./stop.ts";
import { superviseBy } from "./supervise.ts";
import { announceTls, certificateFilesOf } from "./tls.ts";

/** What shall be served, from wherever it was said. */
export interface Plan {
  readonly options: CliOptions;
  readonly password: string;
  readonly loaded: LoadedConfig;
}

/**
 * Shares a folder until a signal says stop.
 *
 * @returns the exit code
 * @throws {UsageError | ConfigError} when the options do not hold
 * @throws {TransportError} when it cannot listen
 */
export async function serve(
  request: ServeRequest,
  host: CliHost,
): Promise<number> {
  const loaded = await loadConfig(request.source, host);
  const options = optionsOf(request, loaded);
  const notes = await permit(options, host);
  const plan = await makePlan(request, loaded, host);
  const logger = makeLogger(options, host);
  const service = await openService(
    options,
    plan.password,
    host,
    logger,
    loaded.where,
  );
  const server = await openServer(service, plan, host, logger);
  // Two are enough: the first stops in order, the second at once.
  const signals = new Queue<StopSignal>(2);
  const ignoreSignals = host.onSignal((signal) => void signals.push(signal));
  const running: Running = {
    plan,
    service,
    server,
    listeners: [],
    logger,
    cancelRetry: () => {},
  };
  const supervised = superviseBy(host);
  const ignoreReloads = reloadOnSignal(
    running,
    async () => makePlan(request, await loadConfig(request.source, host), host),
    host,
    supervised,
  );
  let endLive = (): void => {};
  try {
    announceConfiguration(options, host, logger);
    for (const { level, message } of notes) logger.log(level, message);
    await openListeners(
      wantedListeners(options, host.supervisor?.sockets ?? []),
      running.listeners,
      server,
    );
    announceStart(
      running.listeners,
      service.fileSystem,
      options,
      host,
      logger,
    );
    announceTls(service.tls, logger);
    supervised.ready();
    endLive = await startLive(server, options, host, logger);
    const signal = await signals.take();
    supervised.stopping();
    running.cancelRetry();
    const { options: last } = running.plan;
    return await stopServer(server, signal, signals, last, host, logger);
  } finally {
    endLive();
    ignoreSignals();
    ignoreReloads();
    supervised.end();
  }
}

/** What `anyftpd check` and a reload look at, before anything is opened. */
export async function makePlan(
  request: ServeRequest,
  loaded: LoadedConfig,
  host: CliHost,
): Promise<Plan> {
  const options = optionsOf(request, loaded);
  const password = options.username === null
    ? ""
    : await findPassword(options, host);
  return { options, password, loaded };
}

function optionsOf(request: ServeRequest, loaded: LoadedConfig): CliOptions {
  const isSilent = Object.keys(loaded.config).length === 0;
  return isSilent
    ? request.options
    : withConfig(request.options, request.given, loaded.config);
}

async function permit(
  options: CliOptions,
  host: CliHost,
): Promise<readonly CliNote[]> {
  return await host.permit?.({
    directory: options.directory ?? host.cwd,
    write: options.write,
    interface: options.interface,
    port: options.port,
    passwordFile: options.passwordFile,
    usersFile: options.users,
    external: options.external,
    certificateFiles: certificateFilesOf(options),
    variable: passwordVariable(options),
    ...(options.config === undefined ? {} : { others: othersOf(options) }),
  }) ?? [];
}

/** What a file names besides. */
function othersOf({ config = {} }: CliOptions): readonly CliFolder[] {
  const { mounts = {}, log = {} } = config;
  return [
    ...Object.values(mounts).map(({ directory, write = true }) => ({
      path: directory,
      write,
    })),
    ...[log.file, log.xferlog].filter((path) => path !== undefined)
      .map((path) => ({ path, write: true })),
  ];
}

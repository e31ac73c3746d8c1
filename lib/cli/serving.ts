import { FtpServer } from "../server/server.ts";
import { type SessionSnapshot, snapshotSession } from "../session/snapshot.ts";
import type {
  CliHost,
  CliOwnServer,
  CliServer,
  CliWorkers,
  WorkersRequest,
} from "./host.ts";
import type { Logger } from "./logger.ts";
import { platformFor } from "./platform.ts";
import type { Plan } from "./serve.ts";
import type { Service } from "./service.ts";
import type { WorkerOrder } from "./worker.ts";

/** What serves; it can be given another plan. */
export interface Serving extends CliServer {
  /**
   * Sessions that begin from now on are served as the plan says.
   *
   * @throws {ConfigError} when it does not hold; nothing is changed then
   */
  follow(service: Service, plan: Plan): Promise<void>;
  /** Everybody who is connected now; never rejects. */
  whoIsOn(): Promise<readonly SessionSnapshot[]>;
}

/**
 * One that serves here, or in worker processes.
 *
 * @throws {ConfigError} when the options do not hold
 */
export async function openServer(
  service: Service,
  plan: Plan,
  host: CliHost,
  logger: Logger,
): Promise<Serving> {
  if (plan.options.concurrency === "async") {
    const platform = platformFor(plan.options, host);
    const server: CliOwnServer = new FtpServer(platform, service.options);
    return serving(
      server,
      ({ options }) => server.reconfigure(options),
      () => Promise.resolve(server.sessions.map(snapshotSession)),
    );
  }
  const request = (plan: Plan): WorkersRequest =>
    workersRequest(plan, host, logger);
  const workers: CliWorkers = await host.startWorkers(request(plan));
  return serving(
    workers,
    (_, plan) => workers.reconfigure(request(plan)),
    () => workers.sessions(),
  );
}

function workersRequest(
  { options, password }: Plan,
  host: CliHost,
  logger: Logger,
): WorkersRequest {
  const order: WorkerOrder = { options, password, cwd: host.cwd };
  return {
    workers: options.workers,
    useOpenssl: options.useOpenssl,
    order,
    maxConnections: options.maxCons,
    maxConnectionsPerAddress: options.maxConsPerIp,
    ...(options.config?.backlog === undefined
      ? {}
      : { backlog: options.config.backlog }),
    log: logger.sink,
    logLevel: options.logLevel,
  };
}

function serving(
  server: CliServer,
  follow: (service: Service, plan: Plan) => void | Promise<void>,
  whoIsOn: Serving["whoIsOn"],
): Serving {
  return {
    get sessionCount() {
      return server.sessionCount;
    },
    get transferCount() {
      return server.transferCount;
    },
    listen: (where, options) => server.listen(where, options),
    stopListening: (where) => server.stopListening(where),
    reloadTls: () => server.reloadTls(),
    close: (options) => server.close(options),
    follow: async (service, plan) => await follow(service, plan),
    whoIsOn,
  };
}

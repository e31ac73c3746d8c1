import type { ServerOptions } from "../server/options.ts";
import type { LogSink } from "../spi/log.ts";
import type { CliHost } from "./host.ts";
import { workerLogger } from "./logger.ts";
import type { CliOptions } from "./options.ts";
import { openService } from "./service.ts";

/** What a worker process of the command is told. */
export interface WorkerOrder {
  readonly options: CliOptions;
  readonly password: string;
  /** The folder that is shared when none is named. */
  readonly cwd: string;
}

/**
 * The server of a worker process: what the command line says.
 *
 * @param log tells the parent, what users are kept out for say; records of
 * sessions go there anyway
 */
export async function workerOptions(
  order: WorkerOrder,
  host: CliHost,
  log: LogSink,
): Promise<ServerOptions> {
  const { options, password, cwd } = order;
  const logger = workerLogger(options, host, log);
  const service = await openService(
    options,
    password,
    { ...host, cwd },
    logger,
  );
  logger.open();
  const { log: _log, ...rest } = service.options;
  return rest;
}

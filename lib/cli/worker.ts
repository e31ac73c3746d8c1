import type { ServerOptions } from "../server/options.ts";
import type { CliHost } from "./host.ts";
import { SILENT_LOGGER } from "./logger.ts";
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
 * The server of a worker process: what the command line says, with records of
 * sessions sent to the parent.
 */
export async function workerOptions(
  order: WorkerOrder,
  host: CliHost,
): Promise<ServerOptions> {
  const { options, password, cwd } = order;
  const service = await openService(
    options,
    password,
    { ...host, cwd },
    // The parent has warned of what it found.
    SILENT_LOGGER,
  );
  const { log: _log, ...rest } = service.options;
  return rest;
}

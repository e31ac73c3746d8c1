import { ConfigError } from "../lib/base/errors.ts";
import type { CliWorkers, WorkersRequest } from "../lib/cli/host.ts";
import { WorkerPool } from "./_worker_pool.ts";

const MODULE = new URL(
  import.meta.url.endsWith(".ts") ? "./_cli_worker.ts" : "./_cli_worker.js",
  import.meta.url,
);

/** See `CliHost.startWorkers`. */
export async function startWorkers(
  request: WorkersRequest,
): Promise<CliWorkers> {
  // Inside an executable there is no file that another process could run.
  if (/\$bunfs|~BUN/.test(import.meta.url)) {
    throw new ConfigError(
      "Cannot start workers: this executable is a single program; run the " +
        "package instead",
    );
  }
  const { workers, order, ...rest } = request;
  return await WorkerPool.start({
    ...rest,
    module: MODULE,
    data: order,
    ...(workers === null ? {} : { workers }),
  });
}

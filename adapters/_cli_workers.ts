import { ConfigError } from "../lib/base/errors.ts";
import type { CliWorkers, WorkersRequest } from "../lib/cli/host.ts";
import { WorkerPool } from "./_worker_pool.ts";
import type { PoolSettings } from "./_worker_pool_options.ts";

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
  const pool = await WorkerPool.start({
    ...poolOptions(request),
    module: MODULE,
    useOpenssl: request.useOpenssl,
    ...(request.workers === null ? {} : { workers: request.workers }),
  });
  return {
    get sessionCount() {
      return pool.sessionCount;
    },
    get transferCount() {
      return pool.transferCount;
    },
    listen: (where, options) => pool.listen(where, options),
    stopListening: (where) => pool.stopListening(where),
    reloadTls: () => pool.reloadTls(),
    reconfigure: (request) => pool.reconfigure(poolOptions(request)),
    close: (options) => pool.close(options),
    sessions: () => pool.sessions(),
  };
}

function poolOptions(
  request: WorkersRequest,
): PoolSettings {
  const { workers: _1, useOpenssl: _2, order, ...rest } = request;
  return { ...rest, data: order };
}

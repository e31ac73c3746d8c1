// What the worker processes of the command serve.

import type { ServerOptions } from "../lib/server/options.ts";
import { workerOptions, type WorkerOrder } from "../lib/cli/worker.ts";
import type { LogSink } from "../lib/spi/log.ts";
import { cliHost } from "./_cli_io.ts";
import { loadAdapter } from "./_runtime.ts";

/** See `WorkerPoolOptions.module`. */
export default async function options(
  order: WorkerOrder,
  log: LogSink,
): Promise<ServerOptions> {
  const host = cliHost(await loadAdapter());
  return await workerOptions(order, host, log);
}

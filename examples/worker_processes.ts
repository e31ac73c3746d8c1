// deno-lint-ignore-file no-console -- a program that prints

/**
 * Sessions spread over worker processes: code that blocks holds up the clients
 * of its worker only. What each worker serves is said in a module of its own.
 *
 * @module
 */

import { WorkerPool } from "anyftpd";

const pool = await WorkerPool.start({
  module: new URL("./worker_options.ts", import.meta.url),
  data: { directory: "." },
  workers: 2,
});
const { port } = await pool.listen({ hostname: "127.0.0.1", port: 2121 });
console.log(`Listening on port ${port}, workers ${pool.pids.join(" and ")}`);

// Runs a pool of workers on whatever runtime runs this file.
//
// Parameters: the path of a runtime adapter, the options of the pool as JSON.
// Lines on standard output are JSON; on standard input, `pids`, `sessions`,
// `disconnect` with a session's id, and `close` with a grace in milliseconds.
import process from "node:process";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const [adapter, text] = process.argv.slice(2);
const { WorkerPool } = await import(pathToFileURL(adapter).href);
const { data, ...options } = JSON.parse(text);

function say(message) {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

try {
  const pool = await WorkerPool.start({
    module: new URL("./pool_worker.mjs", import.meta.url),
    data: { adapter, ...data },
    log: (record) => say({ log: record }),
    ...options,
  });
  const { port } = await pool.listen({ hostname: "127.0.0.1", port: 0 });
  say({ port, pids: pool.pids });
  for await (const line of createInterface({ input: process.stdin })) {
    const [verb, number] = line.split(" ");
    if (verb === "pids") say({ pids: pool.pids, sessions: pool.sessionCount });
    if (verb === "sessions") say({ sessions: await pool.sessions() });
    if (verb === "disconnect") say({ found: pool.disconnect(Number(number)) });
    if (verb === "close") {
      await pool.close({ graceMs: Number(number) });
      say({ closed: true });
    }
  }
  await pool.close();
} catch (error) {
  say({ error: error.message });
}
process.exit(0);

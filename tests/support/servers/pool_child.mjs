// Runs a pool of workers on whatever runtime runs this file.
//
// Parameters: the path of a runtime adapter, the options of the pool as JSON.
// Lines on standard output are JSON; on standard input, `pids`, `sessions`,
// `disconnect` with a session's id, `reconfigure` with data as JSON, `doom` with
// the number of a worker, and `close` with a grace in milliseconds.
import process from "node:process";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const [adapter, text] = process.argv.slice(2);
const { WorkerPool } = await import(pathToFileURL(adapter).href);
const { data, ...options } = JSON.parse(text);

function say(message) {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

/** As when it has much to do. */
function block(milliseconds) {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

const settings = { log: (record) => say({ log: record }), ...options };

async function reconfigure(pool, changed) {
  try {
    await pool.reconfigure({
      ...settings,
      data: { adapter, ...data, ...JSON.parse(changed) },
    });
    say({ changed: true });
  } catch (error) {
    say({ error: error.message });
  }
}

try {
  const pool = await WorkerPool.start({
    module: new URL("./pool_worker.mjs", import.meta.url),
    data: { adapter, ...data },
    ...settings,
  });
  const { port } = await pool.listen({ hostname: "127.0.0.1", port: 0 });
  say({ port, pids: pool.pids });
  for await (const line of createInterface({ input: process.stdin })) {
    const [verb, number] = line.split(" ");
    if (verb === "pids") say({ pids: pool.pids, sessions: pool.sessionCount });
    if (verb === "sessions") say({ sessions: await pool.sessions() });
    if (verb === "disconnect") say({ found: pool.disconnect(Number(number)) });
    if (verb === "reconfigure") {
      void reconfigure(pool, line.slice(verb.length));
    }
    if (verb === "doom") {
      // What the worker says last is heard when it is gone.
      say({ doomed: true });
      block(500);
      process.kill(Number(number), "SIGKILL");
      block(200);
    }
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

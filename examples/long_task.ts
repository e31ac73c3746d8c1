// deno-lint-ignore-file no-console -- a program that prints

/**
 * Work that takes long, after an upload. What waits (a program, a database, a
 * timer) is simply awaited: the session waits too, everybody else is served.
 * What computes goes into a thread, as here.
 *
 * @module
 */

import { Worker } from "node:worker_threads";
import { localFileSystem, MemoryAuthorizer, serve } from "anyftpd";

/** Adds up the bytes of a file, on a thread of its own. */
function checksum(path: string): Promise<number> {
  const code = `
    import { readFileSync } from "node:fs";
    import { parentPort, workerData } from "node:worker_threads";
    let sum = 0;
    for (const byte of readFileSync(workerData)) sum = (sum + byte) % 65536;
    parentPort.postMessage(sum);
  `;
  const url = new URL(`data:text/javascript,${encodeURIComponent(code)}`);
  const worker = new Worker(url, { workerData: path });
  return new Promise((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
  });
}

const authorizer = new MemoryAuthorizer();
authorizer.addUser({
  username: "user",
  password: "12345",
  fileSystem: localFileSystem("."),
  permissions: "elradfmw",
});

const server = await serve({
  port: 2121,
  authorizer,
  hooks: {
    async fileReceived({ path, realPath }) {
      console.log(path, "has checksum", await checksum(realPath));
    },
  },
});
console.log(`Listening on port ${server.address.port}`);

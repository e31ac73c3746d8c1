// deno-lint-ignore-file no-console -- a program that prints

/**
 * Writes what happens to a file, in pyftpdlib's form. `logLevel: "debug"` adds
 * every command and every reply; passwords are masked.
 *
 * @module
 */

import { createWriteStream } from "node:fs";
import { formatLogLine, serve } from "anyftpd";

const file = createWriteStream("ftpd.log", { flags: "a" });

const server = await serve({
  directory: ".",
  port: 2121,
  log: (record) => file.write(`${formatLogLine(record)}\n`),
  logLevel: "info",
});
console.log(`Listening on port ${server.address.port}`);

// deno-lint-ignore-file no-console -- a program that prints

/**
 * Chooses what stands before each line of the log. `formatLogJson` writes
 * records for programs instead.
 *
 * @module
 */

import { formatLogLine, type LogSession, serve } from "anyftpd";

const prefix = ({ username, remoteHostname }: LogSession): string =>
  `XXX [${username}]@${remoteHostname}`;

const server = await serve({
  directory: ".",
  port: 2121,
  log: (record) => console.error(formatLogLine(record, { prefix })),
});
console.log(`Listening on port ${server.address.port}`);

/**
 * The users of this Linux: each logs in with the password of the system, is
 * kept in the home folder, and touches files with no other rights than those
 * that the user has anyway.
 *
 * Only root can run it, with `deno run -A`, `bun` or Node 24 and later (which
 * needs the package `koffi`, or Node 26), and a port:
 *
 *     sudo bun examples/unix_users.ts 2121
 *
 * Passwords travel in clear: put TLS in front of it, or give `serve` the
 * option `tls`.
 *
 * @module
 */

import process from "node:process";
import { type FtpServer, serve, unixAuthorizer } from "../mod.ts";

/** Serves everybody who has a shell, but for some. */
export async function serveUnixUsers(
  port: number,
  rejectedUsers: readonly string[] = [],
): Promise<FtpServer> {
  const authorizer = unixAuthorizer({
    rejectedUsers,
    loginMessage: "Welcome home.",
    log: (level, message) => process.stderr.write(`${level}: ${message}\n`),
  });
  return await serve({ hostname: "127.0.0.1", port, authorizer });
}

const [program = "", port = "2121", ...rejected] = process.argv.slice(1);
if (program.endsWith("unix_users.ts")) {
  const server = await serveUnixUsers(Number(port), rejected);
  process.stdout.write(`ftp://127.0.0.1:${server.address.port}/\n`);
}

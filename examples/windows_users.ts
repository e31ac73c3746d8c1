/**
 * The users of this Windows: each logs in with the password of Windows, is
 * kept in the profile folder, and touches files with the user's own rights.
 * With the name of a further user, such as `Guest`, anonymous users read with
 * the rights of that one.
 *
 * Run it as an administrator, with `deno run -A`, `bun` or Node 24 and later
 * (which needs the package `koffi`, or Node 26), and a port:
 *
 *     bun examples/windows_users.ts 2121 Guest
 *
 * @module
 */

import process from "node:process";
import { type FtpServer, serve, windowsAuthorizer } from "../mod.ts";

/** Serves everybody with a password, and guests where there are some. */
export async function serveWindowsUsers(
  port: number,
  anonymousUser?: string,
): Promise<FtpServer> {
  const authorizer = windowsAuthorizer({
    ...(anonymousUser === undefined ? {} : { anonymousUser }),
    log: (level, message) => process.stderr.write(`${level}: ${message}\n`),
  });
  return await serve({ hostname: "127.0.0.1", port, authorizer });
}

const [program = "", port = "2121", guest] = process.argv.slice(1);
if (program.endsWith("windows_users.ts")) {
  const server = await serveWindowsUsers(Number(port), guest);
  process.stdout.write(`ftp://127.0.0.1:${server.address.port}/\n`);
}

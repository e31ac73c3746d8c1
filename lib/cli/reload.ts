import type { UsersAuthorizer } from "../auth/users_authorizer.ts";
import { messageOf } from "../base/errors.ts";
import type { CliHost, CliServer } from "./host.ts";
import type { Logger } from "./logger.ts";
import type { CliTls } from "./tls.ts";

/**
 * Looks at the files again when a signal says so, until the answer is called.
 * On a terminal that signal means its end, and ends the command.
 */
export function reloadOnSignal(
  tls: CliTls | null,
  users: UsersAuthorizer | null,
  server: CliServer,
  host: CliHost,
  logger: Logger,
): () => void {
  if (tls === null && users === null) return () => {};
  if (host.stderr.isTerminal) return () => {};
  return host.onReload(() => {
    users?.reload();
    if (tls !== null) reloadTls(server, logger);
  });
}

function reloadTls(server: CliServer, logger: Logger): void {
  try {
    server.reloadTls();
    logger.log("info", "certificate read again.");
  } catch (error) {
    logger.log("error", `${messageOf(error)}; the old one serves on`);
  }
}

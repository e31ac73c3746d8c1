import type { Queue } from "../base/queue.ts";
import type { CliHost, CliServer, StopSignal } from "./host.ts";
import type { Logger } from "./logger.ts";
import type { CliOptions } from "./options.ts";

/** As a shell reports a program that ended by SIGINT. */
const EXIT_INTERRUPTED = 130;

/** Milliseconds that files get to be closed once transfers are cut off. */
const CUT_OFF_MS = 500;

const SIGNAL_NAMES: Readonly<Record<StopSignal, string>> = {
  SIGINT: "interrupt",
  SIGTERM: "termination",
};

/**
 * Stops listening, lets transfers finish within the time of `--grace`, then
 * closes. The next of `signals` cuts that short.
 *
 * @returns the exit code
 */
export async function stopServer(
  server: CliServer,
  signal: StopSignal | null,
  signals: Queue<StopSignal>,
  options: CliOptions,
  host: CliHost,
  logger: Logger,
): Promise<number> {
  const { sessionCount, transferCount } = server;
  logger.log("info", `received ${SIGNAL_NAMES[signal ?? "SIGTERM"]} signal`);
  logger.log(
    "info",
    `>>> shutting down FTP server, pid=${host.pid}, ${sessionCount} open ` +
      `session(s) <<<`,
    { sessions: sessionCount, transfers: transferCount },
  );
  if (transferCount > 0 && options.graceMs > 0) {
    logger.log(
      "info",
      `waiting up to ${options.graceMs / 1000} s for ${transferCount} ` +
        "transfer(s); the next signal stops at once",
    );
  }
  const closed = server.close({ graceMs: options.graceMs }).then(() => null);
  if (await Promise.race([closed, signals.take()]) === null) return 0;
  logger.log("warn", "received another signal: stopping at once");
  await within(CUT_OFF_MS, server.close(), host);
  return EXIT_INTERRUPTED;
}

/** Waits for `work`, but not for ever. */
async function within(
  milliseconds: number,
  work: Promise<void>,
  host: CliHost,
): Promise<void> {
  let cancel = (): void => {};
  const late = new Promise<void>((resolve) => {
    cancel = host.platform.clock.after(milliseconds, resolve);
  });
  await Promise.race([work, late]);
  cancel();
}

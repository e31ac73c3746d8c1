import type { DataHost } from "./data_host.ts";
import { replyLogged } from "./data_host.ts";
import type { TransferPlan } from "./plan.ts";
import { ProgressTimer } from "./progress_timer.ts";
import { closingReply } from "./replies.ts";
import { type OpenedConnection, Transfer } from "./transfer.ts";

/** A transfer on a connection that is there. */
export function makeTransfer(
  plan: TransferPlan,
  opened: OpenedConnection,
  host: DataHost,
): Transfer {
  const direction = plan.kind === "receive" ? "receive" : "send";
  const throttleNow = host.throttle(direction);
  return new Transfer({
    plan,
    opened,
    protection: host.protection(),
    get throttle() {
      return throttleNow();
    },
    clock: host.clock,
    lingering: host.lingering,
    sendfile: host.settings.sendfile,
    progressed: host.progress(plan),
    log: (level, message) => host.log(level, message),
  });
}

/**
 * Runs it to its end, with a limit for the time without progress, and sends
 * the last reply. Never rejects.
 *
 * @param over called when the connection is of no use any more, before the
 * reply: the client may ask for the next transfer as soon as it has read that
 */
export async function runTransfer(
  transfer: Transfer,
  host: DataHost,
  over: () => void,
): Promise<void> {
  host.connected(true);
  const timer = new ProgressTimer(
    host.clock,
    host.settings.dataTimeoutMs,
    () => transfer.progress,
    () => transfer.abort("stalled"),
  );
  const result = await transfer.run(); // never rejects
  timer.stop();
  over();
  const last = closingReply(result);
  if (last !== null && result.outcome === "stalled") {
    replyLogged(host, "info", last);
  } else if (last !== null) host.reply(last);
  host.connected(false);
  host.finished(transfer.plan, result);
  if (result.outcome === "stalled") host.stalled();
}

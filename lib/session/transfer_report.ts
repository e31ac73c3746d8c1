import { FileError, messageOf } from "../base/errors.ts";
import type { TransferResult } from "../transfer/outcome.ts";
import type { TransferPlan } from "../transfer/plan.ts";
import type { Hooks } from "./events.ts";
import { transferHook } from "./hooks.ts";
import type { Log } from "./session_log.ts";
import type { SessionView } from "./view.ts";

/**
 * Writes what became of a transfer into the log and tells the hook; resolves
 * when the hook is done. Listings have neither. Never rejects.
 */
export async function reportTransfer(
  plan: TransferPlan,
  result: TransferResult,
  log: Log,
  hooks: Hooks,
  session: SessionView,
): Promise<void> {
  if (result.outcome === "handshake-failed") {
    const reason = messageOf(result.error);
    log.write("info", `SSL handshake failed on data connection: ${reason}`);
  }
  if (plan.kind === "listing") return;
  logTransfer(plan, result, log);
  await transferHook(log, hooks, plan.kind, {
    session,
    username: plan.username,
    command: plan.command,
    path: plan.path,
    realPath: plan.realPath,
    ascii: plan.ascii,
    bytes: result.bytes,
    durationMs: result.durationMs,
    outcome: result.outcome,
  });
}

function logTransfer(
  plan: TransferPlan,
  result: TransferResult,
  log: Log,
): void {
  const { command, realPath: path } = plan;
  const { outcome, bytes } = result;
  if (outcome === "aborted" && result.begun) {
    log.write("info", "Transfer aborted via ABOR.");
  }
  if (outcome === "file-error") {
    const action = `Cannot go on with ${command}`;
    // A full disk is the operator's business, a broken program ours.
    if (result.error instanceof FileError) {
      log.write("warn", `${action}: ${result.error}`);
    } else log.error(action, result.error);
  }
  const completed = outcome === "complete";
  const seconds = Math.round(result.durationMs) / 1000;
  log.write(
    "info",
    `${command} ${path} completed=${completed ? 1 : 0} bytes=${bytes} ` +
      `seconds=${seconds}`,
    { command, path, completed, outcome, bytes, seconds },
  );
}

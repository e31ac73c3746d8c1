import type { Hooks, TransferEvent } from "./events.ts";
import type { Log } from "./session_log.ts";
import type { Understanding } from "./understand.ts";
import type { SessionView } from "./view.ts";

/**
 * Runs a hook of the host to its end. What it throws is logged and goes no
 * further: a broken hook must not wedge a session.
 */
export async function runHook(
  log: Log,
  name: string,
  run: () => void | Promise<void>,
): Promise<void> {
  try {
    const running = run();
    if (running !== undefined) await running;
  } catch (error) {
    log.error(`Cannot run the hook ${name}`, error);
  }
}

/** The hook for a line that came; nothing when nobody listens. */
export function commandHook(
  log: Log,
  hooks: Hooks,
  session: SessionView,
  understood: Understanding,
): Promise<void> | null {
  if (hooks.command === undefined) return null;
  const command = understood.kind === "command" ? understood.command.verb : "";
  const event = { session, command };
  return runHook(log, "command", () => hooks.command?.(event));
}

/** The hook for the end of a transfer, by its direction and outcome. */
export function transferHook(
  log: Log,
  hooks: Hooks,
  kind: "send" | "receive",
  event: TransferEvent,
): Promise<void> {
  const complete = event.outcome === "complete";
  if (kind === "send") {
    return complete
      ? runHook(log, "fileSent", () => hooks.fileSent?.(event))
      : runHook(
        log,
        "incompleteFileSent",
        () => hooks.incompleteFileSent?.(event),
      );
  }
  return complete
    ? runHook(log, "fileReceived", () => hooks.fileReceived?.(event))
    : runHook(
      log,
      "incompleteFileReceived",
      () => hooks.incompleteFileReceived?.(event),
    );
}

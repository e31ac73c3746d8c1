import type { TransferPlan } from "../transfer/plan.ts";
import { runHook } from "./hooks.ts";
import type { Log } from "./session_log.ts";
import type { Settings } from "./settings.ts";
import type { SessionView } from "./view.ts";

/**
 * What a transfer calls when bytes have moved, with the clock's time: it fires
 * the hook at the first bytes, and then when enough time has passed since the
 * last one. `null` when nobody listens, and for listings.
 */
export function progressWatcher(
  plan: TransferPlan,
  settings: Settings,
  log: Log,
  session: SessionView,
): ((now: number) => void) | null {
  const { hooks, progressIntervalMs } = settings;
  if (hooks.transferProgress === undefined || plan.kind === "listing") {
    return null;
  }
  const { username, realPath } = plan;
  let lastAt = -Infinity;
  return (now) => {
    if (now - lastAt < progressIntervalMs) return;
    lastAt = now;
    const { transfer } = session;
    if (transfer === null) return;
    const event = { session, username, transfer, realPath };
    void runHook(
      log,
      "transferProgress",
      () => hooks.transferProgress?.(event),
    ); // never rejects
  };
}

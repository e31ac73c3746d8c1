import process from "node:process";
import type { CliHost, InheritedSocket, Supervisor } from "../lib/cli/host.ts";
import { notifySocket } from "./_notify_socket.ts";

/** The first descriptor that systemd hands over (sd_listen_fds(3)). */
const FIRST_DESCRIPTOR = 3;

/** systemd, when it started this very process; `null` otherwise. */
export function systemdSupervisor(env: CliHost["env"]): Supervisor | null {
  const address = env.NOTIFY_SOCKET ?? "";
  const sockets = inheritedSockets(env, process.pid);
  if (address === "" && sockets.length === 0) return null;
  return {
    sockets,
    watchdogMs: address === "" ? 0 : watchdogMs(env, process.pid),
    notify: address === "" ? () => {} : notifySocket(address),
  };
}

/** Sockets of a unit (sd_listen_fds_with_names(3)). */
export function inheritedSockets(
  env: CliHost["env"],
  pid: number,
): readonly InheritedSocket[] {
  const count = Number(env.LISTEN_FDS ?? 0);
  // They are another process's: it forgot to take the variables away.
  if (Number(env.LISTEN_PID ?? 0) !== pid || !(count > 0)) return [];
  const names = (env.LISTEN_FDNAMES ?? "").split(":");
  return Array.from({ length: count }, (_, at) => ({
    descriptor: FIRST_DESCRIPTOR + at,
    name: names[at] ?? "",
  }));
}

/** `WatchdogSec=` (sd_watchdog_enabled(3)); 0: there is none. */
export function watchdogMs(env: CliHost["env"], pid: number): number {
  const microseconds = Number(env.WATCHDOG_USEC ?? 0);
  const isOurs = env.WATCHDOG_PID === undefined ||
    Number(env.WATCHDOG_PID) === pid;
  return isOurs && microseconds > 0 ? microseconds / 1000 : 0;
}

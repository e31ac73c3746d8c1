import process from "node:process";
import type { StopSignal } from "../lib/cli/host.ts";

/** SIGHUP is left alone, so that `nohup` keeps its meaning. */
const SIGNALS: readonly StopSignal[] = ["SIGINT", "SIGTERM"];

/**
 * Calls `listener` instead of ending the program, for each SIGINT and SIGTERM,
 * until the answer is called.
 */
export function onStopSignal(
  listener: (signal: StopSignal) => void,
): () => void {
  const undo: (() => void)[] = [];
  for (const signal of SIGNALS) {
    const heard = (): void => listener(signal);
    try {
      process.on(signal, heard);
    } catch {
      continue; // Deno on Windows knows no SIGTERM.
    }
    undo.push(() => process.off(signal, heard));
  }
  return () => {
    for (const stop of undo) stop();
  };
}

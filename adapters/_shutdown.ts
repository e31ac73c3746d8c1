import process from "node:process";
import type { StopSignal } from "../lib/cli/host.ts";

const STOP: readonly StopSignal[] = ["SIGINT", "SIGTERM"];

/**
 * Calls `listener` instead of ending the program, for each SIGINT and SIGTERM,
 * until the answer is called.
 */
export function onStopSignal(
  listener: (signal: StopSignal) => void,
): () => void {
  const undo = STOP.map((signal) => onSignal(signal, () => listener(signal)));
  return () => {
    for (const stop of undo) stop();
  };
}

/**
 * Calls `listener` for each SIGHUP until the answer is called. Only for who
 * has a use for it: otherwise the end of a terminal ends the program, and
 * `nohup` keeps its meaning.
 */
export function onReloadSignal(listener: () => void): () => void {
  return onSignal("SIGHUP", listener);
}

function onSignal(
  signal: StopSignal | "SIGHUP",
  heard: () => void,
): () => void {
  try {
    process.on(signal, heard);
  } catch {
    return () => {}; // Deno on Windows knows no SIGTERM.
  }
  return () => void process.off(signal, heard);
}

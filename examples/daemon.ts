// deno-lint-ignore-file no-console -- a program that prints

/**
 * Runs the command in the background: `daemon.ts start`, `stop`, `restart` or
 * `status`. What follows `start` are options of `anyftpd`.
 *
 * @module
 */

import { spawn } from "node:child_process";
import { openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const PID_FILE = "anyftpd.pid";
const LOG_FILE = "anyftpd.log";

function runningPid(): number | null {
  try {
    const pid = Number(readFileSync(PID_FILE, "utf8"));
    process.kill(pid, 0); // throws when there is no such process
    return pid;
  } catch {
    return null;
  }
}

function start(options: readonly string[]): void {
  if (runningPid() !== null) return console.log("It runs already");
  const command = fileURLToPath(import.meta.resolve("anyftpd/cli"));
  const log = openSync(LOG_FILE, "a");
  const runtime = "Deno" in globalThis ? ["run", "-A"] : [];
  const child = spawn(process.execPath, [...runtime, command, ...options], {
    detached: true,
    stdio: ["ignore", log, log],
  });
  writeFileSync(PID_FILE, String(child.pid));
  child.unref();
  console.log(`Started as ${child.pid}`);
}

async function stop(): Promise<void> {
  const pid = runningPid();
  if (pid === null) return console.log("It does not run");
  process.kill(pid, "SIGTERM"); // transfers have the time of --grace
  for (let tries = 0; runningPid() !== null; tries++) {
    if (tries === 150) process.kill(pid, "SIGKILL");
    await sleep(100);
  }
  rmSync(PID_FILE, { force: true });
  console.log("Stopped");
}

const [action, ...options] = process.argv.slice(2);
if (action === "stop" || action === "restart") await stop();
if (action === "start" || action === "restart") start(options);
if (action === "status") console.log(runningPid() ?? "It does not run");

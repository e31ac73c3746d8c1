import { type ChildProcess, spawn } from "node:child_process";
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
} from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Account } from "../client/ftp_client.ts";
import type { CertificateFiles } from "./certificate.ts";
import { FOLDER_NAME, type Peer, type PeerPlace } from "./peer.ts";

/** A server that was started and answers. */
export interface RunningPeer {
  readonly name: string;
  readonly account: Account;
  readonly folder: string;
  /** What names of files start with. */
  readonly prefix: string;
  /** Commands that it does not know. */
  readonly lacks: readonly string[];
  /** Whether each session is a process. */
  readonly forks: boolean;
  /** Whether it throws uploads away. */
  readonly discards: boolean;
  readonly port: number;
  /** The process to measure, with its descendants. */
  readonly pid: number;
  /** Ends it; resolves when its process is gone. */
  stop(): Promise<void>;
}

const START_TIMEOUT_MS = 15_000;
const STOP_TIMEOUT_MS = 3000;
const RETRY_MS = 50;

/** As many descriptors as may be; the shell becomes the server. */
const MANY_FILES = 'ulimit -n "$(ulimit -H -n)"; exec "$0" "$@"';

/** A folder in memory where there is one: disks are not what is measured. */
export function createArea(): string {
  const base = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();
  const area = join(base, `anyftpd-bench-${process.pid}`);
  mkdirSync(area);
  chmodSync(area, 0o755);
  return area;
}

/** Removes what `createArea` made. */
export function removeArea(area: string): void {
  rmSync(area, { recursive: true, force: true });
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** A port that was free a moment ago. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = address !== null && typeof address === "object"
        ? address.port
        : 0;
      server.close(() => resolve(port));
    });
  });
}

/** Whether something at `port` greets as FTP servers do. */
function greets(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, "127.0.0.1");
    const finish = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(START_TIMEOUT_MS, () => finish(false));
    socket.once("error", () => finish(false));
    socket.once("close", () => finish(false));
    socket.once("data", (data) => finish(String(data).startsWith("220")));
  });
}

async function waitForGreeting(
  child: ChildProcess,
  name: string,
  port: number,
  log: string,
): Promise<void> {
  const deadline = performance.now() + START_TIMEOUT_MS;
  while (!(await greets(port))) {
    if (child.exitCode === null && performance.now() < deadline) {
      await pause(RETRY_MS);
      continue;
    }
    const said = readFileSync(log, "utf8").trim().slice(-500);
    throw new Error(`Cannot start ${name}: ${said || "it does not answer"}`);
  }
}

/** Signals the whole group: servers that fork leave nobody behind. */
function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, signal);
  } catch {
    // Nobody is left.
  }
}

async function stop(child: ChildProcess): Promise<void> {
  const exited = new Promise<void>((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    else child.once("exit", () => resolve());
  });
  child.kill("SIGTERM");
  await Promise.race([exited, pause(STOP_TIMEOUT_MS)]);
  signalGroup(child, "SIGKILL");
  await exited;
}

/**
 * Starts a server in `area` and waits until it greets.
 *
 * @param tls the certificate of a server with TLS
 * @throws {PeerMissingError} when it is not on this machine
 */
export async function startPeer(
  peer: Peer,
  area: string,
  tls: CertificateFiles | null = null,
): Promise<RunningPeer> {
  const work = join(area, peer.name);
  const folder = join(work, FOLDER_NAME);
  mkdirSync(folder, { recursive: true });
  // Servers started by root do file work as one system user or another.
  chmodSync(folder, 0o777);
  const place: PeerPlace = { folder, work, port: await freePort(), tls };
  const { command, args, env } = await peer.prepare(place);
  const log = join(work, "output");
  const output = openSync(log, "w");
  const child = spawn("/bin/sh", ["-c", MANY_FILES, command, ...args], {
    cwd: work,
    detached: true,
    env: { ...process.env, ...env },
    stdio: ["ignore", output, output],
  });
  closeSync(output);
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", reject);
  });
  try {
    await waitForGreeting(child, peer.name, place.port, log);
  } catch (error) {
    await stop(child);
    throw error;
  }
  return {
    name: peer.name,
    account: peer.account,
    folder,
    prefix: peer.prefix ?? "",
    lacks: peer.lacks ?? [],
    forks: peer.forks ?? false,
    discards: peer.discards ?? false,
    port: place.port,
    pid: child.pid ?? 0,
    stop: () => stop(child),
  };
}

import { LoadClient } from "../client/load_client.ts";
import { processUsage } from "../measure/process.ts";
import type { Peer } from "../peer/peer.ts";
import { LIMIT_NAME } from "../peer/limit.ts";
import type { RunningPeer } from "../peer/runner.ts";
import { startAll } from "../peers.ts";
import { figureSample, type Load, type Sample, settle } from "./sample.ts";

/** Sessions that come and go first: what they leave is not for a session. */
const WARM_UP = 300;

/** Clients that log in at a time. */
const AT_A_TIME = 32;

/** Servers with a process for each session get fewer of them. */
const WITH_PROCESSES = 500;

/** How long servers have to put away what logins left. */
const REST_MS = 3000;

const KIBIBYTE = 1024;

/**
 * What a session costs that is logged in and idle: how much the server's
 * resident memory grows, on a server that has just been started.
 *
 * @returns `null` when the server cannot be started, with the reason
 */
export async function measureMemory(
  peer: Peer,
  load: Load,
): Promise<Sample | string> {
  const client = await LoadClient.prepare();
  const field = await startAll([peer]);
  try {
    const [server] = field.running;
    if (server === undefined) return field.skipped[0]?.[1] ?? "not started";
    return await grow(server, load, client);
  } finally {
    await field.stop();
  }
}

async function grow(
  server: RunningPeer,
  { sessions: wanted }: Load,
  client: LoadClient,
): Promise<Sample> {
  const count = server.forks ? Math.min(wanted, WITH_PROCESSES) : wanted;
  const sessions = client.start(server);
  try {
    await sessions.login(Math.min(WARM_UP, count), AT_A_TIME, true);
    await sessions.quit();
    await settle(REST_MS);
    const before = processUsage(server.pid);
    await sessions.login(count, AT_A_TIME, true);
    await settle(REST_MS);
    const after = processUsage(server.pid);
    // Forked processes share pages, which would count in each.
    const grown = server.forks
      ? after.privateBytes - before.privateBytes
      : after.rssBytes - before.rssBytes;
    return figureSample(server.pid, {
      key: "memory",
      metric: `memory of an idle session, of ${wanted}`,
      value: grown / count / KIBIBYTE,
      unit: "KiB",
      higherIsBetter: false,
    });
  } finally {
    await sessions.end();
  }
}

/** Servers whose memory is worth measuring. */
export function hasSessions({ name }: Peer): boolean {
  return name !== LIMIT_NAME;
}

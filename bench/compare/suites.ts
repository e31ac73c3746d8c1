import { LoadClient } from "../client/load_client.ts";
import { TlsClient } from "../client/tls_client.ts";
import type { Peer } from "../peer/peer.ts";
import type { RunningPeer } from "../peer/runner.ts";
import { choosePeers, type Field, startAll } from "../peers.ts";
import {
  LIST_NAME,
  provide,
  provideList,
  scatterMemory,
  SMALL_NAME,
} from "./files.ts";
import { Journal, type Taken, withField } from "./journal.ts";
import { hasSessions, measureMemory } from "./memory.ts";
import { LISTING_VERBS, METRICS } from "./metrics.ts";
import { type Sample, settle } from "./sample.ts";
import type { Settings } from "./settings.ts";
import { TlsTurn } from "./tls_rounds.ts";
import { Turn } from "./turn.ts";
import { takeWorkers } from "./workers.ts";

/** Turns of logins before anything is measured: compilers need thousands. */
const WARM_UP_TURNS = 10;

/** Small files in each: more would leave all ports waiting (TIME_WAIT). */
const WARM_UP_FILES = 200;

/** Listings of each kind. */
const WARM_UP_LISTINGS = 40;

/** One metric: what is done with a server in its turn. */
interface Step {
  readonly key: string;
  run(peer: RunningPeer): Promise<readonly Sample[]>;
}

/**
 * Rounds of metrics of servers: A B C, B C A, …; the first one warms up. Where
 * the memory of the machine is short, a server pays for whoever was before it.
 */
async function takeRounds(
  field: Field,
  rounds: number,
  steps: readonly Step[],
  journal: Journal,
): Promise<void> {
  for (let round = 0; round <= rounds; round++) {
    for (const { key, run } of steps) {
      for (const peer of rotated(field.running, round)) {
        if (journal.isOut(key, peer.name)) continue;
        process.stderr.write(`round ${round}: ${key}, ${peer.name}\n`);
        try {
          const samples = await run(peer);
          if (round === 0) continue;
          for (const sample of samples) {
            journal.samples.push([peer.name, sample]);
          }
        } catch (error) {
          journal.fail(key, peer.name, error);
        }
      }
    }
  }
}

/** The same in turn, with another first; in round 1 they are as they were. */
function rotated<Item>(items: readonly Item[], round: number): readonly Item[] {
  const { length } = items;
  const first = length === 0 ? 0 : (round + length - 1) % length;
  return [...items.slice(first), ...items.slice(0, first)];
}

/** What a server that compiles itself is owed when it has just been started. */
async function warmUp(
  peer: RunningPeer,
  client: LoadClient,
  logins: number,
  lists: boolean,
): Promise<void> {
  if (peer.forks) return;
  const sessions = client.start(peer);
  const retrieve = `RETR ${peer.prefix}${SMALL_NAME}`;
  try {
    for (let turn = 0; turn < WARM_UP_TURNS; turn++) {
      await sessions.login(logins, 1, false);
      await sessions.fetch(1, WARM_UP_FILES, retrieve);
      await sessions.quit();
    }
    if (lists) {
      await sessions.login(1, 1, false);
      for (const verb of LISTING_VERBS) {
        if (peer.lacks.includes(verb)) continue;
        const command = `${verb} ${peer.prefix}${LIST_NAME}`;
        await sessions.fetch(1, WARM_UP_LISTINGS, command);
      }
      await sessions.quit();
    }
  } finally {
    await sessions.end();
  }
  await settle();
}

async function takeClear(settings: Settings, journal: Journal): Promise<void> {
  const { load, only, rounds } = settings;
  const metrics = Object.entries(METRICS)
    .filter(([key]) => only.includes(key));
  if (metrics.length === 0) return;
  const client = await LoadClient.prepare();
  const peers = choosePeers(settings.names, settings.builds);
  const field = await startAll(peers);
  await withField(field, async () => {
    for (const [name, reason] of field.skipped) journal.skip(name, reason);
    scatterMemory(field.running, load);
    provide(field.running, load);
    if (only.includes("list")) provideList(field.running);
    for (const peer of field.running) {
      await warmUp(peer, client, load.logins, only.includes("list"));
    }
    const steps = metrics.map(([key, metric]) => ({
      key,
      run: async (peer: RunningPeer): Promise<readonly Sample[]> => {
        const turn = new Turn(peer, load, client);
        await metric(turn);
        return turn.samples;
      },
    }));
    await takeRounds(field, rounds, steps, journal);
  });
}

async function takeTls(settings: Settings, journal: Journal): Promise<void> {
  const { load, rounds } = settings;
  const client = await TlsClient.prepare();
  const peers = choosePeers(settings.names, settings.builds);
  const field = await startAll(peers, true);
  await withField(field, async () => {
    for (const [name, reason] of field.skipped) journal.skip(name, reason);
    scatterMemory(field.running, load);
    provide(field.running, load);
    for (const peer of field.running) {
      await new TlsTurn(peer, load, client).warmUp();
    }
    const step = {
      key: "tls",
      run: (peer: RunningPeer) => new TlsTurn(peer, load, client).run(),
    };
    await takeRounds(field, rounds, [step], journal);
  });
}

/** Each number needs a server of its own; what was started first warms up. */
async function takeMemory(settings: Settings, journal: Journal): Promise<void> {
  const peers: readonly Peer[] = choosePeers(settings.names, settings.builds)
    .filter(hasSessions);
  const out = new Set<Peer>();
  for (let round = 1; round <= settings.rounds; round++) {
    for (const peer of peers) {
      if (out.has(peer)) continue;
      process.stderr.write(`round ${round}: memory, ${peer.name}\n`);
      try {
        const sample = await measureMemory(peer, settings.load);
        if (typeof sample !== "string") {
          journal.samples.push([peer.name, sample]);
          continue;
        }
        journal.skip(peer.name, sample);
      } catch (error) {
        journal.fail("memory", peer.name, error);
      }
      out.add(peer);
    }
  }
}

/** Measures all that is asked for, one kind of servers after the other. */
export async function takeAll(settings: Settings): Promise<Taken> {
  const journal = new Journal();
  await takeClear(settings, journal);
  if (settings.only.includes("memory")) await takeMemory(settings, journal);
  if (settings.only.includes("workers")) await takeWorkers(settings, journal);
  if (settings.only.includes("tls")) await takeTls(settings, journal);
  return journal;
}

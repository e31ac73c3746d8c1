import { TlsClient } from "../client/tls_client.ts";
import { WORKER_PAIRS } from "../peer/anyftpd.ts";
import type { RunningPeer } from "../peer/runner.ts";
import { startAll } from "../peers.ts";
import { MANY_NAME, provide } from "./files.ts";
import { type Journal, withField } from "./journal.ts";
import {
  figureSample,
  type Load,
  type Sample,
  settle,
  takeSample,
  transferred,
} from "./sample.ts";
import type { Settings } from "./settings.ts";

/** Two of our servers that differ in the number of workers. */
interface Pair {
  readonly name: string;
  readonly one: RunningPeer;
  readonly two: RunningPeer;
}

/**
 * Many downloads under TLS, which take a processor's time: one worker against
 * two, by turns.
 */
export async function takeWorkers(
  { load, names, rounds }: Settings,
  journal: Journal,
): Promise<void> {
  const client = await TlsClient.prepare();
  const wanted = WORKER_PAIRS.filter(({ name }) =>
    names.length === 0 || names.includes(name)
  );
  const field = await startAll(
    wanted.flatMap(({ one, two }) => [one, two]),
    true,
  );
  const pairs = wanted.flatMap(({ name, one, two }) => {
    const [first, second] = [one, two].map((peer) =>
      field.running.find((running) => running.name === peer.name)
    );
    return first && second ? [{ name, one: first, two: second }] : [];
  });
  await withField(field, async () => {
    for (const [name, reason] of field.skipped) journal.skip(name, reason);
    provide(field.running, load);
    for (let round = 0; round <= rounds; round++) {
      for (const pair of pairs) {
        if (journal.isOut("workers", pair.name)) continue;
        process.stderr.write(`round ${round}: workers, ${pair.name}\n`);
        try {
          const samples = await turn(pair, load, client);
          if (round === 0) continue;
          for (const sample of samples) {
            journal.samples.push([pair.name, sample]);
          }
        } catch (error) {
          journal.fail("workers", pair.name, error);
        }
      }
    }
  });
}

async function turn(
  { one, two }: Pair,
  load: Load,
  client: TlsClient,
): Promise<readonly Sample[]> {
  const alone = await downloads(one, "one worker", load, client);
  const both = await downloads(two, "two workers", load, client);
  const ratio = figureSample(two.pid, {
    key: "workers-ratio",
    metric: `${load.clients} TLS downloads at once, two workers of one`,
    value: both.value / alone.value,
    unit: "ratio",
    higherIsBetter: true,
  });
  return [alone, both, ratio];
}

async function downloads(
  peer: RunningPeer,
  who: string,
  { clients, clientBytes }: Load,
  client: TlsClient,
): Promise<Sample> {
  const bytes = clients * clientBytes;
  const name = peer.prefix + MANY_NAME;
  const step = await client.many(peer, name, clients);
  const metric = `${clients} TLS downloads at once, ${who}`;
  const key = `workers-${who.replaceAll(" ", "-")}`;
  try {
    return await takeSample(
      peer.pid,
      transferred(key, metric, bytes),
      async () => {
        const done = await step.run();
        // Records are a little larger than what is in them.
        if (done.bytes >= bytes) return done.seconds;
        throw new Error(`it sent ${done.bytes} of ${bytes} bytes`);
      },
    );
  } finally {
    await step.end();
    await settle();
  }
}

/**
 * Compares this server with others: the same steps in turns, medians, ratios.
 *
 * @module
 */
import { mkdirSync, writeFileSync } from "node:fs";
import os from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { TlsClient } from "./client/tls_client.ts";
import { provide } from "./compare/files.ts";
import { Turn } from "./compare/rounds.ts";
import type { Load, Sample } from "./compare/sample.ts";
import { median, summarize } from "./compare/stats.ts";
import {
  checkDemands,
  type Demand,
  formatSummary,
  formatTable,
  type Row,
} from "./compare/table.ts";
import { TlsTurn } from "./compare/tls_rounds.ts";
import { parseSize } from "./measure/size.ts";
import { BENCH, isProgram } from "./paths.ts";
import { draw } from "./draw.ts";
import { anyftpdBuild } from "./peer/anyftpd.ts";
import type { Peer } from "./peer/peer.ts";
import type { RunningPeer } from "./peer/runner.ts";
import { choosePeers, type Field, startAll } from "./peers.ts";

/** What is demanded of this server; looked at after each full comparison. */
const DEMANDS: readonly Demand[] = [
  { metric: "download", peer: "anyftpd", base: "vsftpd", atLeast: 0.6 },
  { metric: "upload", peer: "anyftpd", base: "vsftpd", atLeast: 0.6 },
  { metric: "logins", peer: "anyftpd", base: "pyftpdlib", atLeast: 0.7 },
];

/** The same over TLS: the best of the other servers is what ratios are to. */
const TLS_DEMANDS: readonly Demand[] = [
  "anyftpd",
  "anyftpd-deno",
  "anyftpd-bun",
].flatMap((peer) => [
  { metric: "TLS download", peer, base: null, atLeast: 1, cpuAtMost: 1.3 },
  { metric: "TLS upload", peer, base: null, atLeast: 1, cpuAtMost: 1.3 },
]);

const USAGE = `\
Usage: compare [options] [SERVER ...]

Measures the named servers, or all that are here, in turns.

  -r, --rounds N   measured rounds, after one that does not count (default: 5)
  -s, --size SIZE  of the big file (default: 1G)
  -n, --logins N   connections one after the other (default: 300)
  -c, --clients N  clients at once (default: 50), 4 MiB each
  --quick          2 rounds, 128M, 100 logins, 20 clients
  --tls            measure FTP over TLS instead: TLS 1.3, one cipher for all
  --build NAME=DIR also measure this build of the project (its dist folder)
  --base NAME      what ratios are to (default: vsftpd, else the first)
  --save NAME      the file in bench/results (default: latest, or tls)
  --strict         exit code 3 when a ratio that is demanded is missed
`;

interface Settings {
  readonly rounds: number;
  readonly load: Load;
  readonly tls: boolean;
  readonly builds: readonly Peer[];
  readonly base: string;
  readonly save: string;
  readonly strict: boolean;
  readonly names: readonly string[];
}

function count(text: string, what: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new RangeError(`invalid ${what} '${text}'`);
}

function build(text: string): Peer {
  const [name, folder] = text.split("=", 2);
  if (name && folder) return anyftpdBuild(name, folder);
  throw new RangeError(`invalid build '${text}', expected NAME=DIR`);
}

function parse(args: readonly string[]): Settings | null {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      rounds: { type: "string", short: "r" },
      size: { type: "string", short: "s" },
      logins: { type: "string", short: "n" },
      clients: { type: "string", short: "c" },
      quick: { type: "boolean", default: false },
      build: { type: "string", multiple: true, default: [] },
      base: { type: "string", default: "vsftpd" },
      save: { type: "string" },
      tls: { type: "boolean", default: false },
      strict: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return null;
  const { quick } = values;
  const size = values.size ?? (quick ? "128M" : "1G");
  const bytes = parseSize(size);
  if (bytes === null || bytes === 0) {
    throw new RangeError(`invalid file size '${size}'`);
  }
  const logins = count(values.logins ?? (quick ? "100" : "300"), "logins");
  return {
    rounds: count(values.rounds ?? (quick ? "2" : "5"), "rounds"),
    load: {
      bytes,
      logins,
      smallFiles: logins,
      clients: count(values.clients ?? (quick ? "20" : "50"), "clients"),
      clientBytes: 4 * 1024 * 1024,
    },
    tls: values.tls,
    builds: values.build.map(build),
    base: values.base,
    save: values.save ?? (values.tls ? "tls" : "latest"),
    strict: values.strict,
    names: positionals,
  };
}

function toRows(peer: string, rounds: readonly (readonly Sample[])[]): Row[] {
  const first = rounds[0] ?? [];
  return first.map((shape, index) => {
    const samples = rounds.flatMap((round) => round[index] ?? []);
    return {
      metric: shape.metric,
      peer,
      unit: shape.unit,
      value: summarize(
        samples.map((sample) => sample.value),
        shape.higherIsBetter,
      ),
      cpuUnit: shape.cpuUnit,
      cpuMedian: median(samples.map((sample) => sample.cpu)),
      privateBytes: median(samples.map((sample) => sample.privateBytes)),
      rounds: samples.length,
    };
  });
}

/** How a server's turn is made. */
type MakeTurn = (peer: RunningPeer) => Turn | TlsTurn;

async function turns({ load, tls }: Settings): Promise<MakeTurn> {
  if (!tls) return (peer) => new Turn(peer, load);
  const client = await TlsClient.prepare();
  return (peer) => new TlsTurn(peer, load, client);
}

/** Rounds A B C, A B C, …; the first one warms up and is thrown away. */
async function measure(
  field: Field,
  settings: Settings,
  makeTurn: MakeTurn,
): Promise<Row[]> {
  provide(field.running, settings.load);
  const taken = new Map<string, (readonly Sample[])[]>();
  for (let round = 0; round <= settings.rounds; round++) {
    for (const peer of field.running) {
      process.stderr.write(`round ${round}: ${peer.name}\n`);
      const turn = makeTurn(peer);
      if (round === 0) await turn.warmUp();
      const samples = await turn.run();
      if (round === 0) continue;
      const earlier = taken.get(peer.name) ?? [];
      taken.set(peer.name, [...earlier, samples]);
    }
  }
  const rows = [...taken].flatMap(([name, rounds]) => toRows(name, rounds));
  const metrics = [...new Set(rows.map((row) => row.metric))];
  return metrics.flatMap((metric) =>
    rows.filter((row) => row.metric === metric)
  );
}

function save(settings: Settings, field: Field, rows: readonly Row[]): string {
  const folder = join(BENCH, "results");
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${settings.save}.json`);
  const record = {
    date: new Date().toISOString(),
    node: process.version,
    system: `${os.type()} ${os.arch()}`,
    processors: os.availableParallelism(),
    load: settings.load,
    rounds: settings.rounds,
    skipped: field.skipped.map(([name]) => name),
    rows,
  };
  writeFileSync(file, `${JSON.stringify(record, null, 2)}\n`);
  return file;
}

async function compare(settings: Settings): Promise<number> {
  const { names, builds, tls } = settings;
  const makeTurn = await turns(settings);
  const field = await startAll(choosePeers(names, builds), tls);
  // Servers have groups of their own, so an interrupt does not reach them.
  const interrupt = (): void => {
    void field.stop().finally(() => process.exit(130));
  };
  process.once("SIGINT", interrupt);
  process.once("SIGTERM", interrupt);
  try {
    for (const [name, reason] of field.skipped) {
      process.stdout.write(`${name} skipped: ${reason}\n`);
    }
    const first = field.running[0];
    if (first === undefined) throw new Error("no server to measure");
    const here = field.running.map((peer) => peer.name);
    const base = here.includes(settings.base) ? settings.base : first.name;
    const rows = await measure(field, settings, makeTurn);
    process.stdout.write(`${formatTable(rows, base)}\n\n`);
    process.stdout.write(`${formatSummary(rows)}\n\n`);
    const demands = checkDemands(rows, tls ? TLS_DEMANDS : DEMANDS);
    for (const { text } of demands) process.stdout.write(`${text}\n`);
    process.stdout.write(`kept in ${save(settings, field, rows)}\n`);
    process.stdout.write(`drawn in ${await draw(settings.save)}\n`);
    return settings.strict && demands.some(({ met }) => !met) ? 3 : 0;
  } finally {
    process.off("SIGINT", interrupt);
    process.off("SIGTERM", interrupt);
    await field.stop();
  }
}

/** @returns the exit code */
export async function main(args: readonly string[]): Promise<number> {
  try {
    const settings = parse(args);
    if (settings === null) {
      process.stdout.write(USAGE);
      return 0;
    }
    return await compare(settings);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`compare: error: ${message}\n`);
    return error instanceof RangeError ? 2 : 1;
  }
}

if (isProgram(import.meta.url)) {
  process.exitCode = await main(process.argv.slice(2));
}

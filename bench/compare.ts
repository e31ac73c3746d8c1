/**
 * Compares this server with others: the same steps in turns, medians, ratios.
 *
 * @module
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import os from "node:os";
import { join } from "node:path";
import type { Taken } from "./compare/journal.ts";
import { parseSettings, type Settings, USAGE } from "./compare/settings.ts";
import type { Sample } from "./compare/sample.ts";
import { median, summarize } from "./compare/stats.ts";
import { takeAll } from "./compare/suites.ts";
import { formatSummary, formatTable, type Row } from "./compare/table.ts";
import { formatTargets, judge, TARGETS } from "./compare/targets.ts";
import { draw } from "./draw.ts";
import { BENCH, isProgram } from "./paths.ts";
import { OURS } from "./peer/anyftpd.ts";

function toRow(peer: string, samples: readonly [Sample, ...Sample[]]): Row {
  const [{ key, metric, unit, higherIsBetter, cpuUnit }] = samples;
  return {
    key,
    metric,
    peer,
    unit,
    higherIsBetter,
    value: summarize(samples.map(({ value }) => value), higherIsBetter),
    cpuUnit,
    cpuMedian: median(samples.map(({ cpu }) => cpu)),
    privateBytes: median(samples.map(({ privateBytes }) => privateBytes)),
    rounds: samples.length,
  };
}

/** Metrics in the order in which they came, servers within them likewise. */
function toRows({ samples }: Taken): readonly Row[] {
  const metrics = new Map<string, Map<string, [Sample, ...Sample[]]>>();
  for (const [peer, sample] of samples) {
    const peers = metrics.get(sample.metric) ??
      new Map<string, [Sample, ...Sample[]]>();
    metrics.set(sample.metric, peers);
    const earlier = peers.get(peer);
    if (earlier === undefined) peers.set(peer, [sample]);
    else earlier.push(sample);
  }
  return [...metrics.values()].flatMap((peers) =>
    [...peers].map(([peer, some]) => toRow(peer, some))
  );
}

/** What the machine has to do besides: the mean of the last minute. */
function loadNow(): number {
  return Number(readFileSync("/proc/loadavg", "latin1").split(" ")[0]);
}

/** A file of results: what was measured, where, and how. */
function save(
  settings: Settings,
  { skipped, failed }: Taken,
  rows: readonly Row[],
  loadBefore: number,
): string {
  const folder = join(BENCH, "results");
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${settings.save}.json`);
  const record = {
    date: new Date().toISOString(),
    node: process.version,
    system: `${os.type()} ${os.arch()}`,
    processors: os.availableParallelism(),
    processor: os.cpus()[0]?.model ?? "",
    loadBefore,
    load: settings.load,
    rounds: settings.rounds,
    skipped: skipped.map(([name]) => name),
    failed,
    rows,
  };
  writeFileSync(file, `${JSON.stringify(record, null, 2)}\n`);
  return file;
}

async function compare(settings: Settings): Promise<number> {
  const loadBefore = loadNow();
  const taken = await takeAll(settings);
  const rows = toRows(taken);
  const first = rows[0];
  if (first === undefined) throw new Error("nothing was measured");
  const base = rows.some(({ peer }) => peer === settings.base)
    ? settings.base
    : first.peer;
  const parts = [formatTable(rows, base), formatSummary(rows)];
  const verdicts = judge(rows, TARGETS);
  if (verdicts.length > 0) parts.push(formatTargets(verdicts));
  for (const part of parts) process.stdout.write(`${part}\n\n`);
  const kept = save(settings, taken, rows, loadBefore);
  process.stdout.write(`kept in ${kept}\n`);
  process.stdout.write(`drawn in ${await draw(settings.save)}\n`);
  for (const [what, reason] of taken.failed) {
    process.stdout.write(`failed: ${what}: ${reason}\n`);
  }
  if (taken.failed.some(([what]) => what.includes(OURS))) return 1;
  return settings.strict && verdicts.some(({ met }) => !met) ? 3 : 0;
}

/** @returns the exit code */
export async function main(args: readonly string[]): Promise<number> {
  try {
    const settings = parseSettings(args);
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

import type { Summary } from "./stats.ts";

/** What a metric came to for one server. */
export interface Row {
  readonly metric: string;
  readonly peer: string;
  readonly unit: string;
  readonly value: Summary;
  readonly cpuUnit: string;
  readonly cpuMedian: number;
  readonly privateBytes: number;
  readonly rounds: number;
}

/** A ratio that the project demands. */
export interface Demand {
  readonly metric: string;
  readonly peer: string;
  /** What the ratio is to; `null`: the best server that is not ours. */
  readonly base: string | null;
  readonly atLeast: number;
  /** What its CPU time may be of theirs; left out: anything. */
  readonly cpuAtMost?: number;
}

const HEAD: readonly string[] = [
  "metric",
  "server",
  "median",
  "best",
  "worst",
  "unit",
  "ratio",
  "CPU",
  "MiB private",
];

function figure(value: number): string {
  if (!Number.isFinite(value)) return "-";
  return value >= 100 ? value.toFixed(0) : value.toFixed(2);
}

/** The same metric of another server, or `undefined`. */
export function find(
  rows: readonly Row[],
  metric: string,
  peer: string,
): Row | undefined {
  return rows.find((row) => row.metric === metric && row.peer === peer);
}

function cells(rows: readonly Row[], row: Row, base: string): string[] {
  const other = find(rows, row.metric, base);
  const ratio = other === undefined
    ? "-"
    : figure(row.value.median / other.value.median);
  return [
    row.metric,
    row.peer,
    figure(row.value.median),
    figure(row.value.best),
    figure(row.value.worst),
    row.unit,
    ratio,
    Number.isFinite(row.cpuMedian)
      ? `${row.cpuMedian.toFixed(2)} ${row.cpuUnit}`
      : "-",
    figure(row.privateBytes / 1024 / 1024),
  ];
}

/** Lays out lines of cells, the first being the head, as a Markdown table. */
function markdown(
  lines: readonly (readonly string[])[],
  isText: (column: number) => boolean,
): string {
  const widths = (lines[0] ?? []).map((_, column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0))
  );
  const format = (line: readonly string[]): string => {
    const padded = line.map((cell, column) =>
      isText(column)
        ? cell.padEnd(widths[column] ?? 0)
        : cell.padStart(widths[column] ?? 0)
    );
    return `| ${padded.join(" | ")} |`;
  };
  const rule = widths.map((width, column) =>
    isText(column) ? "-".repeat(width) : `${"-".repeat(width - 1)}:`
  );
  const [head, ...body] = lines.map(format);
  return [head, `| ${rule.join(" | ")} |`, ...body].join("\n");
}

/** All rows as a Markdown table; ratios are to `base`, higher is better. */
export function formatTable(rows: readonly Row[], base: string): string {
  const lines = [HEAD, ...rows.map((row) => cells(rows, row, base))];
  return markdown(lines, (column) => [0, 1, 5].includes(column));
}

/** Medians alone, a column for each server: of the values, then of the CPU. */
export function formatSummary(rows: readonly Row[]): string {
  const peers = [...new Set(rows.map((row) => row.peer))];
  const metrics = [...new Set(rows.map((row) => row.metric))];
  const table = (
    unit: (row: Row) => string,
    value: (row: Row) => string,
  ): string => {
    const body = metrics.map((metric) => {
      const mine = peers.map((peer) => find(rows, metric, peer));
      const some = mine.find((row) => row !== undefined);
      const name = some === undefined ? metric : `${metric}, ${unit(some)}`;
      return [name, ...mine.map((row) => row === undefined ? "-" : value(row))];
    });
    return markdown([["median", ...peers], ...body], (column) => column === 0);
  };
  const values = table((row) => row.unit, (row) => figure(row.value.median));
  const cpu = table(
    (row) => `CPU ${row.cpuUnit}`,
    (row) => Number.isFinite(row.cpuMedian) ? row.cpuMedian.toFixed(2) : "-",
  );
  return `${values}\n\n${cpu}`;
}

/** What names of our own servers begin with. */
const OURS = "anyftpd";

/** The servers that a demand compares with. */
function bases(rows: readonly Row[], demand: Demand): readonly Row[] {
  const { metric, base } = demand;
  return rows.filter((row) =>
    row.metric === metric &&
    (base === null ? !row.peer.startsWith(OURS) : row.peer === base)
  );
}

/** One line for each demand that both servers were there for. */
export function checkDemands(
  rows: readonly Row[],
  demands: readonly Demand[],
): readonly { readonly met: boolean; readonly text: string }[] {
  return demands.flatMap((demand) => {
    const { metric, peer, atLeast, cpuAtMost } = demand;
    const mine = find(rows, metric, peer);
    const theirs = bases(rows, demand);
    if (mine === undefined || theirs.length === 0) return [];
    const base = demand.base ?? "the best";
    const what = `${metric}, ${peer}`;
    const rate = mine.value.median /
      Math.max(...theirs.map((row) => row.value.median));
    const results = [{
      met: rate >= atLeast,
      text: `${what}: ${rate.toFixed(2)} of ${base}, at least ${atLeast}`,
    }];
    if (cpuAtMost !== undefined) {
      const cpu = mine.cpuMedian /
        Math.min(...theirs.map((row) => row.cpuMedian));
      results.push({
        met: cpu <= cpuAtMost,
        text: `${what}: CPU ${cpu.toFixed(2)} of ${base}, ` +
          `at most ${cpuAtMost}`,
      });
    }
    return results.map(({ met, text }) => ({
      met,
      text: `${met ? "met   " : "missed"} ${text}`,
    }));
  });
}

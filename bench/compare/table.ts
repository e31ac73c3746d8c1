import type { Summary } from "./stats.ts";

/** What a metric came to for one server. */
export interface Row {
  /** A stable short name of the metric, for programs. */
  readonly key: string;
  readonly metric: string;
  readonly peer: string;
  readonly unit: string;
  readonly higherIsBetter: boolean;
  readonly value: Summary;
  readonly cpuUnit: string;
  /** NaN where it says nothing. */
  readonly cpuMedian: number;
  readonly privateBytes: number;
  readonly rounds: number;
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

/** A number as people want to read it; `-` when there is none. */
export function figure(value: number): string {
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
export function markdown(
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

/** All rows as a Markdown table; ratios are to `base`. */
export function formatTable(rows: readonly Row[], base: string): string {
  const lines = [HEAD, ...rows.map((row) => cells(rows, row, base))];
  return markdown(lines, (column) => [0, 1, 5].includes(column));
}

/** Medians alone, a column for each server: of the values, then of the CPU. */
export function formatSummary(rows: readonly Row[]): string {
  const peers = [...new Set(rows.map((row) => row.peer))];
  const table = (
    some: readonly Row[],
    unit: (row: Row) => string,
    value: (row: Row) => string,
  ): string => {
    const metrics = [...new Set(some.map((row) => row.metric))];
    const body = metrics.map((metric) => {
      const mine = peers.map((peer) => find(some, metric, peer));
      const first = mine.find((row) => row !== undefined);
      const name = first === undefined ? metric : `${metric}, ${unit(first)}`;
      return [name, ...mine.map((row) => row === undefined ? "-" : value(row))];
    });
    return markdown([["median", ...peers], ...body], (column) => column === 0);
  };
  const values = table(
    rows,
    (row) => row.unit,
    (row) => figure(row.value.median),
  );
  const used = rows.filter((row) => row.cpuUnit !== "");
  if (used.length === 0) return values;
  const cpu = table(
    used,
    (row) => `CPU ${row.cpuUnit}`,
    (row) => Number.isFinite(row.cpuMedian) ? row.cpuMedian.toFixed(2) : "-",
  );
  return `${values}\n\n${cpu}`;
}

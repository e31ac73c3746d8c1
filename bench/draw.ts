// Draws what a comparison kept: one bar chart for each metric.

import { readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { parse as parseVega, View } from "vega";
import { compile, type TopLevelSpec } from "vega-lite";
import { figure } from "./compare/table.ts";
import { BENCH } from "./paths.ts";

const USAGE = `\
Usage: draw [NAME ...]

Draws bench/results/NAME.json (default: latest) as NAME.svg beside it: medians
as bars, best and worst of the rounds as lines. A bar that is far longer than
ours is cut; its number says so.
`;

/** What is used of a kept comparison. */
interface Kept {
  readonly date: string;
  readonly rows: readonly {
    readonly metric: string;
    readonly peer: string;
    readonly unit: string;
    readonly higherIsBetter?: boolean;
    readonly value: {
      readonly median: number;
      readonly best: number;
      readonly worst: number;
    };
  }[];
}

const CHART_WIDTH = 320;
const BAR_HEIGHT = 18;
const COLUMNS = 2;

const RESULTS = join(BENCH, "results");

/** How much longer than our longest a bar may be; more is written, not drawn. */
const MOST_OF_OURS = 3;

/** Ours are told apart by colour. */
const OURS = "#2b6cb0";
const OTHERS = "#a0aec0";
const OUR_NAME = "anyftpd";

function titleOf(
  metric: string,
  row: Kept["rows"][number] | undefined,
): string {
  const unit = row?.unit === "ratio" ? "" : `, ${row?.unit ?? ""}`;
  const less = row?.higherIsBetter === false ? " (less is better)" : "";
  return metric + unit + less;
}

function specOf(kept: Kept): TopLevelSpec {
  const metrics = [...new Set(kept.rows.map(({ metric }) => metric))];
  return {
    background: "white",
    columns: COLUMNS,
    concat: metrics.map((metric) => {
      const rows = kept.rows.filter((row) => row.metric === metric);
      const ours = rows.filter(({ peer }) => peer.startsWith(OUR_NAME));
      const longest = ours.length === 0
        ? Infinity
        : MOST_OF_OURS * Math.max(...ours.map(({ value }) => value.median));
      const values = rows.map(({ peer, value }) => ({
        peer,
        median: Math.min(value.median, longest),
        best: Math.min(value.best, longest),
        worst: Math.min(value.worst, longest),
        label: figure(value.median) + (value.median > longest ? " …" : ""),
        isOurs: ours.some((row) => row.peer === peer),
      }));
      return {
        title: titleOf(metric, rows[0]),
        width: CHART_WIDTH,
        height: { step: BAR_HEIGHT },
        data: { values },
        encoding: {
          y: { field: "peer", type: "nominal", sort: null, title: null },
        },
        layer: [
          {
            mark: "bar",
            encoding: {
              x: { field: "median", type: "quantitative", title: null },
              color: {
                field: "isOurs",
                type: "nominal",
                legend: null,
                scale: { domain: [true, false], range: [OURS, OTHERS] },
              },
            },
          },
          {
            mark: "rule",
            encoding: {
              x: { field: "worst", type: "quantitative" },
              x2: { field: "best" },
            },
          },
          {
            mark: { type: "text", align: "left", dx: CHART_WIDTH + 4, x: 0 },
            encoding: { text: { field: "label" } },
          },
        ],
      };
    }),
  };
}

/** Draws one file of results; answers where the drawing is. */
export async function draw(name: string): Promise<string> {
  const kept = JSON.parse(
    readFileSync(join(RESULTS, `${name}.json`), "utf8"),
  ) as Kept;
  const view = new View(parseVega(compile(specOf(kept)).spec), {
    renderer: "none",
  });
  const path = join(RESULTS, `${name}.svg`);
  writeFileSync(path, `${await view.toSVG()}\n`);
  return path;
}

/** The program. */
export async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { help: { type: "boolean", short: "h", default: false } },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  for (const name of positionals.length === 0 ? ["latest"] : positionals) {
    process.stdout.write(`${await draw(basename(name, ".json"))}\n`);
  }
  return 0;
}

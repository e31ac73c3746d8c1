import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT, textOf } from "./_documents.ts";

/** A row of a table in which each promise names the test that holds it. */
export interface PromiseRow {
  /** What is promised. */
  readonly subject: string;
  /** How, or what was decided. */
  readonly answer: string;
  readonly tests: readonly NamedTest[];
  /** The last column as it stands. */
  readonly held: string;
}

/** A file of tests, and a part of a test's name in it. */
export interface NamedTest {
  readonly path: string;
  readonly name: string;
}

const NAMED = /\]\(\.\.\/((?:tests|lib\/contract)\/[^)]+)\) "([^"]+)"/g;

/** The rows of all tables of a document whose last column is "tested by". */
export function promiseRows(document: string): readonly PromiseRow[] {
  let inTable = false;
  return textOf(document).split("\n").flatMap((line) => {
    if (!line.startsWith("|")) {
      inTable = false;
      return [];
    }
    const cells = line.split(/(?<!\\)\|/).slice(1, -1)
      .map((cell) => cell.trim());
    if (!inTable) {
      inTable = cells.at(-1) === "tested by";
      return [];
    }
    if (/^-+$/.test(cells[0]!)) return [];
    const held = cells.at(-1)!;
    const tests = [...held.matchAll(NAMED)]
      .map(([, path, name]) => ({ path: path!, name: name! }));
    return [{ subject: cells[0]!, answer: cells.at(-2)!, tests, held }];
  });
}

const TITLE =
  /(?:\b(?:test|describe)(?:\.\w+)*|\))\(\s*("(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`)/g;

const titles = new Map<string, readonly string[]>();

/** What tests and groups of a file are called, templates as they stand. */
function titlesOf(path: string): readonly string[] {
  const known = titles.get(path);
  if (known !== undefined) return known;
  const source = readFileSync(join(ROOT, path), "utf8");
  const found = [...source.matchAll(TITLE)].map(([, literal]) =>
    literal!.slice(1, -1).replaceAll(/\\(.)/g, "$1")
  );
  titles.set(path, found);
  return found;
}

/** What is wrong with a row; `null` when it keeps its word. */
export function objection(row: PromiseRow): string | null {
  if (row.held === "to do") return null;
  if (row.tests.length === 0) {
    return row.answer.startsWith("decided:")
      ? null
      : `${row.subject}: neither a test nor a decision`;
  }
  for (const { path, name } of row.tests) {
    if (!existsSync(join(ROOT, path))) return `${row.subject}: no ${path}`;
    if (!titlesOf(path).some((title) => title.includes(name))) {
      return `${row.subject}: ${path} has no test "${name}"`;
    }
  }
  return null;
}

// deno-lint-ignore-file explicit-module-boundary-types -- JavaScript, so that
// Node 20 runs it too
// Reads what vitest reports, and makes a table of it.
import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { ROOT } from "./_runtimes.mjs";

/** How much of a failure is printed. */
const MESSAGE_LINES = 12;
const LOG_LINES = 40;

/**
 * @typedef {object} Result
 * @property {string} runtime
 * @property {string} suite the folder below `tests`
 * @property {number} passed
 * @property {readonly Failure[]} failures
 * @property {readonly Failure[]} unsteady failed, and passed when run again
 *
 * @typedef {object} Failure
 * @property {string} [path] of the test file, if it is one
 * @property {string} title
 * @property {string} message
 */

/** The results of one run, by suite; a report that is missing is a failure. */
export function readReport(job, reportPath, logPath) {
  let report;
  try {
    report = JSON.parse(readFileSync(reportPath, "utf8"));
  } catch {
    return [{
      runtime: job.runtime.name,
      suite: job.suites[0],
      passed: 0,
      failures: [{ title: "no report from vitest", message: tailOf(logPath) }],
      unsteady: [],
    }];
  }
  const results = new Map();
  for (const file of report.testResults) {
    const path = relative(ROOT, file.name);
    const suite = path.split(/[\\/]/)[1];
    if (!results.has(suite)) {
      const runtime = job.runtime.name;
      const counts = { passed: 0, failures: [], unsteady: [] };
      results.set(suite, { runtime, suite, ...counts });
    }
    const result = results.get(suite);
    for (const test of file.assertionResults) {
      if (test.status === "passed") result.passed++;
      else if (test.status === "failed") {
        const message = shorten(test.failureMessages);
        const title = `${path}: ${test.fullName}`;
        result.failures.push({ path, title, message });
      }
    }
    // As when a file cannot be loaded, or a hook fails.
    const told = file.assertionResults.some(({ status }) =>
      status === "failed"
    );
    if (file.status === "failed" && !told) {
      const message = shorten([file.message]);
      result.failures.push({ path, title: path, message });
    }
  }
  // Errors outside any test make vitest fail, and no test.
  const { numFailedTests, success } = report;
  const counted = [...results.values()]
    .some(({ failures }) => failures.length > 0);
  if (!success && numFailedTests === 0 && !counted) {
    const [first] = results.values();
    const message = tailOf(logPath);
    first?.failures.push({ title: "vitest failed", message });
  }
  return [...results.values()];
}

/**
 * What a second run of the files with failures makes of the first: what
 * passed this time is unsteady, not failed.
 */
export function settled(first, second) {
  const failed = second.flatMap(({ failures }) => failures);
  // A run that came to nothing has settled nothing.
  if (failed.some(({ path }) => path === undefined)) return first;
  const stays = ({ title, path }) =>
    failed.some((failure) => failure.title === title || failure.title === path);
  return first.map((result) => {
    const unsteady = result.failures.filter((failure) => !stays(failure));
    const { failures } = second.find(({ suite }) => suite === result.suite) ??
      { failures: [] };
    const passed = result.passed + unsteady.length;
    return { ...result, passed, failures, unsteady };
  });
}

/** The table of runtimes and suites, as `passed` or `passed/failed!`. */
export function tableOf(results, runtimes, suites) {
  const cell = (runtime, suite) => {
    const found = results.filter((result) =>
      result.runtime === runtime && result.suite === suite
    );
    if (found.length === 0) return "-";
    const passed = sum(found.map((result) => result.passed));
    const failed = sum(found.map((result) => result.failures.length));
    return failed === 0 ? String(passed) : `${passed}/${failed}!`;
  };
  const rows = [
    ["", ...suites],
    ...runtimes.map((runtime) => [
      runtime,
      ...suites.map((suite) => cell(runtime, suite)),
    ]),
  ];
  const widths = rows[0].map((_, column) =>
    Math.max(...rows.map((row) => row[column].length))
  );
  return rows.map((row) =>
    row.map((text, column) =>
      column === 0 ? text.padEnd(widths[0]) : text.padStart(widths[column])
    ).join("  ")
  ).join("\n");
}

export function sum(numbers) {
  return numbers.reduce((total, number) => total + number, 0);
}

function shorten(messages) {
  return stripVTControlCharacters(messages.join("\n")).split("\n")
    .slice(0, MESSAGE_LINES).map((line) => `    ${line}`).join("\n");
}

function tailOf(path) {
  const lines = stripVTControlCharacters(readFileSync(path, "utf8"))
    .trimEnd().split("\n");
  return lines.slice(-LOG_LINES).map((line) => `    ${line}`).join("\n");
}

// Runs the tests on every runtime and prints how many passed where.
//
//   node scripts/matrix.mjs [--all] [--runtime NAME]... [--suite NAME]...
//                           [--jobs N]
//
// Without options: on this Node, on Deno and on Bun. `--all` adds the other
// supported releases of Node (Linux on x64), which it installs into a cache.
// A runtime is named as in the table (`deno`, `node 22`), a suite as its
// folder. What serves in the tests with real clients is the runtime of the
// row; these tests themselves run on Node. This Node, Deno and Bun run all
// tests, the other releases those that could end in another way on them.
//
// Files with failures run once more at the end, alone: a test that passes then
// was disturbed by its neighbours. It is printed as unsteady, and does not
// fail the run.
import { spawn } from "node:child_process";
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
} from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { readReport, settled, sum, tableOf } from "./_results.mjs";
import * as runtimes from "./_runtimes.mjs";

const { CACHE, ROOT } = runtimes;
const VITEST = join(ROOT, "node_modules", "vitest", "vitest.mjs");

/** A run that hangs is ended after this time. */
const LONGEST_JOB_MS = 900_000;

/** More files with failures than this are no disturbance. */
const MOST_FILES_AGAIN = 4;

/** What runs inside each runtime. */
const INSIDE = ["unit", "session", "contract", "fuzz"];

/**
 * Of these, what neither needs a process of its own nor leaves anything behind
 * in it. A process for each of many short files takes longer than its tests.
 */
const SHARED = ["unit", "session", "fuzz"];

/** Servers of the runtime in processes of their own, with clients on Node. */
const CLIENTS = ["oracle", "e2e"];

/** Depends on neither the runtime nor, mostly, the release of Node. */
const ONCE = ["meta", "package"];

/**
 * What a release of Node cannot change, besides all of `oracle` and `fuzz`:
 * what our server says to clients in the clear and does with users and paths.
 * It runs on the Node that runs this script, with Deno and with Bun.
 */
const NOT_OF_RELEASE = [
  "tests/e2e/administrators_day.test.ts",
  "tests/e2e/attacks.test.ts",
  "tests/e2e/attacks_on_files.test.ts",
  "tests/e2e/basic_ftp.test.ts",
  "tests/e2e/bench_client.test.ts",
  "tests/e2e/cli_external.test.ts",
  "tests/e2e/cli_users.test.ts",
  "tests/e2e/curl.test.ts",
  "tests/e2e/examples.test.ts",
  "tests/e2e/lftp.test.ts",
  "tests/e2e/ncftp.test.ts",
  "tests/e2e/python_ftplib.test.ts",
  "tests/e2e/system_users_command.test.ts",
  "tests/e2e/system_users_options.test.ts",
  "tests/e2e/tnftp.test.ts",
  "tests/e2e/wget.test.ts",
];

/**
 * What is left out on releases of Node between the oldest and the newest, too:
 * crowds and hostile clients at sockets that `contract` looks at on every
 * release. Real clients of TLS, processes, signals and descriptors stay.
 */
const NOT_BETWEEN = [
  "tests/e2e/aborted_downloads.test.ts",
  "tests/e2e/config.test.ts",
  "tests/e2e/hostile_control.test.ts",
  "tests/e2e/hostile_data.test.ts",
  "tests/e2e/hostile_transfers.test.ts",
  "tests/e2e/link_local.test.ts",
  "tests/e2e/many_clients.test.ts",
];

/** Tests with servers that need to run inside the runtime themselves. */
const INSIDE_E2E = [
  "tests/e2e/cli.test.ts",
  "tests/e2e/ftp_srv_shim.test.ts",
  "tests/e2e/jail.test.ts",
  "tests/e2e/jail_links.test.ts",
  "tests/e2e/tunnel.test.ts",
];

/** What of the package may depend on the release of Node. */
const PACKAGE_ON_NODE = [
  "tests/package/command.test.ts",
  "tests/package/examples.test.ts",
  "tests/package/modules.test.ts",
];

const { values: options } = parseArgs({
  options: {
    all: { type: "boolean", default: false },
    runtime: { type: "string", multiple: true },
    suite: { type: "string", multiple: true },
    jobs: { type: "string", default: "2" },
  },
});

const here = runtimes.nodeHere();
const rows = [
  here,
  ...(options.all ? runtimes.otherNodes() : []),
  runtimes.deno(),
  runtimes.bun(),
].filter(({ name }) => options.runtime?.includes(name) ?? true);
const wanted = (suite) => options.suite?.includes(suite) ?? true;
const reports = mkdtempSync(join(makeFolder(CACHE), "matrix-"));
process.on("exit", () => rmSync(reports, { recursive: true, force: true }));

const started = performance.now();
const results = await runAgain(await runAll(rows.flatMap(jobsOf)));
report(results);

/**
 * The runs of vitest for a runtime.
 *
 * @returns {readonly Job[]}
 *
 * @typedef {object} Job
 * @property {import("./_runtimes.mjs").Runtime} runtime whose row it fills
 * @property {import("./_runtimes.mjs").Runtime} host what vitest runs on
 * @property {readonly string[]} suites
 * @property {readonly string[]} paths
 * @property {boolean} isolated whether each file has a process of its own
 * @property {boolean} clients whether it starts servers and clients
 */
function jobsOf(runtime) {
  const inside = runtime.kind !== "node";
  const first = inside || runtime === here;
  const below = (suites) => suites.map((suite) => `tests/${suite}/`);
  const jobs = [
    {
      suites: first ? SHARED : SHARED.filter((suite) => suite !== "fuzz"),
      paths: below,
      isolated: false,
    },
    {
      suites: INSIDE.filter((suite) => !SHARED.includes(suite)),
      paths: below,
    },
    {
      host: inside ? here : runtime,
      suites: first ? CLIENTS : ["e2e"],
      paths: below,
      exclude: inside ? INSIDE_E2E : first ? [] : [
        ...NOT_OF_RELEASE,
        ...(runtimes.isBetween(runtime) ? NOT_BETWEEN : []),
      ],
      clients: true,
    },
  ];
  if (inside) jobs.push({ suites: ["e2e"], paths: () => INSIDE_E2E });
  if (runtime === here) {
    jobs.push({ suites: ONCE, paths: below });
  } else if (!inside) {
    jobs.push({ suites: ["package"], paths: () => PACKAGE_ON_NODE });
  }
  return jobs.flatMap(({ suites, paths, ...job }) => {
    const some = suites.filter((suite) => wanted(suite) && isThere(suite));
    if (some.length === 0) return [];
    const rest = {
      exclude: [],
      host: runtime,
      isolated: true,
      clients: false,
      ...job,
    };
    return [{ ...rest, runtime, suites: some, paths: paths(some) }];
  });
}

/** Runs all jobs, some at a time, with clients only one. */
async function runAll(jobs) {
  const waiting = [...jobs];
  const done = [];
  let withClients = false;
  const worker = async () => {
    for (;;) {
      // What takes longest first, and no two of those that need quiet.
      let at = waiting.findIndex((job) => job.clients && !withClients);
      if (at < 0) at = waiting.findIndex((job) => !job.clients);
      if (at < 0 && withClients && waiting.length > 0) {
        await new Promise((resolve) => setTimeout(resolve, 100));
        continue;
      }
      if (at < 0) return;
      const [job] = waiting.splice(at, 1);
      if (job.clients) withClients = true;
      done.push({ job, results: await run(job) });
      if (job.clients) withClients = false;
    }
  };
  await Promise.all(Array.from({ length: Number(options.jobs) }, worker));
  return done;
}

/** Runs the files that failed once more, and answers what then holds. */
async function runAgain(done) {
  const all = [];
  for (const { job, results } of done) {
    const paths = new Set(
      results.flatMap(({ failures }) => failures.map(({ path }) => path)),
    );
    const again = paths.size > 0 && paths.size <= MOST_FILES_AGAIN &&
      !paths.has(undefined);
    if (again) {
      const suites = [...job.suites, "again"];
      const second = await run({
        ...job,
        suites,
        paths: [...paths],
        isolated: true,
      });
      all.push(...settled(results, second));
    } else {
      all.push(...results);
    }
  }
  return all;
}

/** Runs vitest once and answers its results. */
async function run(job) {
  const { runtime, host, suites, exclude } = job;
  const where = host.kind === runtime.kind ? "" : " from Node";
  const title = `${runtime.name}: ${suites.join(", ")}${where}`;
  const file = join(reports, title.replaceAll(/\W+/g, "-"));
  const log = openSync(`${file}.log`, "w");
  const begin = performance.now();
  const child = spawn(host.program, [
    ...host.first,
    VITEST,
    "run",
    ...job.paths,
    ...exclude.map((path) => `--exclude=${path}`),
    // Clients and servers wait for each other most of the time.
    ...(job.clients ? ["--maxWorkers=2"] : []),
    ...(job.isolated ? [] : ["--no-isolate"]),
    // Bun cannot be a worker process of vitest.
    ...(host.kind === "bun" ? ["--pool=threads"] : []),
    "--reporter=default",
    "--reporter=json",
    `--outputFile=${file}.json`,
  ], {
    cwd: ROOT,
    env: { ...runtimes.environmentOf(host), E2E_SERVER: serverOf(job) },
    stdio: ["ignore", log, log],
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), LONGEST_JOB_MS);
  await new Promise((resolve) => {
    child.once("error", resolve);
    child.once("close", resolve);
  });
  clearTimeout(timer);
  closeSync(log);
  const found = readReport(job, `${file}.json`, `${file}.log`);
  const failed = sum(found.map(({ failures }) => failures.length));
  const seconds = ((performance.now() - begin) / 1000).toFixed(0);
  print(`${failed === 0 ? "ok    " : "FAILED"} ${title} (${seconds} s)`);
  return found;
}

/** Prints failures, the table and the sum; sets the exit code. */
function report(results) {
  const show = (what, runtime, { title, message }) =>
    print(`\n--- ${what}${runtime}: ${title}\n${message}`);
  for (const { runtime, failures, unsteady } of results) {
    for (const failure of failures) show("", runtime, failure);
    for (const failure of unsteady) show("unsteady: ", runtime, failure);
  }
  const suites = [...INSIDE, ...CLIENTS, ...ONCE]
    .filter((suite) => results.some((result) => result.suite === suite));
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  const passed = sum(results.map((result) => result.passed));
  const failed = sum(results.map((result) => result.failures.length));
  print(`\n${tableOf(results, rows.map(({ name }) => name), suites)}`);
  const unsteady = sum(results.map((result) => result.unsteady.length));
  if (unsteady > 0) print(`\n${unsteady} unsteady: passed when run again`);
  print(`\nin ${seconds} s`);
  print(`${passed} passed, ${failed} failed`);
  // Nothing passed: the tests were not found.
  process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
}

/** `E2E_SERVER`: what tests/support/server.ts starts. */
function serverOf({ runtime }) {
  return runtime.kind;
}

function isThere(suite) {
  const folder = join(ROOT, "tests", suite);
  return existsSync(folder) &&
    readdirSync(folder).some((name) => name.endsWith(".test.ts"));
}

function makeFolder(path) {
  mkdirSync(path, { recursive: true });
  return path;
}

function print(text) {
  process.stdout.write(`${text}\n`);
}

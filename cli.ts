#!/usr/bin/env node
/**
 * The command `anyftpd`. Importing this module starts nothing; the same
 * command can be run inside another program with a host of its own.
 *
 * @example The version, by a program that catches the output
 * ```ts
 * import { type CliHost, main } from "anyftpd/cli";
 * declare const host: CliHost;
 * console.assert(await main(["--version"], host) === 0);
 * ```
 *
 * @module
 */
import { realpathSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { type CliAdapter, cliHost, flushOutputs } from "./adapters/_cli_io.ts";
import { main } from "./lib/cli/main.ts";

export { main } from "./lib/cli/main.ts";
export type { CliHost, CliOutput, StopSignal } from "./lib/cli/host.ts";

/** Imported only when the command runs, so that others load no adapter. */
async function loadAdapter(): Promise<CliAdapter> {
  const adapter = await import("./adapters/node.ts");
  return {
    platform: adapter.nodePlatform(),
    openFolder: adapter.localFileSystem,
  };
}

/** Whether this file is the program, and not imported by one. */
function isProgram(): boolean {
  const { main } = import.meta as { readonly main?: boolean };
  if (main !== undefined) return main;
  // Node before 24.2. npm starts commands through a link.
  const program = process.argv[1];
  if (program === undefined) return false;
  try {
    return realpathSync(program) === fileURLToPath(import.meta.url);
  } catch {
    return false;
  }
}

if (isProgram()) {
  const host = cliHost(await loadAdapter());
  const code = await main(process.argv.slice(2), host);
  await flushOutputs();
  process.exit(code);
}

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
import { cliHost, flushOutputs } from "./adapters/_cli_io.ts";
import { tuneEngine } from "./adapters/_engine_flags.ts";
import { loadAdapter } from "./adapters/_runtime.ts";
import { main } from "./lib/cli/main.ts";

export { main } from "./lib/cli/main.ts";
export type {
  CertificateRequest,
  CliCertificate,
  CliFolder,
  CliHost,
  CliInput,
  CliNeeds,
  CliNote,
  CliOutput,
  CliServer,
  CliWorkers,
  FolderOptions,
  InheritedSocket,
  LiveScreen,
  StopSignal,
  Supervisor,
  WatchedText,
  WorkersRequest,
} from "./lib/cli/host.ts";
export type { ParseToml } from "./lib/cli/config_text.ts";
export { type TextPlace, TextSyntaxError } from "./lib/base/text_place.ts";
export type { ExternalUsers } from "./lib/cli/external_options.ts";
export { PermissionError } from "./lib/cli/permission_error.ts";

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

/** Runs the command and ends the program with its exit code. */
async function run(): Promise<void> {
  tuneEngine();
  const host = cliHost(await loadAdapter());
  const code = await main(process.argv.slice(2), host);
  await flushOutputs();
  process.exit(code);
}

// Not awaited here, so that `require` can load this module; a failure ends the
// program with its stack.
if (isProgram()) void run();

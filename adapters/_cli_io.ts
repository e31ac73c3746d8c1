import { realpathSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { dirname, resolve } from "node:path";
import process from "node:process";
import { pbkdf2Passwords } from "../lib/auth/password_scheme.ts";
import { ConfigError } from "../lib/base/errors.ts";
import type { CliHost, CliOutput, WatchedText } from "../lib/cli/host.ts";
import { argon2idPasswords } from "./_argon2.ts";
import { certificate } from "./_cli_certificate.ts";
import { startWorkers } from "./_cli_workers.ts";
import {
  allowedEnvironment,
  permit,
  permitFolders,
} from "./_cli_permissions.ts";
import { isGranted, NETWORK_INTERFACES } from "./_deno_permissions.ts";
import { GatheredOutput } from "./_gathered_output.ts";
import type { Adapter } from "./_runtime.ts";
import { runtimeGlobals } from "./_runtime_types.ts";
import { flushLogFiles, openLogFile } from "./_log_file.ts";
import { resolvedAddress } from "./_resolved_address.ts";
import { httpAuthorizer } from "./_http_authorizer.ts";
import { passwordVerifiers } from "./_password_verifiers.ts";
import { programAuthorizer } from "./_program_authorizer.ts";
import { scryptPasswords } from "./_scrypt.ts";
import { openScreen } from "./_live_screen.ts";
import { onReloadSignal, onStopSignal } from "./_shutdown.ts";
import { TerminalOutput } from "./_terminal_output.ts";
import { systemdSupervisor } from "./_systemd.ts";
import { terminalInput } from "./_terminal_input.ts";
import { findTextFile, updateTextFile } from "./_text_file.ts";
import { UnixUsers } from "./_unix_users.ts";
import { WindowsUsers } from "./_windows_users.ts";
import { tomlParser } from "./_toml_parser.ts";
import { watchedFile } from "./_watched_file.ts";

/** What may hold text that is not written yet. */
const outputs: (GatheredOutput | TerminalOutput)[] = [];

/** The program around the command, by the node: modules of any runtime. */
export function cliHost(adapter: Adapter): CliHost {
  const env = allowedEnvironment();
  const stderr = output(process.stderr);
  return {
    platform: adapter.platform(),
    platformWithoutOpenssl: () => adapter.platform({ useOpenssl: false }),
    openFolder: (path, { fsync }) => adapter.localFileSystem(path, { fsync }),
    openSystemUsers: () =>
      process.platform === "win32" ? new WindowsUsers(null) : new UnixUsers(),
    stdin: terminalInput(),
    stdout: output(process.stdout),
    stderr,
    ...(stderr instanceof TerminalOutput
      ? { openScreen: (lost) => openScreen(process.stderr, stderr, lost) }
      : {}),
    env,
    cwd: process.cwd(),
    pid: process.pid,
    readTextFile,
    findTextFile,
    updateTextFile: (path, update) => updateTextFile(path, update),
    tomlParser,
    siblingPath: (file, path) => resolve(dirname(file), path),
    openLogFile,
    resolvedAddress: (hostname) => resolvedAddress(hostname),
    supervisor: systemdSupervisor(env),
    absolutePath: (path) => resolve(path),
    watchTextFile,
    passwordSchemes: [scryptPasswords, pbkdf2Passwords, argon2idPasswords],
    passwordVerifiers,
    httpAuthorizer,
    programAuthorizer,
    networkAddresses,
    certificate: (request) => certificate(request, env),
    startWorkers,
    onSignal: onStopSignal,
    onReload: onReloadSignal,
    ...(runtimeGlobals.Deno === undefined ? {} : { permit, permitFolders }),
  };
}

/** Resolves once all that was written is out; then the program may end. */
export async function flushOutputs(): Promise<void> {
  const streams = [process.stdout, process.stderr];
  for (const gathered of outputs) gathered.flush();
  flushLogFiles();
  await Promise.all(streams.map((stream) =>
    new Promise<void>((resolve) => {
      if (stream.destroyed) resolve();
      else stream.write("", () => resolve());
    })
  ));
}

function output(stream: NodeJS.WriteStream): CliOutput {
  // A reader that went away (`anyftpd --help | head -1`, a log pipe) must not
  // end the program: EPIPE arrives as an event.
  stream.on("error", () => {});
  if (stream.isTTY) {
    const terminal = new TerminalOutput(stream);
    outputs.push(terminal);
    return terminal;
  }
  const gathered = new GatheredOutput(stream);
  outputs.push(gathered);
  return { isTerminal: false, write: (text) => gathered.write(text) };
}

async function readTextFile(path: string): Promise<string> {
  const text = await findTextFile(path);
  if (text !== null) return text;
  throw new ConfigError(`Cannot read "${path}": no such file or directory`);
}

function watchTextFile(path: string): WatchedText {
  // Made absolute now, should the current folder become another one.
  const absolute = resolve(path);
  return {
    path: realPath(absolute),
    text: watchedFile(absolute),
    resolve: (relative) => resolve(dirname(absolute), relative),
  };
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path; // There is none, as reading it will tell.
  }
}

function networkAddresses(): readonly string[] {
  // Deno would ask at the terminal, for no more than a hint.
  if (!isGranted(NETWORK_INTERFACES)) return [];
  let interfaces: ReturnType<typeof networkInterfaces>;
  try {
    interfaces = networkInterfaces();
  } catch {
    return []; // As Termux on Android: only a hint is lost.
  }
  return Object.values(interfaces).flatMap((list) => list ?? [])
    // Link-local addresses need a zone, which differs on each client.
    .filter(({ address, internal }) => !internal && !/^fe[89ab]/i.test(address))
    .map(({ address }) => address);
}

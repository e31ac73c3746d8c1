import { closeSync, openSync, writeSync } from "node:fs";
import { ConfigError } from "../lib/base/errors.ts";
import { describeCode, fileErrorCode } from "./_file_errors.ts";
import { GatheredOutput } from "./_gathered_output.ts";

/** The file is the server's own: names of users and files are in it. */
const MODE = 0o640;

/** Those that are open, by their paths; a configuration names them all. */
const open = new Map<string, LogFile>();

/** See `CliHost.openLogFile`. */
export function openLogFile(path: string): { write(text: string): void } {
  let descriptor: number;
  try {
    descriptor = openSync(path, "a", MODE);
  } catch (cause) {
    const reason = describeCode(fileErrorCode(cause));
    throw new ConfigError(`Cannot write "${path}": ${reason}`, { cause });
  }
  const known = open.get(path);
  if (known !== undefined) {
    known.replace(descriptor);
    return known;
  }
  const file = new LogFile(descriptor);
  open.set(path, file);
  return file;
}

/** Writes what is gathered; the program is about to end. */
export function flushLogFiles(): void {
  for (const file of open.values()) file.flush();
}

/** Lines gather for some milliseconds, as those for a pipe do. */
class LogFile {
  readonly #gathered: GatheredOutput;
  #descriptor: number;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
    this.#gathered = new GatheredOutput({
      destroyed: false,
      write: (text) => this.#append(text),
    });
  }

  write(text: string): void {
    this.#gathered.write(text);
  }

  flush(): void {
    this.#gathered.flush();
  }

  /** What was gathered still belongs to the old file. */
  replace(descriptor: number): void {
    this.flush();
    closeSync(this.#descriptor);
    this.#descriptor = descriptor;
  }

  #append(text: string): void {
    const bytes = new TextEncoder().encode(text);
    try {
      let at = 0;
      while (at < bytes.length) at += writeSync(this.#descriptor, bytes, at);
    } catch {
      // The disk is full: a server that has no room for its log goes on.
    }
  }
}

import { parseArgs } from "node:util";
import { parseSize } from "./size.ts";

/** Which group of steps to run. */
export type BenchmarkKind =
  | "transfer"
  | "download"
  | "upload"
  | "concurrence"
  | "all";

const KINDS: readonly BenchmarkKind[] = [
  "transfer",
  "download",
  "upload",
  "concurrence",
  "all",
];

/** What the command line of `ftpbench` says, checked and filled in. */
export interface BenchOptions {
  readonly user: string;
  readonly password: string;
  readonly hostname: string;
  readonly port: number;
  readonly kind: BenchmarkKind;
  readonly clients: number;
  readonly sizeBytes: number;
  /** The server's process, or `null` not to look at it. */
  readonly pid: number | null;
  /** 0: none. */
  readonly timeoutMs: number;
  readonly seconds: number;
  readonly file: string;
  readonly once: boolean;
  readonly debug: boolean;
  readonly json: boolean;
  readonly ceiling: boolean;
  /** With `ceiling`: of the client for TLS. */
  readonly tls: boolean;
}

/** The command line makes no sense; the message is for its author. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

export const USAGE: string = `\
Usage: ftpbench -u USER -p PASSWORD [options]
       ftpbench --ceiling [--tls] [-s SIZE] [-n CLIENTS]

  -u USER       account with write permission
  -p PASSWORD   its password
  -H HOST       server (default: localhost)
  -P PORT       port (default: 21)
  -b KIND       transfer, download, upload, concurrence, all
                (default: transfer)
  -n CLIENTS    clients at once in "concurrence" (default: 200)
  -s SIZE       file size in "download" and "concurrence", as 500K, 10M, 1G
                (default: 10M)
  -k PID        also show memory and CPU time of this process and its children
  -t SECONDS    give up on a control connection that is silent for so long
  -d            write the dialogue to standard error
  --seconds N   length of a rate measurement (default: 1)
  --once        transfer, download, upload: move SIZE once instead, from the
                command to the final reply
  --file NAME   what to work on (default: $testfile); it is removed
  --json        one JSON object per line instead of text
  --ceiling     measure this client alone, against bare sockets
  --tls         with --ceiling: the client of "compare --tls"
  -h, --help    this text
`;

function number(text: string, what: string, min: number, max: number): number {
  const value = Number(text);
  if (text.trim() === "" || !(value >= min && value <= max)) {
    throw new UsageError(`invalid ${what} '${text}'`);
  }
  return value;
}

function integer(text: string, what: string, min: number, max: number): number {
  const value = number(text, what, min, max);
  if (!Number.isInteger(value)) {
    throw new UsageError(`invalid ${what} '${text}'`);
  }
  return value;
}

function kindOf(text: string): BenchmarkKind {
  const kind = KINDS.find((name) => name === text);
  if (kind === undefined) {
    throw new UsageError(`invalid 'benchmark' parameter '${text}'`);
  }
  return kind;
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        user: { type: "string", short: "u" },
        pass: { type: "string", short: "p" },
        host: { type: "string", short: "H", default: "localhost" },
        port: { type: "string", short: "P", default: "21" },
        benchmark: { type: "string", short: "b", default: "transfer" },
        clients: { type: "string", short: "n", default: "200" },
        filesize: { type: "string", short: "s", default: "10M" },
        pid: { type: "string", short: "k" },
        timeout: { type: "string", short: "t", default: "0" },
        debug: { type: "boolean", short: "d", default: false },
        seconds: { type: "string", default: "1" },
        file: { type: "string", default: "$testfile" },
        once: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
        ceiling: { type: "boolean", default: false },
        tls: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : "");
  }
}

/**
 * @returns `null` when help is asked for
 * @throws {UsageError}
 */
export function parseOptions(args: readonly string[]): BenchOptions | null {
  const values = parse(args);
  if (values.help) return null;
  if (!values.ceiling && (!values.user || values.pass === undefined)) {
    throw new UsageError("-u USER and -p PASSWORD are required");
  }
  const sizeBytes = parseSize(values.filesize);
  if (sizeBytes === null || !Number.isSafeInteger(sizeBytes)) {
    throw new UsageError(`invalid file size '${values.filesize}'`);
  }
  return {
    user: values.user ?? "",
    password: values.pass ?? "",
    hostname: values.host,
    port: integer(values.port, "port", 1, 65_535),
    kind: kindOf(values.benchmark),
    clients: integer(values.clients, "number of clients", 1, 65_535),
    sizeBytes,
    pid: values.pid === undefined
      ? null
      : integer(values.pid, "process id", 1, 2 ** 31),
    timeoutMs: number(values.timeout, "timeout", 0, 86_400) * 1000,
    seconds: number(values.seconds, "seconds", 0.01, 3600),
    file: values.file,
    once: values.once,
    debug: values.debug,
    json: values.json,
    ceiling: values.ceiling,
    tls: values.tls,
  };
}

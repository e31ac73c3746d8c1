import { parseArgs } from "node:util";
import { parseSize } from "../measure/size.ts";
import { anyftpdBuild } from "../peer/anyftpd.ts";
import type { Peer } from "../peer/peer.ts";
import { METRICS } from "./metrics.ts";
import type { Load } from "./sample.ts";

/** What is measured when nothing is named. */
const USUAL: readonly string[] = [...Object.keys(METRICS), "memory"];

/** Everything that `--only` may name. */
export const KEYS: readonly string[] = [...USUAL, "workers", "tls"];

/** What `--help` prints. */
export const USAGE: string = `\
Usage: compare [options] [SERVER ...]

Measures the named servers, or all that are here, in turns.

  --only KEYS      what to measure, commas between: ${
  KEYS.slice(0, 5).join(" ")
}
                   ${KEYS.slice(5).join(" ")}
                   (default: all but the last two)
  -r, --rounds N   measured rounds, after one that does not count (default: 5)
  -s, --size SIZE  of the big file (default: 1G)
  -n, --logins N   connections one after the other, and small files (default:
                   300)
  -c, --clients N  clients at once, and idle ones (default: 300)
  --client-size S  what each of these moves (default: 10M)
  --sessions N     idle sessions when memory is measured (default: 10000)
  --quick          2 rounds, 128M, 100 logins, 50 clients with 4M, 1000 sessions
  --tls            the same as --only tls: TLS 1.3, one cipher for all
  --build NAME=DIR also measure this build of the project (its dist folder)
  --base NAME      what ratios are to (default: vsftpd, else the first)
  --save NAME      the file in bench/results (default: latest, or the keys)
  --strict         exit code 3 when a target is missed
`;

/** What the options come to. */
export interface Settings {
  readonly only: readonly string[];
  readonly rounds: number;
  readonly load: Load;
  readonly builds: readonly Peer[];
  readonly base: string;
  readonly save: string;
  readonly strict: boolean;
  /** Of servers; none: all. */
  readonly names: readonly string[];
}

function count(text: string, what: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new RangeError(`invalid ${what} '${text}'`);
}

function size(text: string): number {
  const bytes = parseSize(text);
  if (bytes !== null && bytes > 0) return bytes;
  throw new RangeError(`invalid file size '${text}'`);
}

function build(text: string): Peer {
  const [name, folder] = text.split("=", 2);
  if (name && folder) return anyftpdBuild(name, folder);
  throw new RangeError(`invalid build '${text}', expected NAME=DIR`);
}

/** The folder is ours. */
function fileName(text: string): string {
  if (/^\w[\w.-]*$/.test(text)) return text;
  throw new RangeError(`invalid name '${text}' for the results`);
}

function keys(text: string): readonly string[] {
  const named = text.split(",").map((key) => key.trim());
  const unknown = named.find((key) => !KEYS.includes(key));
  if (unknown === undefined) return KEYS.filter((key) => named.includes(key));
  throw new RangeError(
    `unknown metric '${unknown}', choose from: ${KEYS.join(", ")}`,
  );
}

/**
 * Reads the command line.
 *
 * @returns `null`: print the usage
 * @throws {RangeError} what is wrong
 */
export function parseSettings(args: readonly string[]): Settings | null {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      only: { type: "string" },
      rounds: { type: "string", short: "r" },
      size: { type: "string", short: "s" },
      logins: { type: "string", short: "n" },
      clients: { type: "string", short: "c" },
      "client-size": { type: "string" },
      sessions: { type: "string" },
      quick: { type: "boolean", default: false },
      build: { type: "string", multiple: true, default: [] },
      base: { type: "string", default: "vsftpd" },
      save: { type: "string" },
      tls: { type: "boolean", default: false },
      strict: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return null;
  const { quick } = values;
  const named = values.only ?? (values.tls ? "tls" : undefined);
  const only = named === undefined ? USUAL : keys(named);
  const logins = count(values.logins ?? (quick ? "100" : "300"), "logins");
  const clients = count(values.clients ?? (quick ? "50" : "300"), "clients");
  return {
    only,
    rounds: count(values.rounds ?? (quick ? "2" : "5"), "rounds"),
    load: {
      bytes: size(values.size ?? (quick ? "128M" : "1G")),
      logins,
      smallFiles: logins,
      clients,
      clientBytes: size(values["client-size"] ?? (quick ? "4M" : "10M")),
      listings: quick ? 3 : 10,
      lagClients: Math.min(50, clients),
      sessions: count(
        values.sessions ?? (quick ? "1000" : "10000"),
        "number of sessions",
      ),
    },
    builds: values.build.map(build),
    base: values.base,
    save: fileName(
      values.save ?? (named === undefined ? "latest" : only.join("-")),
    ),
    strict: values.strict,
    names: positionals,
  };
}

/**
 * Starts this server and others side by side, for measuring by hand.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { isProgram } from "./paths.ts";
import { ANYFTPD } from "./peer/anyftpd.ts";
import { makeCertificate } from "./peer/certificate.ts";
import { ftpSrv } from "./peer/ftp_srv.ts";
import { limit } from "./peer/limit.ts";
import { fetchPackages } from "./peer/packages.ts";
import { type Peer, PeerMissingError } from "./peer/peer.ts";
import { proftpd } from "./peer/proftpd.ts";
import { pureFtpd } from "./peer/pure_ftpd.ts";
import { pyftpdlib } from "./peer/pyftpdlib.ts";
import {
  createArea,
  removeArea,
  type RunningPeer,
  startPeer,
} from "./peer/runner.ts";
import { vsftpd } from "./peer/vsftpd.ts";

/** Every server that is known, in the order of tables. */
export const PEERS: readonly Peer[] = [
  ...ANYFTPD,
  pyftpdlib,
  vsftpd,
  proftpd,
  pureFtpd,
  ftpSrv,
  limit,
];

/** Servers that run, those that could not, and the way to end it all. */
export interface Field {
  readonly running: readonly RunningPeer[];
  /** Name and reason. */
  readonly skipped: readonly (readonly [string, string])[];
  stop(): Promise<void>;
}

/**
 * @param names of servers, or an empty list for all
 * @param builds further ones; they take the place of others of their name
 * @throws {Error} when there is no server of that name
 */
export function choosePeers(
  names: readonly string[],
  builds: readonly Peer[] = [],
): readonly Peer[] {
  const isBuilt = (name: string): boolean =>
    builds.some((build) => build.name === name);
  const all = [...builds, ...PEERS.filter(({ name }) => !isBuilt(name))];
  if (names.length === 0) return all;
  return names.map((name) => {
    const peer = all.find((candidate) => candidate.name === name);
    if (peer !== undefined) return peer;
    const known = all.map((candidate) => candidate.name).join(", ");
    throw new Error(`Unknown server '${name}', choose from: ${known}`);
  });
}

/**
 * Starts servers; one that cannot be started is skipped, with the reason.
 *
 * @param withTls whether they speak TLS, all with the same certificate
 */
export async function startAll(
  peers: readonly Peer[],
  withTls = false,
): Promise<Field> {
  const area = createArea();
  const tls = withTls ? makeCertificate(area) : null;
  const running: RunningPeer[] = [];
  const skipped: [string, string][] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(running.map((peer) => peer.stop()));
    removeArea(area);
  };
  for (const peer of peers) {
    try {
      running.push(await startPeer(peer, area, tls));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      skipped.push([peer.name, reason]);
      // A server that is here and fails is worth a line of its own.
      if (!(error instanceof PeerMissingError)) {
        process.stderr.write(`${reason}\n`);
      }
    }
  }
  return { running, skipped, stop };
}

const USAGE = `\
Usage: peers [--fetch] [--list] [--tls] [NAME ...]

Starts the named servers, or all, and prints how to reach them. Ctrl-C ends
them.

  --fetch   first download and unpack Debian's vsftpd, proftpd and pure-ftpd
            and npm's ftp-srv and Node 26 into bench/.cache; without names,
            that is all
  --list    print the names and leave
  --tls     with TLS for clients that ask for it (AUTH TLS)
`;

function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    const keepAlive = setInterval(() => {}, 60_000);
    const finish = (): void => {
      clearInterval(keepAlive);
      resolve();
    };
    process.once("SIGINT", finish);
    process.once("SIGTERM", finish);
  });
}

async function serve(
  names: readonly string[],
  withTls: boolean,
): Promise<void> {
  const field = await startAll(choosePeers(names), withTls);
  try {
    for (const { name, port, pid, prefix, account } of field.running) {
      const { user, password } = account;
      process.stdout.write(
        `${name.padEnd(13)} -H 127.0.0.1 -P ${port} -u ${user} ` +
          `-p ${password} -k ${pid} --file '${prefix}$testfile'\n`,
      );
    }
    for (const [name, reason] of field.skipped) {
      process.stdout.write(`${name.padEnd(13)} skipped: ${reason}\n`);
    }
    if (field.running.length > 0) await interrupted();
  } finally {
    await field.stop();
  }
}

/** @returns the exit code */
export async function main(args: readonly string[]): Promise<number> {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        fetch: { type: "boolean", default: false },
        list: { type: "boolean", default: false },
        tls: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    if (values.help) process.stdout.write(USAGE);
    else if (values.list) {
      for (const { name } of PEERS) process.stdout.write(`${name}\n`);
    } else {
      if (values.fetch) fetchPackages();
      const isDone = values.fetch && positionals.length === 0;
      if (!isDone) await serve(positionals, values.tls);
    }
    return 0;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`peers: error: ${message}\n`);
    return 1;
  }
}

if (isProgram(import.meta.url)) {
  process.exitCode = await main(process.argv.slice(2));
}

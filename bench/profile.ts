/**
 * Shows where this server spends its time on Node: one kind of work under the
 * sampling profiler, and the functions that took most.
 *
 * @module
 */
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { LIST_NAME, provide, provideList } from "./compare/files.ts";
import type { Load } from "./compare/sample.ts";
import { processUsage } from "./measure/process.ts";
import { parseSize } from "./measure/size.ts";
import * as steps from "./measure/steps.ts";
import { isProgram, PROJECT } from "./paths.ts";
import { anyftpdBuild } from "./peer/anyftpd.ts";
import type { Peer } from "./peer/peer.ts";
import {
  createArea,
  removeArea,
  type RunningPeer,
  startPeer,
} from "./peer/runner.ts";

const USAGE = `\
Usage: profile [download | upload | login | small | list] [options]

  -s, --size SIZE  of the file (default: 1G)
  -n, --count N    logins or small files (default: 2000), or listings of
                   10,000 files (a hundredth of it)
  -t, --top N      lines to show (default: 25)
  --dist DIR       the build to look at (default: dist)
  --keep DIR       also leave the .cpuprofile there
`;

/** One node of the profiler's call tree. */
interface ProfileNode {
  readonly id: number;
  readonly callFrame: {
    readonly functionName: string;
    readonly url: string;
    readonly lineNumber: number;
  };
}

interface Profile {
  readonly nodes: readonly ProfileNode[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

function profiled(peer: Peer, folder: string): Peer {
  return {
    ...peer,
    async prepare(place) {
      const command = await peer.prepare(place);
      const flags = ["--cpu-prof", "--cpu-prof-dir", folder];
      return { ...command, args: [...flags, ...command.args] };
    },
  };
}

function label({ callFrame }: ProfileNode): string {
  const name = callFrame.functionName || "(anonymous)";
  if (callFrame.url === "") return name;
  const file = callFrame.url.startsWith("node:")
    ? callFrame.url
    : basename(callFrame.url);
  return `${name} ${file}:${callFrame.lineNumber + 1}`;
}

/** Milliseconds by function, the function's own time only. */
function selfTimes(profile: Profile): readonly (readonly [string, number])[] {
  const labels = new Map(profile.nodes.map((node) => [node.id, label(node)]));
  const times = new Map<string, number>();
  profile.samples.forEach((id, index) => {
    const name = labels.get(id) ?? "?";
    const spent = (profile.timeDeltas[index] ?? 0) / 1000;
    times.set(name, (times.get(name) ?? 0) + spent);
  });
  return [...times].toSorted((a, b) => b[1] - a[1]);
}

function readProfile(folder: string): Profile {
  const name = readdirSync(folder).find((file) => file.endsWith(".cpuprofile"));
  if (name === undefined) {
    throw new Error("Cannot read the profile: the server left none");
  }
  return JSON.parse(readFileSync(join(folder, name), "utf8")) as Profile;
}

/** Does the work; returns seconds. */
async function work(
  kind: string,
  peer: RunningPeer,
  load: Load,
): Promise<number> {
  const target: steps.Target = {
    address: { hostname: "127.0.0.1", port: peer.port, timeoutMs: 120_000 },
    account: peer.account,
  };
  if (kind === "login") {
    return steps.timed(async () => {
      for (let i = 0; i < load.logins; i++) {
        await (await steps.login(target)).quit();
      }
    });
  }
  const client = await steps.login(target);
  try {
    switch (kind) {
      case "download":
        return (await steps.downloadOnce(client, "big")).seconds;
      case "upload":
        return (await steps.uploadOnce(client, "upload", load.bytes)).seconds;
      case "small":
        return await steps.timed(async () => {
          for (let i = 0; i < load.smallFiles; i++) {
            await client.retrieve("small");
          }
        });
      case "list":
        return await steps.timed(async () => {
          for (let i = 0; i < load.listings; i++) {
            await client.receive(`LIST ${LIST_NAME}`);
          }
        });
      default:
        throw new Error(`Unknown kind of work '${kind}'`);
    }
  } finally {
    await client.quit();
  }
}

function print(
  times: readonly (readonly [string, number])[],
  top: number,
): void {
  const busy = times
    .filter(([name]) => name !== "(idle)")
    .reduce((sum, [, spent]) => sum + spent, 0);
  for (const [name, spent] of times.slice(0, top)) {
    const share = name === "(idle)"
      ? ""
      : `${(spent / busy * 100).toFixed(1)}%`;
    process.stdout.write(
      `${spent.toFixed(1).padStart(9)} ms ${share.padStart(6)}  ${name}\n`,
    );
  }
}

async function profile(
  kind: string,
  load: Load,
  top: number,
  dist: string,
  keep: string | undefined,
): Promise<void> {
  const area = createArea();
  const folder = keep ?? join(area, "profile");
  try {
    const peer = await startPeer(
      profiled(anyftpdBuild("anyftpd", dist), folder),
      area,
    );
    let seconds: number;
    let cpuSeconds: number;
    try {
      provide([peer], load);
      if (kind === "list") provideList([peer]);
      const before = processUsage(peer.pid).cpuSeconds;
      seconds = await work(kind, peer, load);
      cpuSeconds = processUsage(peer.pid).cpuSeconds - before;
    } finally {
      await peer.stop();
    }
    process.stdout.write(
      `${kind}: ${seconds.toFixed(2)} s, CPU ${cpuSeconds.toFixed(2)} s\n`,
    );
    print(selfTimes(readProfile(folder)), top);
  } finally {
    removeArea(area);
  }
}

/** @returns the exit code */
export async function main(args: readonly string[]): Promise<number> {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        size: { type: "string", short: "s", default: "1G" },
        count: { type: "string", short: "n", default: "2000" },
        top: { type: "string", short: "t", default: "25" },
        dist: { type: "string", default: join(PROJECT, "dist") },
        keep: { type: "string" },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    if (values.help) {
      process.stdout.write(USAGE);
      return 0;
    }
    const count = Number(values.count);
    const load: Load = {
      bytes: parseSize(values.size) ?? 0,
      logins: count,
      smallFiles: count,
      clients: 1,
      clientBytes: 1,
      listings: Math.ceil(count / 100),
      lagClients: 1,
      sessions: count,
    };
    const kind = positionals[0] ?? "download";
    await profile(kind, load, Number(values.top), values.dist, values.keep);
    return 0;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`profile: error: ${message}\n`);
    return 1;
  }
}

if (isProgram(import.meta.url)) {
  process.exitCode = await main(process.argv.slice(2));
}

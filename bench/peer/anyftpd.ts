import { existsSync } from "node:fs";
import { join } from "node:path";
import { PROJECT } from "../paths.ts";
import {
  BENCH_ACCOUNT,
  type Peer,
  type PeerCommand,
  PeerMissingError,
  type PeerPlace,
} from "./peer.ts";

/** What follows the name of the runtime, and the file that must be there. */
interface Launch {
  readonly runtime: string;
  readonly args: readonly string[];
  readonly needs: string;
}

function options({ folder, port }: PeerPlace): readonly string[] {
  const { user, password } = BENCH_ACCOUNT;
  return [
    ...["-i", "127.0.0.1", "-p", String(port), "-d", folder, "-w"],
    ...["-u", user, "-P", password],
  ];
}

function anyftpd(name: string, launch: Launch): Peer {
  return {
    name,
    account: BENCH_ACCOUNT,
    prepare(place: PeerPlace): PeerCommand {
      for (const needed of [launch.needs, launch.args.at(-1) ?? ""]) {
        if (existsSync(join(PROJECT, needed))) continue;
        throw new PeerMissingError(`${needed} is missing (try: npm run build)`);
      }
      const local = join(PROJECT, launch.runtime);
      return {
        command: existsSync(local) ? local : launch.runtime,
        args: [
          ...launch.args.slice(0, -1),
          join(PROJECT, launch.args.at(-1) ?? ""),
          ...options(place),
        ],
      };
    },
  };
}

/** This project's command on Node. */
export const anyftpdNode: Peer = anyftpd("anyftpd", {
  runtime: process.execPath,
  args: ["dist/cli.js"],
  needs: "dist/adapters/node.js",
});

/** The same on Deno. */
export const anyftpdDeno: Peer = anyftpd("anyftpd-deno", {
  runtime: "node_modules/.bin/deno",
  args: ["run", "-A", "cli.ts"],
  needs: "adapters/deno.ts",
});

/** The same on Bun. */
export const anyftpdBun: Peer = anyftpd("anyftpd-bun", {
  runtime: "node_modules/.bin/bun",
  args: ["cli.ts"],
  needs: "adapters/bun.ts",
});

import { existsSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { PROJECT } from "../paths.ts";
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
}

function options({ folder, port, tls }: PeerPlace): readonly string[] {
  const { user, password } = BENCH_ACCOUNT;
  return [
    ...["-i", "127.0.0.1", "-p", String(port), "-d", folder, "-w"],
    ...["-u", user, "-P", password],
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
        args: [...launch.flags, launch.program, ...options(place)],
      };
    },
  };
}

/** A build of this project on Node: `folder` is what `tsc` wrote. */
export function anyftpdBuild(name: string, folder: string): Peer {
  return anyftpd(name, {
    runtime: process.execPath,
    flags: [],
    program: resolve(folder, "cli.js"),
    needs: [],
  });
}

/** This project's command on Node. */
export const anyftpdNode: Peer = anyftpdBuild("anyftpd", join(PROJECT, "dist"));

/** The same on Deno, from the sources. */
export const anyftpdDeno: Peer = anyftpd("anyftpd-deno", {
  runtime: join(PROJECT, "node_modules/.bin/deno"),
  flags: ["run", "-A"],
  program: join(PROJECT, "cli.ts"),
  needs: [join(PROJECT, "adapters/deno.ts")],
});

/** The same on Bun, from the sources. */
export const anyftpdBun: Peer = anyftpd("anyftpd-bun", {
  runtime: join(PROJECT, "node_modules/.bin/bun"),
  flags: [],
  program: join(PROJECT, "cli.ts"),
  needs: [join(PROJECT, "adapters/bun.ts")],
});

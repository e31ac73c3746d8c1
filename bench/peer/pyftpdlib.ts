import { execFileSync } from "node:child_process";
import { findProgram } from "./packages.ts";
import {
  BENCH_ACCOUNT,
  type Peer,
  type PeerCommand,
  PeerMissingError,
  type PeerPlace,
} from "./peer.ts";

/** pyftpdlib of Debian's python3-pyftpdlib: one process, one thread. */
export const pyftpdlib: Peer = {
  name: "pyftpdlib",
  account: BENCH_ACCOUNT,
  prepare({ folder, port }: PeerPlace): PeerCommand {
    const command = findProgram("usr/bin/python3");
    try {
      execFileSync(command, ["-c", "import pyftpdlib"], { stdio: "ignore" });
    } catch {
      throw new PeerMissingError("python3-pyftpdlib is missing");
    }
    const { user, password } = BENCH_ACCOUNT;
    const args = [
      ...["-m", "pyftpdlib", "-w"],
      ...["-i", "127.0.0.1", "-p", String(port), "-d", folder],
      ...["-u", user, "-P", password],
    ];
    return { command, args };
  },
};

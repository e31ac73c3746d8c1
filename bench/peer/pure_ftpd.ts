import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { findProgram, libraryPath } from "./packages.ts";
import {
  BENCH_ACCOUNT,
  BENCH_HASH,
  LISTED_FILES,
  type Peer,
  type PeerCommand,
  type PeerPlace,
  WORKER_ID,
} from "./peer.ts";

/** Pure-FTPd, as Debian has it: a process or two for each session. */
export const pureFtpd: Peer = {
  name: "pure-ftpd",
  account: BENCH_ACCOUNT,
  forks: true,
  prepare({ folder, work, port, tls }: PeerPlace): PeerCommand {
    const command = findProgram("usr/sbin/pure-ftpd");
    const compiler = findProgram("usr/bin/pure-pw");
    const users = join(work, "users");
    const database = join(work, "users.pdb");
    const user = BENCH_ACCOUNT.user;
    // Thirteen empty fields: limits and quotas that are not set.
    writeFileSync(
      users,
      `${user}:${BENCH_HASH}:${WORKER_ID}:${WORKER_ID}::${folder}/./` +
        ":".repeat(12) + "\n",
      { mode: 0o600 },
    );
    const env = libraryPath(command);
    execFileSync(compiler, ["mkdb", database, "-f", users], {
      env: { ...process.env, ...env },
    });
    const args = [
      ...["-S", `127.0.0.1,${port}`],
      ...["-l", `puredb:${database}`],
      ...["-c", "2000", "-C", "2000"],
      ...["-L", `${2 * LISTED_FILES}:1`],
      ...["-g", join(work, "pid")],
      ...["-f", "none"],
      "-E", // No anonymous logins.
      "-H", // No reverse lookups.
      ...(tls === null ? [] : ["-Y", "1", "-2", tls.both]),
    ];
    return { command, args, env };
  },
};

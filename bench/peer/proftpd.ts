import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { CertificateFiles } from "./certificate.ts";
import { findProgram, libraryPath } from "./packages.ts";
import {
  BENCH_ACCOUNT,
  BENCH_HASH,
  type Peer,
  type PeerCommand,
  type PeerPlace,
  WORKER_ID,
} from "./peer.ts";

function config({ work, port, tls }: PeerPlace, users: string): string {
  return `\
ServerName "bench"
ServerType standalone
DefaultAddress 127.0.0.1
SocketBindTight on
UseIPv6 off
Port ${port}
User nobody
Group nogroup
MaxInstances none
UseReverseDNS off
DelayEngine off
WtmpLog off
TransferLog none
SystemLog none
PidFile ${join(work, "pid")}
ScoreboardFile ${join(work, "scoreboard")}
AuthOrder mod_auth_file.c
AuthUserFile ${users}
AuthFileOptions InsecurePerms
RequireValidShell off
UseFtpUsers off
AllowOverwrite on
<Limit LOGIN>
  AllowAll
</Limit>
${tls === null ? "" : tlsConfig(tls)}`;
}

function tlsConfig({ certificate, key }: CertificateFiles): string {
  const module = findProgram("usr/lib/proftpd/mod_tls.so");
  return `\
ModulePath ${dirname(module)}
LoadModule mod_tls.c
TLSEngine on
TLSProtocol TLSv1.2 TLSv1.3
TLSRequired off
TLSVerifyClient off
TLSOptions NoSessionReuseRequired
TLSRSACertificateFile ${certificate}
TLSRSACertificateKeyFile ${key}
`;
}

/** ProFTPD, as Debian has it: one process for each session. */
export const proftpd: Peer = {
  name: "proftpd",
  account: BENCH_ACCOUNT,
  forks: true,
  prepare(place: PeerPlace): PeerCommand {
    const command = findProgram("usr/sbin/proftpd");
    const users = join(place.work, "users");
    const file = join(place.work, "proftpd.conf");
    const user = BENCH_ACCOUNT.user;
    const ids = `${WORKER_ID}:${WORKER_ID}`;
    writeFileSync(
      users,
      `${user}:${BENCH_HASH}:${ids}:bench:${place.folder}:/bin/sh\n`,
      { mode: 0o600 },
    );
    writeFileSync(file, config(place, users), { mode: 0o600 });
    return {
      command,
      args: ["--nodaemon", "--quiet", "--config", file],
      env: libraryPath(command),
    };
  },
};

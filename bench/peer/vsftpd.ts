import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { CertificateFiles } from "./certificate.ts";
import { findProgram, libraryPath } from "./packages.ts";
import {
  FOLDER_NAME,
  type Peer,
  type PeerCommand,
  type PeerPlace,
} from "./peer.ts";

// Anonymous with uploads: local users would need an entry in the system's
// password file. The user of anonymous clients must have a home that exists,
// which `nobody` has not, and their root must not be writable, so the folder is
// one below it. `isolate` and `isolate_network`, kernel namespaces for each
// session, are on by default and a third of the price of a login.
function config({ work, port, tls }: PeerPlace): string {
  return `\
listen=YES
listen_address=127.0.0.1
listen_port=${port}
background=NO
anonymous_enable=YES
local_enable=NO
write_enable=YES
anon_upload_enable=YES
anon_mkdir_write_enable=YES
anon_other_write_enable=YES
anon_world_readable_only=NO
anon_umask=022
anon_root=${work}
ftp_username=daemon
nopriv_user=nobody
secure_chroot_dir=${join(work, "empty")}
xferlog_enable=NO
max_clients=0
max_per_ip=0
${tls === null ? "" : tlsConfig(tls)}`;
}

function tlsConfig({ certificate, key }: CertificateFiles): string {
  return `\
ssl_enable=YES
allow_anon_ssl=YES
require_ssl_reuse=NO
rsa_cert_file=${certificate}
rsa_private_key_file=${key}
`;
}

/** vsftpd, as Debian has it: two or three processes for each session. */
export const vsftpd: Peer = {
  name: "vsftpd",
  account: { user: "anonymous", password: "bench" },
  prefix: `${FOLDER_NAME}/`,
  lacks: ["MLSD"],
  forks: true,
  prepare(place: PeerPlace): PeerCommand {
    const command = findProgram("usr/sbin/vsftpd");
    const file = join(place.work, "vsftpd.conf");
    mkdirSync(join(place.work, "empty"), { mode: 0o555 });
    writeFileSync(file, config(place), { mode: 0o600 });
    return { command, args: [file], env: libraryPath(command) };
  },
};

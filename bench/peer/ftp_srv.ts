import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fetchedModule } from "./packages.ts";
import {
  BENCH_ACCOUNT,
  type Peer,
  type PeerCommand,
  PeerMissingError,
  type PeerPlace,
} from "./peer.ts";

// Passive ports below those that the system hands out by itself.
const SERVER = `\
const [library, folder, port, user, password] = process.argv.slice(2);
const { FtpSrv } = require(library);
const server = new FtpSrv({
  url: "ftp://127.0.0.1:" + port,
  pasv_url: "127.0.0.1",
  pasv_min: 20000,
  pasv_max: 30000,
});
server.on("login", ({ username, password: given }, resolve, reject) => {
  if (username === user && given === password) resolve({ root: folder });
  else reject(new Error("wrong"));
});
server.listen();
`;

/** ftp-srv of npm on the Node that runs this program. */
export const ftpSrv: Peer = {
  name: "ftp-srv",
  account: BENCH_ACCOUNT,
  lacks: ["MLSD"],
  prepare({ folder, work, port, tls }: PeerPlace): PeerCommand {
    const module = fetchedModule("ftp-srv");
    if (!existsSync(module)) {
      throw new PeerMissingError("ftp-srv is missing (try: peers --fetch)");
    }
    if (tls !== null) {
      throw new PeerMissingError("ftp-srv's TLS for data is not its own");
    }
    const { user, password } = BENCH_ACCOUNT;
    const program = join(work, "server.cjs");
    writeFileSync(program, SERVER);
    const args = [program, module, folder, String(port), user, password];
    return { command: process.execPath, args };
  },
};

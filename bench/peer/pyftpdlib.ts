import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { findProgram } from "./packages.ts";
import {
  BENCH_ACCOUNT,
  type Peer,
  type PeerCommand,
  PeerMissingError,
  type PeerPlace,
} from "./peer.ts";

// Its own command knows nothing of TLS.
const SERVER = `\
import sys
from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import TLS_FTPHandler
from pyftpdlib.servers import FTPServer

folder, port, user, password, certificate = sys.argv[1:]
authorizer = DummyAuthorizer()
authorizer.add_user(user, password, folder, perm="elradfmwMT")
TLS_FTPHandler.authorizer = authorizer
TLS_FTPHandler.certfile = certificate
FTPServer(("127.0.0.1", int(port)), TLS_FTPHandler).serve_forever()
`;

function checkModule(python: string, module: string, from: string): void {
  try {
    execFileSync(python, ["-c", `import ${module}`], { stdio: "ignore" });
  } catch {
    throw new PeerMissingError(`${from} is missing`);
  }
}

/** pyftpdlib of Debian's python3-pyftpdlib: one process, one thread. */
export const pyftpdlib: Peer = {
  name: "pyftpdlib",
  account: BENCH_ACCOUNT,
  prepare({ folder, work, port, tls }: PeerPlace): PeerCommand {
    const command = findProgram("usr/bin/python3");
    checkModule(command, "pyftpdlib", "python3-pyftpdlib");
    const { user, password } = BENCH_ACCOUNT;
    if (tls !== null) {
      checkModule(command, "OpenSSL", "python3-openssl");
      const program = join(work, "server.py");
      writeFileSync(program, SERVER);
      const args = [program, folder, String(port), user, password, tls.both];
      return { command, args };
    }
    const args = [
      ...["-m", "pyftpdlib", "-w"],
      ...["-i", "127.0.0.1", "-p", String(port), "-d", folder],
      ...["-u", user, "-P", password],
    ];
    return { command, args };
  },
};

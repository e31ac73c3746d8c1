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

// Its own command has no option for more than 512 connections, nor for TLS.
const SERVER = `\
import sys
from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler
from pyftpdlib.servers import FTPServer

folder, port, user, password, certificate = sys.argv[1:]
handler = FTPHandler
if certificate:
    from pyftpdlib.handlers import TLS_FTPHandler as handler
    handler.certfile = certificate
handler.authorizer = DummyAuthorizer()
handler.authorizer.add_user(user, password, folder, perm="elradfmwMT")
server = FTPServer(("127.0.0.1", int(port)), handler)
server.max_cons = 0
server.serve_forever()
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
    if (tls !== null) checkModule(command, "OpenSSL", "python3-openssl");
    const program = join(work, "server.py");
    writeFileSync(program, SERVER);
    const certificate = tls?.both ?? "";
    const args = [program, folder, String(port), user, password, certificate];
    return { command, args };
  },
};

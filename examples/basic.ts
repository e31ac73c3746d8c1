// deno-lint-ignore-file no-console -- a program that prints

/**
 * A server with a user who may do everything and an anonymous one who may read.
 * Run it in the folder to share: `node examples/basic.ts` (Node 22.18 or
 * later), `deno run -A examples/basic.ts` or `bun examples/basic.ts`.
 *
 * @module
 */

import { localFileSystem, MemoryAuthorizer, serve } from "anyftpd";

const authorizer = new MemoryAuthorizer();
const fileSystem = localFileSystem(".");
authorizer.addUser({
  username: "user",
  password: "12345",
  fileSystem,
  permissions: "elradfmwMT",
});
authorizer.addAnonymous({ fileSystem });

const server = await serve({
  hostname: "127.0.0.1", // `::` for every address of this machine
  port: 2121,
  authorizer,
  banner: "anyftpd based server ready.",
  // Behind NAT, the address and the ports that clients have to connect to:
  // masqueradeAddress: "198.51.100.7",
  // passivePorts: { from: 60_000, to: 60_999 },
  maxConnections: 256,
  maxConnectionsPerAddress: 5,
});
console.log(`Listening on port ${server.address.port}`);

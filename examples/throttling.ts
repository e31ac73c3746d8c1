// deno-lint-ignore-file no-console -- a program that prints

/**
 * Limits how fast files travel: each transfer, and all of one user together.
 * It holds for clear and encrypted connections alike.
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
  permissions: "elradfmw",
  // Over all sessions of this user, in bytes per second.
  limits: { downloadRate: 400 * 1024, uploadRate: 400 * 1024 },
});
authorizer.addAnonymous({ fileSystem });

const server = await serve({
  port: 2121,
  authorizer,
  // Of each transfer of anybody, in bytes per second.
  downloadRate: 300 * 1024,
  uploadRate: 300 * 1024,
});
console.log(`Listening on port ${server.address.port}`);

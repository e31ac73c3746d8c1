// deno-lint-ignore-file no-console -- a program that prints

/**
 * FTP over TLS (RFC 4217). Files that are renewed serve the next session. For
 * a certificate to try it with, which clients will not trust by themselves,
 * there is `anyftpd --tls`.
 *
 * @module
 */

import {
  certificateFiles,
  localFileSystem,
  MemoryAuthorizer,
  serve,
} from "anyftpd";

const authorizer = new MemoryAuthorizer();
authorizer.addUser({
  username: "user",
  password: "12345",
  fileSystem: localFileSystem("."),
  permissions: "elradfmw",
});

const server = await serve({
  port: 2121,
  authorizer,
  tls: {
    config: certificateFiles({ cert: "fullchain.pem", key: "privkey.pem" }),
    control: "required", // no passwords in clear
    data: "required", // no files and listings in clear
  },
});
console.log(`Listening on port ${server.address.port}`);

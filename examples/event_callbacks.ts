// deno-lint-ignore-file no-console -- a program that prints

/**
 * Does something when something happens. A hook may be asynchronous: its
 * session waits for it, the others do not.
 *
 * @module
 */

import { rm } from "node:fs/promises";
import { localFileSystem, MemoryAuthorizer, serve } from "anyftpd";

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
  hooks: {
    connect: ({ session }) => console.log(session.remote.hostname, "connected"),
    disconnect: ({ session }) => console.log(session.id, "disconnected"),
    login: ({ username }) => console.log(username, "logged in"),
    loginFailed: ({ username }) => console.log(username, "was refused"),
    logout: ({ username }) => console.log(username, "logged out"),
    fileSent: ({ path, bytes }) => console.log(path, "sent", bytes),
    fileReceived: ({ path, bytes }) => console.log(path, "received", bytes),
    incompleteFileSent: ({ path }) => console.log(path, "sent in part"),
    // `atomicUploads` never shows such files in the first place.
    async incompleteFileReceived({ path, realPath }) {
      await rm(realPath, { force: true });
      console.log(path, "received in part and removed");
    },
  },
});
console.log(`Listening on port ${server.address.port}`);

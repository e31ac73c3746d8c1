/**
 * What each worker of `worker_processes.ts` serves.
 *
 * @module
 */

import process from "node:process";
import { localFileSystem, MemoryAuthorizer, type ServerOptions } from "anyftpd";

/** Called once in each worker, with the `data` of the pool. */
export default function options(
  { directory }: { readonly directory: string },
): ServerOptions {
  const authorizer = new MemoryAuthorizer();
  authorizer.addUser({
    username: "user",
    password: "12345",
    fileSystem: localFileSystem(directory),
  });
  return { authorizer, banner: `Worker ${process.pid} ready.` };
}

// deno-lint-ignore-file no-console -- a program that prints

/**
 * A command of one's own: `SITE RMTREE path` removes a folder with all that is
 * in it. Login, permission and path are looked after by what the columns say;
 * HELP knows the command.
 *
 * @module
 */

import {
  type CommandSpec,
  type FileSystem,
  localFileSystem,
  MemoryAuthorizer,
  reply,
  serve,
} from "anyftpd";

async function removeTree(files: FileSystem, path: string): Promise<void> {
  // Links are removed, not followed.
  for await (const batch of files.list(path, { sorted: false, stat: "self" })) {
    for (const { name, stat } of batch) {
      const inner = `${path}/${name}`;
      if (stat?.kind === "directory") await removeTree(files, inner);
      else await files.remove(inner);
    }
  }
  await files.removeDirectory(path);
}

const RMTREE: CommandSpec = {
  argument: "required",
  login: "needed",
  action: "delete",
  path: "whole",
  help: "Syntax: SITE <SP> RMTREE <SP> path (remove directory tree).",
  async run({ files }, _argument, path) {
    if (path === "/") return reply(550, "Can't remove root directory.");
    await removeTree(files, path);
    return reply(200, "Directory tree removed.");
  },
};

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
  commands: { "SITE RMTREE": RMTREE },
});
console.log(`Listening on port ${server.address.port}`);

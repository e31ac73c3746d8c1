// CWD, CDUP, PWD, MKD, RMD and their X forms: RFC 959 section 4.1, RFC 775.

import { FileError } from "../base/errors.ts";
import { quotePath } from "../protocol/path.ts";
import { type Reply, reply } from "../protocol/reply.ts";
import type { Outcome } from "../session/command.ts";
import type { CommandContext } from "../session/context.ts";

export async function changeDirectory(
  context: CommandContext,
  _argument: string,
  path: string,
): Promise<Outcome> {
  const { files, state } = context;
  if ((await files.stat(path)).kind !== "directory") {
    throw new FileError("not-a-directory", `Cannot enter "${path}": a file`);
  }
  await files.enter?.(path);
  state.workingDirectory = path;
  return current(250, path);
}

export function printDirectory(context: CommandContext): Outcome {
  return current(257, context.state.workingDirectory);
}

function current(code: number, path: string): Reply {
  return reply(code, `"${quotePath(path)}" is the current directory.`);
}

export async function makeDirectory(
  context: CommandContext,
  _argument: string,
  path: string,
): Promise<Outcome> {
  await context.files.makeDirectory(path);
  return reply(257, `"${quotePath(path)}" directory created.`);
}

export async function removeDirectory(
  context: CommandContext,
  _argument: string,
  path: string,
): Promise<Outcome> {
  if (await isRoot(context, path)) {
    return reply(550, "Can't remove root directory.");
  }
  await context.files.removeDirectory(path);
  return reply(250, "Directory removed.");
}

/** Whether a path is the top of the tree, links resolved. */
export async function isRoot(
  context: CommandContext,
  path: string,
): Promise<boolean> {
  if (path === "/") return true;
  const { files } = context;
  return files.resolve !== undefined && await files.resolve(path) === "/";
}

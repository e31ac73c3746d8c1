// DELE, RNFR, RNTO: RFC 959 section 4.1.3. SIZE, MDTM: RFC 3659 sections 3 and
// 4. MFMT: draft-somers-ftp-mfxx. SITE CHMOD: custom.

import { FileError } from "../base/errors.ts";
import { type Reply, reply } from "../protocol/reply.ts";
import { formatTimeValue, parseTimeValue } from "../protocol/time_value.ts";
import type { FileStat } from "../spi/file_system.ts";
import type { Outcome } from "../session/command.ts";
import type { CommandContext } from "../session/context.ts";
import { isRoot } from "./navigate.ts";

export async function remove(
  context: CommandContext,
  _argument: string,
  path: string,
): Promise<Outcome> {
  await context.files.remove(path);
  return reply(250, "File removed.");
}

export async function renameFrom(
  context: CommandContext,
  _argument: string,
  path: string,
): Promise<Outcome> {
  // A link that leads nowhere may be renamed too.
  await context.files.stat(path, { followLinks: false });
  if (await isRoot(context, path)) {
    return reply(550, "Can't rename home directory.");
  }
  context.state.renameFrom = path;
  return reply(350, "Ready for destination name.");
}

export async function renameTo(
  context: CommandContext,
  _argument: string,
  path: string,
): Promise<Outcome> {
  const { state } = context;
  const from = state.renameFrom;
  if (from === null) {
    return reply(503, "Bad sequence of commands: use RNFR first.");
  }
  state.renameFrom = null;
  if (!await mayReplace(context, from, path)) {
    return reply(550, "Not enough privileges.");
  }
  await context.files.rename(from, path);
  return reply(250, "Renaming ok.");
}

/**
 * Renaming onto a file destroys it, so the right to rename is not enough: it
 * takes the right to write or to delete that file.
 */
async function mayReplace(
  context: CommandContext,
  from: string,
  to: string,
): Promise<boolean> {
  if (from === to) return true;
  try {
    await context.files.stat(to, { followLinks: false });
  } catch (error) {
    if (error instanceof FileError) return true;
    throw error;
  }
  return await context.allows("write", to) ||
    await context.allows("delete", to);
}

export async function size(
  context: CommandContext,
  _argument: string,
  path: string,
): Promise<Outcome> {
  if (context.state.type === "ascii") {
    // What a transfer would send can only be told by reading the whole file.
    return reply(550, "SIZE not allowed in ASCII mode.");
  }
  const stat = await regularFile(context, path);
  return stat === null
    ? reply(550, `${path} is not retrievable.`)
    : reply(213, String(stat.size));
}

export async function modificationTime(
  context: CommandContext,
  _argument: string,
  path: string,
): Promise<Outcome> {
  const stat = await regularFile(context, path);
  if (stat === null) return notRetrievable(path);
  const value = formatTimeValue(stat.modified, context.settings.localTime);
  return value === null
    ? reply(550, "Can't determine file's last modification time.")
    : reply(213, value);
}

export async function modifyTime(
  context: CommandContext,
  timeValue: string,
  path: string,
): Promise<Outcome> {
  const { files } = context;
  if (files.setModified === undefined) {
    throw new FileError("unsupported", "Cannot set times on this file system");
  }
  const time = parseTimeValue(timeValue);
  if (time === null) {
    return reply(550, "Invalid time format; expected: YYYYMMDDHHMMSS.");
  }
  if (await regularFile(context, path) === null) return notRetrievable(path);
  await files.setModified(path, time);
  // What the file system made of it, in UTC like the request.
  const { modified } = await files.stat(path);
  const value = formatTimeValue(modified, false) ?? timeValue;
  return reply(213, `Modify=${value}; ${path}.`);
}

export async function changeMode(
  context: CommandContext,
  mode: string,
  path: string,
): Promise<Outcome> {
  const { files } = context;
  if (files.setMode === undefined) {
    throw new FileError("unsupported", "Cannot set modes on this file system");
  }
  if (!/^[0-7]{3,4}$/.test(mode)) {
    return reply(501, "Invalid SITE CHMOD format.");
  }
  await files.setMode(path, Number.parseInt(mode, 8));
  return reply(200, "SITE CHMOD successful.");
}

/** What is known of a regular file; `null` when there is no such file. */
async function regularFile(
  context: CommandContext,
  path: string,
): Promise<FileStat | null> {
  try {
    const stat = await context.files.stat(path);
    return stat.kind === "file" ? stat : null;
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    if (error.code === "not-found" || error.code === "not-a-directory") {
      return null;
    }
    throw error;
  }
}

function notRetrievable(path: string): Reply {
  return reply(550, `${path} is not retrievable`);
}

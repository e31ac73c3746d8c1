// RETR, STOR, APPE, STOU, REST, ABOR: RFC 959 section 4.1.3; RFC 1123 section
// 4.1.2.9 for the reply of STOU; RFC 3659 section 5 for REST in stream mode.

import { FileError } from "../base/errors.ts";
import { baseName, joinPath, parentPath } from "../protocol/path.ts";
import { reply } from "../protocol/reply.ts";
import type { FileHandle } from "../spi/file_system.ts";
import type { Outcome } from "../session/command.ts";
import type { CommandContext } from "../session/context.ts";
import { fileErrorReply } from "../session/file_error_reply.ts";

export async function retrieve(
  context: CommandContext,
  _argument: string,
  path: string,
): Promise<Outcome> {
  const offset = context.state.takeRestart();
  const file = await context.files.open(path, { access: "read" });
  return await fileTransfer(context, "send", "RETR", path, file, offset);
}

/**
 * Without REST the file is emptied when the command comes, with it the rest of
 * the file stays behind what is written.
 */
export async function store(
  context: CommandContext,
  _argument: string,
  path: string,
): Promise<Outcome> {
  const offset = context.state.takeRestart();
  const file = await context.files.open(
    path,
    offset === 0
      ? { access: "write", create: "always", truncate: true }
      : { access: "write", create: "never", truncate: false },
  );
  return await fileTransfer(context, "receive", "STOR", path, file, offset);
}

export async function append(
  context: CommandContext,
  _argument: string,
  path: string,
): Promise<Outcome> {
  if (context.state.restart !== 0) {
    return reply(450, "Can't APPE while REST request is pending.");
  }
  const file = await context.files.open(path, { access: "append" });
  return await fileTransfer(
    context,
    "receive",
    "APPE",
    path,
    file,
    file.size,
  );
}

async function fileTransfer(
  context: CommandContext,
  kind: "send" | "receive",
  command: string,
  path: string,
  file: FileHandle,
  offset: number,
): Promise<Outcome> {
  if (offset > file.size) {
    await file.close();
    return reply(
      554,
      `REST position (${offset}) > file size (${file.size})`,
    );
  }
  const { username } = context.state;
  const ascii = context.state.type === "ascii";
  const realPath = context.locate(path);
  return {
    transfer: {
      kind,
      ...(kind === "receive" ? expectation(context) : {}),
      command,
      username,
      path,
      realPath,
      file,
      offset,
      ascii,
    },
  };
}

function expectation(
  { state }: CommandContext,
): { readonly expectedBytes?: number } {
  const expectedBytes = state.takeAnnouncedSize();
  return expectedBytes === null ? {} : { expectedBytes };
}

/** Names that STOU tries before it gives up. */
const UNIQUE_TRIES = 50;
const UNIQUE_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789";

export async function storeUnique(
  context: CommandContext,
  argument: string,
  path: string,
): Promise<Outcome> {
  if (context.state.restart !== 0) {
    return reply(450, "Can't STOU while REST request is pending.");
  }
  // Without an argument the path is the working directory.
  const named = argument !== "";
  const folder = named ? parentPath(path) : path;
  const prefix = named ? baseName(path) : "ftpd";
  for (let tries = 0; tries < UNIQUE_TRIES; tries++) {
    const name = `${prefix}.${randomLetters(context, 8)}`;
    const unique = joinPath(folder, name);
    // Asked before anything is made: a refusal leaves no empty file behind.
    if (!await context.allows("write", unique)) {
      return reply(550, "Not enough privileges.");
    }
    const file = await openNew(context, unique);
    if (file === null) continue;
    if ("code" in file) return file;
    return {
      transfer: {
        kind: "receive",
        ...expectation(context),
        command: "STOU",
        username: context.state.username,
        path: unique,
        realPath: context.locate(unique),
        file,
        offset: 0,
        ascii: context.state.type === "ascii",
        opening: `FILE: ${name}`,
      },
    };
  }
  return reply(450, "No usable unique file name found.");
}

async function openNew(
  context: CommandContext,
  path: string,
): Promise<FileHandle | ReturnType<typeof reply> | null> {
  try {
    return await context.files.open(path, {
      access: "write",
      create: "new",
      truncate: false,
    });
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    if (error.code === "exists") return null;
    return fileErrorReply(
      error,
      path,
      error.code === "outside-root" ? 550 : 450,
    );
  }
}

function randomLetters(context: CommandContext, count: number): string {
  let text = "";
  for (let at = 0; at < count; at++) {
    text += UNIQUE_LETTERS[context.random.below(UNIQUE_LETTERS.length)];
  }
  return text;
}

export function restart(context: CommandContext, argument: string): Outcome {
  const { state } = context;
  if (state.type === "ascii") {
    return reply(501, "Resuming transfers not allowed in ASCII mode.");
  }
  const position = Number(argument);
  if (!/^ *\+?[0-9]+ *$/.test(argument) || !Number.isSafeInteger(position)) {
    return reply(501, "Invalid parameter.");
  }
  state.restart = position;
  return reply(350, `Restarting at position ${position}.`);
}

export async function abort(context: CommandContext): Promise<Outcome> {
  await context.data.abort();
  return null;
}

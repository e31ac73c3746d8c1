// LIST, NLST: RFC 959 section 4.1.3. MLSD, MLST: RFC 3659 section 7.

import { FileError } from "../base/errors.ts";
import { factsFormatter } from "../protocol/facts.ts";
import { listLineFormatter } from "../protocol/list_format.ts";
import { baseName, joinPath, quotePath } from "../protocol/path.ts";
import { reply, replyLines } from "../protocol/reply.ts";
import type { Account, Action } from "../spi/authorizer.ts";
import type { DirectoryEntry, ListOptions } from "../spi/file_system.ts";
import type { Outcome } from "../session/command.ts";
import type { CommandContext } from "../session/context.ts";
import { isAllowed } from "../session/permission.ts";

/** Entries whose folder was opened already, so that errors are known. */
interface OpenedListing {
  readonly batches: AsyncIterable<readonly DirectoryEntry[]>;
  cancel(): Promise<void>;
}

/** Turns one entry into its line, without CRLF. */
type LineFormat = (entry: DirectoryEntry) => string | Promise<string>;

export async function list(
  context: CommandContext,
  _argument: string,
  path: string,
): Promise<Outcome> {
  const opened = await openFolderOrFile(context, path, "self");
  return listing(context, "LIST", path, opened, listFormat(context));
}

/** STAT with a path: LIST over the control connection. */
export async function statusOfPath(
  context: CommandContext,
  path: string,
): Promise<Outcome> {
  const opened = await openFolderOrFile(context, path, "self");
  return {
    stream: {
      code: 213,
      text: `Status of "${quotePath(path)}":`,
      body: lines(opened, listFormat(context)),
      end: "End of status.",
    },
  };
}

/**
 * Bare names for the working directory; for another folder the names begin
 * with what the client wrote, so that they can be used as they are in the next
 * command (RFC 1123 section 4.1.2.7).
 */
export async function nameList(
  context: CommandContext,
  argument: string,
  path: string,
): Promise<Outcome> {
  const isFolder = await isDirectory(context, path);
  const opened = await openFolderOrFile(context, path, "none");
  const bare = !isFolder || path === context.state.workingDirectory;
  const prefix = bare ? "" : `${argument.replace(/\/+$/, "")}/`;
  return listing(
    context,
    "NLST",
    path,
    opened,
    (entry) => prefix + oneLine(entry.name),
  );
}

export async function machineListDirectory(
  context: CommandContext,
  _argument: string,
  path: string,
): Promise<Outcome> {
  if (!await isDirectory(context, path)) {
    // A missing path throws; this is something else than a folder.
    await context.files.stat(path);
    return reply(501, "No such directory.");
  }
  // First: should it throw, no folder is open yet.
  const facts = await factsOf(context, path);
  const opened = await openListing(context, path, {
    sorted: false,
    stat: "target",
  });
  return listing(
    context,
    "MLSD",
    path,
    opened,
    async (entry) => `${await facts(entry)} ${oneLine(entry.name)}`,
  );
}

export async function machineList(
  context: CommandContext,
  _argument: string,
  path: string,
): Promise<Outcome> {
  const stat = await context.files.stat(path);
  const permissions = await actionsAllowed(context.account, path);
  const { localTime } = context.settings;
  const format = factsFormatter(context.state.facts, permissions, {
    localTime,
  });
  return replyLines(
    250,
    `Listing "${quotePath(path)}":`,
    [`${format(stat)} ${path}`],
    "End MLST.",
  );
}

function listFormat(context: CommandContext): LineFormat {
  return listLineFormatter({
    now: context.clock.wallTime(),
    localTime: context.settings.localTime,
  });
}

/** The entries of a folder, sorted, or the one entry that a file is. */
async function openFolderOrFile(
  context: CommandContext,
  path: string,
  stat: ListOptions["stat"],
): Promise<OpenedListing> {
  if (await isDirectory(context, path)) {
    return await openListing(context, path, { sorted: true, stat });
  }
  const { files } = context;
  const entry: DirectoryEntry = files.entry === undefined
    ? {
      name: baseName(path),
      stat: await files.stat(path, { followLinks: false }),
    }
    : await files.entry(path);
  return {
    batches: (async function* () {
      yield [entry];
    })(),
    cancel: () => Promise.resolve(),
  };
}

async function isDirectory(
  context: CommandContext,
  path: string,
): Promise<boolean> {
  try {
    return (await context.files.stat(path)).kind === "directory";
  } catch (error) {
    // A link that leads nowhere is listed as what it is.
    if (error instanceof FileError && error.code === "not-found") return false;
    throw error;
  }
}

/** Takes the first batch at once: errors must come before 150. */
async function openListing(
  context: CommandContext,
  path: string,
  options: ListOptions,
): Promise<OpenedListing> {
  const iterator = context.files.list(path, options)[Symbol.asyncIterator]();
  const first = await iterator.next();
  return {
    batches: (async function* () {
      try {
        let step = first;
        while (step.done !== true) {
          yield step.value;
          step = await iterator.next();
        }
      } finally {
        await iterator.return?.();
      }
    })(),
    async cancel() {
      await iterator.return?.();
    },
  };
}

async function* lines(
  opened: OpenedListing,
  format: LineFormat,
): AsyncIterable<readonly string[]> {
  for await (const batch of opened.batches) {
    const made: string[] = [];
    for (const entry of batch) {
      const line = format(entry);
      made.push(typeof line === "string" ? line : await line);
    }
    yield made;
  }
}

function listing(
  context: CommandContext,
  command: string,
  path: string,
  opened: OpenedListing,
  format: LineFormat,
): Outcome {
  const { codec } = context.settings;
  const chunks = async function* (): AsyncIterable<Uint8Array> {
    for await (const made of lines(opened, format)) {
      if (made.length > 0) yield codec.encode(made.join("\r\n") + "\r\n");
    }
  };
  return {
    transfer: {
      kind: "listing",
      command,
      username: context.state.username,
      path,
      realPath: context.locate(path),
      chunks: chunks(),
      cancel: () => opened.cancel(),
    },
  };
}

/**
 * Facts of the entries of a folder. The perm fact is the same for all unless
 * the user's rights depend on the path.
 */
async function factsOf(
  context: CommandContext,
  folder: string,
): Promise<LineFormat> {
  const { localTime } = context.settings;
  const { facts } = context.state;
  // Asked now: REIN may end the login while the listing is on its way.
  const { account } = context;
  const shared = account.pathRules === false
    ? factsFormatter(facts, await actionsAllowed(account, folder), {
      localTime,
    })
    : null;
  const format = async (entry: DirectoryEntry): Promise<string> => {
    if (entry.stat === null) return "";
    const permissions = await actionsAllowed(
      account,
      joinPath(folder, entry.name),
    );
    return factsFormatter(facts, permissions, { localTime })(entry.stat);
  };
  if (shared === null) return format;
  return (entry) => entry.stat === null ? "" : shared(entry.stat);
}

const ACTIONS: readonly Action[] = [
  "enter",
  "list",
  "read",
  "append",
  "delete",
  "rename",
  "mkdir",
  "write",
];

async function actionsAllowed(
  account: Account,
  path: string,
): Promise<readonly Action[]> {
  const allowed: Action[] = [];
  for (const action of ACTIONS) {
    if (await isAllowed(account, action, path)) allowed.push(action);
  }
  return allowed;
}

/** A name with a line break must not look like two (RFC 3659 section 7.2). */
function oneLine(name: string): string {
  return name.replace(/[\r\n\0]/g, "?");
}

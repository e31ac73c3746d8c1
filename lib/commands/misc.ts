// NOOP, SYST, HELP: RFC 959 section 4.1.3.

import { reply, replyLines } from "../protocol/reply.ts";
import type { Outcome } from "../session/command.ts";
import type { CommandContext } from "../session/context.ts";

export function noop(): Outcome {
  return reply(200, "I successfully did nothing.");
}

/** Listings are in the form of `ls -l` on every system. */
export function system(): Outcome {
  return reply(215, "UNIX Type: L8");
}

const SITE = "SITE ";
const HELP_COLUMNS = 8;

export function help(context: CommandContext, argument: string): Outcome {
  const { commands } = context.settings;
  if (argument !== "") {
    const spec = commands.get(argument.toUpperCase());
    return spec === undefined
      ? reply(501, "Unrecognized command.")
      : reply(214, spec.help);
  }
  const names = [...commands.keys()].filter((name) => !name.startsWith(SITE))
    .sort();
  const rows: string[] = [];
  for (let at = 0; at < names.length; at += HELP_COLUMNS) {
    const row = names.slice(at, at + HELP_COLUMNS);
    rows.push(row.map((name) => name.padEnd(6)).join(" "));
  }
  return replyLines(
    214,
    "The following commands are recognized:",
    rows,
    "Help command successful.",
  );
}

/** Looks among the sub-commands first, then in the whole table. */
export function siteHelp(context: CommandContext, argument: string): Outcome {
  const { commands } = context.settings;
  if (argument !== "") {
    const name = argument.toUpperCase();
    const spec = commands.get(SITE + name) ?? commands.get(name);
    return spec === undefined
      ? reply(501, "Unrecognized SITE command.")
      : reply(214, spec.help);
  }
  const names = [...commands.keys()].filter((name) => name.startsWith(SITE))
    .map((name) => name.slice(SITE.length)).sort();
  return replyLines(
    214,
    "The following SITE commands are recognized:",
    names,
    "Help SITE command successful.",
  );
}

/** SITE with nothing behind it is refused by its column. */
export function site(_context: CommandContext, argument: string): Outcome {
  return reply(500, `Command "SITE ${argument}" not understood.`);
}

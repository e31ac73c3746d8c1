// TYPE, MODE, STRU, ALLO: RFC 959 section 4.1.2. FEAT, OPTS: RFC 2389.

import { parseFacts } from "../protocol/facts.ts";
import { reply, replyLines } from "../protocol/reply.ts";
import type { Outcome } from "../session/command.ts";
import type { CommandContext } from "../session/context.ts";

/** `A N` is what `A` means; other formats and types are history. */
export function type(context: CommandContext, argument: string): Outcome {
  const { state } = context;
  switch (argument.toUpperCase().replaceAll(" ", "")) {
    case "A":
    case "AN":
    case "L7":
      state.type = "ascii";
      return reply(200, "Type set to: ASCII.");
    case "I":
    case "L8":
      state.type = "binary";
      return reply(200, "Type set to: Binary.");
    default:
      return reply(504, `Unsupported type "${argument}".`);
  }
}

export function structure(_context: CommandContext, argument: string): Outcome {
  switch (argument.toUpperCase()) {
    case "F":
      return reply(200, "File transfer structure set to: F.");
    case "P":
    case "R":
      return reply(504, "Unimplemented STRU type.");
    default:
      return reply(501, "Unrecognized STRU type.");
  }
}

export function mode(_context: CommandContext, argument: string): Outcome {
  switch (argument.toUpperCase()) {
    case "S":
      return reply(200, "Transfer mode set to: S");
    case "B":
    case "C":
      return reply(504, "Unimplemented MODE type.");
    default:
      return reply(501, "Unrecognized MODE type.");
  }
}

/** The size is kept, for whoever watches how the upload proceeds. */
export function allocate(context: CommandContext, argument: string): Outcome {
  const bytes = /^\d+(?= |$)/.exec(argument);
  const size = bytes === null ? NaN : Number(bytes[0]);
  context.state.announceSize(Number.isSafeInteger(size) ? size : null);
  return reply(202, "No storage allocation necessary.");
}

/** What the table says, so that it cannot promise what is not there. */
export function features(context: CommandContext): Outcome {
  const lines = new Set<string>(["TVFS"]);
  if (context.settings.codec.isUtf8) lines.add("UTF8");
  for (const spec of context.settings.commands.values()) {
    const { feature } = spec;
    if (feature === undefined) continue;
    const told = typeof feature === "function" ? feature(context) : feature;
    for (const line of typeof told === "string" ? [told] : told ?? []) {
      lines.add(line);
    }
  }
  return replyLines(
    211,
    "Features supported:",
    [...lines].sort(),
    "End FEAT.",
  );
}

export function options(context: CommandContext, argument: string): Outcome {
  const { commands, codec } = context.settings;
  const words = argument.split(" ");
  const command = (words[0] ?? "").toUpperCase();
  if (command === "UTF8" || command === "UTF-8") {
    return codec.isUtf8
      ? reply(200, "Always in UTF8 mode.")
      : reply(501, `Encoding is ${codec.name}.`);
  }
  if (words.length > 2) return reply(501, "Invalid number of arguments.");
  if (command !== "MLST" || !commands.has("MLST")) {
    return reply(501, `Unsupported command "${words[0]}".`);
  }
  // Facts may be chosen before the login: they say nothing about files.
  const facts = parseFacts(words[1] ?? "");
  if (facts === null || (words.length === 2 && words[1] === "")) {
    return reply(501, "Invalid argument.");
  }
  const hasCreated =
    context.state.account?.fileSystem.keepsCreationTime === true;
  const known = facts.filter((fact) => fact !== "create" || hasCreated);
  context.state.facts = known;
  return reply(
    200,
    `MLST OPTS ${known.map((fact) => `${fact};`).join("")}`,
  );
}

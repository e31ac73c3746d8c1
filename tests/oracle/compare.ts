import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { TemporaryFolder } from "../support/files.ts";
import { type ServerKind, startServer } from "../support/server.ts";
import { parseDialogue, type Session } from "./dialogue.ts";
import { type MaskedExchange, maskExchange } from "./mask.ts";
import { makeFixture, NodeDialogueIo } from "./node_io.ts";
import { type DialogueIo, runDialogue } from "./runner.ts";
import type { Difference } from "./difference.ts";

/** The sessions of `dialogue.txt`. */
export function readDialogue(): readonly Session[] {
  const path = fileURLToPath(new URL("dialogue.txt", import.meta.url));
  return parseDialogue(readFileSync(path, "utf8"));
}

/** Plays the dialogue on any server and blanks out what may vary. */
export async function record(
  io: DialogueIo,
  sessions: readonly Session[] = readDialogue(),
): Promise<readonly MaskedExchange[]> {
  return (await runDialogue(sessions, io)).map(maskExchange);
}

/** Users of the dialogue besides `user`, who may do everything. */
export const DIALOGUE_USERS: readonly {
  readonly username: string;
  readonly permissions: string;
}[] = [
  { username: "reader", permissions: "elr" },
  { username: "uploader", permissions: "ew" },
  { username: "anonymous", permissions: "elr" },
];

/** Plays the dialogue on a server of its own, over sockets. */
export async function recordServer(
  kind: ServerKind,
  sessions?: readonly Session[],
): Promise<readonly MaskedExchange[]> {
  const folder = new TemporaryFolder("anyftpd-dialogue");
  const directory = makeFixture(folder.path);
  const server = await startServer({
    directory,
    users: DIALOGUE_USERS.map((user) => ({
      ...user,
      password: "pass",
      directory,
    })),
  }, kind);
  try {
    return await record(new NodeDialogueIo(server, folder.path), sessions);
  } finally {
    await server.close();
    folder.remove();
  }
}

/** One exchange that no listed difference explains. */
export interface Mismatch {
  readonly at: string;
  /** What they answered. */
  readonly theirs: string;
  /** The same after every listed difference: what we should answer. */
  readonly expected: string;
  readonly ours: string;
}

/** A listed difference that shows in another number of exchanges. */
export interface StaleDifference {
  readonly reason: string;
  readonly listed: number;
  readonly found: number;
}

/** What a comparison found. */
export interface Comparison {
  readonly unlisted: readonly Mismatch[];
  readonly stale: readonly StaleDifference[];
}

/**
 * Compares two recordings of the same dialogue. Every listed difference is
 * applied to their answers, which must then be ours word for word.
 */
export function compareRecordings(
  theirs: readonly MaskedExchange[],
  ours: readonly MaskedExchange[],
  listed: readonly Difference[],
): Comparison {
  const found = listed.map(() => 0);
  const unlisted: Mismatch[] = [];
  const answers = new Map(ours.map(({ name, text }) => [name, text]));
  for (const { name, text } of theirs) {
    let expected = text;
    listed.forEach((difference, index) => {
      const rewritten = difference.rewrite(expected, name);
      if (rewritten !== expected) found[index]! += 1;
      expected = rewritten;
    });
    const answer = answers.get(name) ?? "(missing)";
    if (answer !== expected) {
      unlisted.push({ at: name, theirs: text, expected, ours: answer });
    }
  }
  const stale = listed
    .map(({ reason, count }, index) => ({
      reason,
      listed: count,
      found: found[index]!,
    }))
    .filter((difference) => difference.listed !== difference.found);
  return { unlisted, stale };
}

/** One mismatch as a person reads it. */
export function formatMismatch(mismatch: Mismatch): string {
  const { at, theirs, expected, ours } = mismatch;
  const rows = [`  theirs: ${theirs}`];
  if (expected !== theirs) rows.push(`  wanted: ${expected}`);
  rows.push(`  ours:   ${ours}`);
  return [at, ...rows.map((row) => row.replaceAll("\n", "\n          "))]
    .join("\n");
}

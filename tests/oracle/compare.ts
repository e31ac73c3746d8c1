import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { TemporaryFolder } from "../support/files.ts";
import { type ServerKind, startServer } from "../support/server.ts";
import { parseDialogue, type Session } from "./dialogue.ts";
import { type MaskedExchange, maskExchange } from "./mask.ts";
import { makeFixture, NodeDialogueIo } from "./node_io.ts";
import { type DialogueIo, runDialogue } from "./runner.ts";
import type { Difference } from "./differences.ts";

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

/** What a comparison found, for a test or a person. */
export interface Comparison {
  /** Exchanges that differ and are not listed. */
  readonly unlisted: readonly Difference[];
  /** Listed differences that no longer show, or show otherwise. */
  readonly stale: readonly Difference[];
}

/** Compares two recordings of the same dialogue. */
export function compareRecordings(
  theirs: readonly MaskedExchange[],
  ours: readonly MaskedExchange[],
  listed: readonly Difference[],
): Comparison {
  const open = new Map(listed.map((difference) => [difference.at, difference]));
  const unlisted: Difference[] = [];
  const answers = new Map(ours.map(({ name, text }) => [name, text]));
  for (const { name, text } of theirs) {
    const answer = answers.get(name) ?? "(missing)";
    if (answer === text) continue;
    const known = open.get(name);
    if (known?.theirs === text && known.ours === answer) open.delete(name);
    else unlisted.push({ at: name, theirs: text, ours: answer, reason: "" });
  }
  return { unlisted, stale: [...open.values()] };
}

/** One difference as a person reads it. */
export function formatDifference(difference: Difference): string {
  const { at, theirs, ours, reason } = difference;
  return [
    at,
    `  theirs: ${theirs.replaceAll("\n", "\n          ")}`,
    `  ours:   ${ours.replaceAll("\n", "\n          ")}`,
    ...(reason ? [`  reason: ${reason}`] : []),
  ].join("\n");
}

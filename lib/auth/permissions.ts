import { ConfigError } from "../base/errors.ts";
import type { Action } from "../spi/authorizer.ts";

/** The letters that only look: CWD, LIST, RETR and the like. */
export const READ_PERMISSIONS = "elr" as const;

/** The letters that change something. */
export const WRITE_PERMISSIONS = "adfmwMT" as const;

const ACTIONS: ReadonlyMap<string, Action> = new Map([
  ["e", "enter"],
  ["l", "list"],
  ["r", "read"],
  ["a", "append"],
  ["d", "delete"],
  ["f", "rename"],
  ["m", "mkdir"],
  ["w", "write"],
  ["M", "chmod"],
  ["T", "touch"],
]);

const LETTERS: ReadonlyMap<Action, string> = new Map(
  [...ACTIONS].map(([letter, action]) => [action, letter]),
);

/**
 * The actions that pyftpdlib's permission letters stand for, in the order of
 * the letters, each once. No letters: nothing is allowed.
 *
 * | letter | action | commands |
 * | ------ | ------ | -------- |
 * | `e` | `enter` | CWD, CDUP |
 * | `l` | `list` | LIST, NLST, STAT, MLSD, MLST, SIZE, MDTM |
 * | `r` | `read` | RETR |
 * | `a` | `append` | APPE |
 * | `d` | `delete` | DELE, RMD |
 * | `f` | `rename` | RNFR, RNTO |
 * | `m` | `mkdir` | MKD |
 * | `w` | `write` | STOR, STOU |
 * | `M` | `chmod` | SITE CHMOD |
 * | `T` | `touch` | MFMT |
 *
 * @throws {ConfigError} a letter has no meaning
 */
export function parsePermissions(letters: string): readonly Action[] {
  const actions = new Set<Action>();
  for (const letter of letters) {
    const action = ACTIONS.get(letter);
    if (action === undefined) {
      throw new ConfigError(
        `Cannot use permissions "${letters}": no such permission "${letter}"`,
      );
    }
    actions.add(action);
  }
  return [...actions];
}

/** The letters of some actions, in the order given. */
export function formatPermissions(actions: Iterable<Action>): string {
  let letters = "";
  for (const action of actions) letters += LETTERS.get(action) ?? "";
  return letters;
}

/** Whether letters hold one that changes something. */
export function hasWritePermission(letters: string): boolean {
  return [...letters].some((letter) => WRITE_PERMISSIONS.includes(letter));
}

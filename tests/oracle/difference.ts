import type { ServerKind } from "../support/server.ts";

/**
 * One way in which we answer otherwise than pyftpdlib 1.5.7, on purpose. Rows
 * are those of the parity page.
 */
export interface Difference {
  /** Why ours is better, or why theirs is out of date. */
  readonly reason: string;
  /** Where it shows; everywhere when it is left out. */
  readonly kinds?: readonly ServerKind[];
  /** In how many exchanges of the dialogue it shows. */
  readonly count: number;
  /** Their masked answer as we give it; the same where it does not show. */
  readonly rewrite: (theirs: string, name: string) => string;
}

/** A text that is replaced wherever it stands. */
export function replacing(
  reason: string,
  count: number,
  pattern: RegExp,
  by: string,
): Difference {
  return { reason, count, rewrite: (theirs) => theirs.replace(pattern, by) };
}

/** Whole answers to some steps, by the steps' names. */
export function answering(
  reason: string,
  answers: Readonly<Record<string, readonly [theirs: string, ours: string]>>,
): Difference {
  return {
    reason,
    count: Object.keys(answers).length,
    rewrite: (theirs, name) => {
      const known = answers[name];
      return known && known[0] === theirs ? known[1] : theirs;
    },
  };
}

/** The same reply to several steps. */
export function steps(
  names: readonly string[],
  theirs: string,
  ours: string,
): Record<string, readonly [string, string]> {
  return Object.fromEntries(names.map((name) => [name, [theirs, ours]]));
}

/** One place where we answer otherwise than pyftpdlib 1.5.7, on purpose. */
export interface Difference {
  /** `session title: step`, as `runner.ts` names it. */
  readonly at: string;
  /** pyftpdlib's answer, masked. */
  readonly theirs: string;
  /** Our answer, masked. */
  readonly ours: string;
  /** Why ours is better, or why theirs is out of date. */
  readonly reason: string;
}

/** Every known difference. */
export const DIFFERENCES: readonly Difference[] = [];

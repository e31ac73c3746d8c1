import type { Throttle } from "../transfer/throttle.ts";

/**
 * Counts what several servers share: those of worker processes, or of many
 * machines. Asked besides the server's own limits.
 */
export interface Admission {
  /**
   * A place for a data connection or a passive port. The answer gives it back
   * and may be called once; `null` when there is none.
   */
  data(): Promise<(() => void) | null>;
  /**
   * A place for one more session of a user, who may have so many.
   *
   * @param most at least 1
   */
  session(username: string, most: number): Promise<(() => void) | null>;
  /**
   * A rate that several servers keep together; left out: each keeps its own.
   *
   * @param key the same for all who share it, of whichever server
   */
  rate?(key: string, bytesPerSecond: number): SharedRate;
}

/** A rate that others share. */
export interface SharedRate extends Throttle {
  /** Takes part no more; called once. */
  release(): void;
}

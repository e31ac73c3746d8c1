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
}

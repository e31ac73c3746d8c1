/**
 * The runtime was not allowed what the command needs: one line for the user,
 * one more that says how to allow it, exit code 1.
 */
export class PermissionError extends Error {
  override readonly name = "PermissionError";
  /** What to do about it. */
  readonly hint: string;

  constructor(message: string, hint: string) {
    super(message);
    this.hint = hint;
  }
}

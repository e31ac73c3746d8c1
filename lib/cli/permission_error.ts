/**
 * The runtime was not allowed what the command needs: one line for the user,
 * one more that says how to allow it, exit code 1.
 */
export class PermissionError extends Error {
  /** The name of the class. */
  override readonly name = "PermissionError";
  /** What to do about it. */
  readonly hint: string;

  /** Both texts are one line each. */
  constructor(message: string, hint: string) {
    super(message);
    this.hint = hint;
  }
}

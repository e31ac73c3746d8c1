/** Why signals of this server are aborted. */
const OVER = new Error("the session is over");

/** An `AbortController` that is made when somebody asks for its signal. */
export class Aborting {
  #controller: AbortController | null = null;
  #aborted = false;

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#aborted) this.#controller.abort(OVER);
    return this.#controller.signal;
  }

  /** Idempotent. */
  abort(): void {
    this.#aborted = true;
    // Without a reason of ours, each time an error with a stack is made.
    this.#controller?.abort(OVER);
  }
}

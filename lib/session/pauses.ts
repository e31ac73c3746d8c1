/** Work that holds a session up: its next command waits for all of it. */
export class Pauses {
  #under: Promise<void> | null = null;

  /** @param work never rejects */
  add(work: Promise<void>): void {
    const all = Promise.all([this.#under, work]).then(() => {
      if (this.#under === all) this.#under = null;
    });
    this.#under = all;
  }

  /** Resolves when nothing is under way any more. */
  async over(): Promise<void> {
    while (this.#under !== null) await this.#under;
  }
}

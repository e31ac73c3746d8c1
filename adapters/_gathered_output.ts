import process from "node:process";

/** How long a line may wait for others. */
const GATHER_MS = 10;

/** What is gathered at most. */
const MOST_CHARACTERS = 65_536;

/** What can be written to, as the standard streams can. */
export interface TextStream {
  readonly destroyed: boolean;
  write(text: string, done?: () => void): unknown;
}

/**
 * Writes what comes within some milliseconds at once. A line by itself costs a
 * busy server as much time as a reply to a client does. What is gathered goes
 * out at the end of the program too, however that comes about, unless it is
 * killed.
 */
export class GatheredOutput {
  readonly #stream: TextStream;
  #text = "";
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(stream: TextStream) {
    this.#stream = stream;
    process.on("exit", () => this.flush());
  }

  write(text: string): void {
    this.#text += text;
    if (this.#text.length >= MOST_CHARACTERS) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), GATHER_MS);
  }

  /** Hands everything to the stream. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const text = this.#text;
    if (text === "") return;
    this.#text = "";
    if (!this.#stream.destroyed) this.#stream.write(text);
  }
}

import type { CliOutput } from "../lib/cli/host.ts";

/** How long a text may wait for others while a view is shown. */
const GATHER_MS = 10;

/** What is gathered at most. */
const MOST_CHARACTERS = 65_536;

/** What knows how to write above what it shows. */
export interface ShownBelow {
  /** Whole lines. */
  writeAbove(text: string): void;
}

/**
 * A terminal that the log is written to, and that something may be shown on
 * below the log. Without it texts are written as they come; with it, those of
 * some milliseconds are written together, as each time means to draw it again.
 */
export class TerminalOutput implements CliOutput {
  readonly isTerminal = true;
  readonly #stream: NodeJS.WriteStream;
  #below: ShownBelow | null = null;
  #text = "";
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  write(text: string): void {
    if (this.#below === null) return void this.#stream.write(text);
    this.#text += text;
    if (this.#text.length >= MOST_CHARACTERS) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), GATHER_MS);
  }

  /** Writes what was gathered. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const text = this.#text;
    if (text === "") return;
    this.#text = "";
    if (this.#below === null) return void this.#stream.write(text);
    // The view begins at the start of a line.
    this.#below.writeAbove(text.endsWith("\n") ? text : `${text}\n`);
  }

  /** From now on something is shown below; `null`: no more. */
  show(below: ShownBelow | null): void {
    this.flush();
    this.#below = below;
  }
}

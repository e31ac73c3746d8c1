/**
 * A line that is typed and not shown, made of what a terminal in raw mode
 * sends: Enter ends it, Backspace takes a character away, Ctrl-U all of them,
 * Ctrl-C and Ctrl-D on an empty line give up. Other control keys do nothing.
 */
export class SecretLine {
  #text = "";

  /**
   * Takes some more. `null` as `line` gives up; `rest` was typed ahead.
   * Without an answer, the line is not over yet.
   */
  push(
    typed: string,
  ): { readonly line: string | null; readonly rest: string } | null {
    const characters = [...withoutSequences(typed)];
    for (const [at, character] of characters.entries()) {
      const rest = characters.slice(at + 1).join("");
      switch (character) {
        case "\r":
        case "\n":
          return { line: this.#text, rest };
        case "\x03":
          return { line: null, rest };
        case "\x04":
          return { line: this.#text === "" ? null : this.#text, rest };
        case "\x7f":
        case "\b":
          this.#text = [...this.#text].slice(0, -1).join("");
          break;
        case "\x15":
          this.#text = "";
          break;
        default:
          if (character >= " ") this.#text += character;
      }
    }
    return null;
  }
}

/** Arrows and other keys that send more than one character. */
function withoutSequences(typed: string): string {
  // deno-lint-ignore no-control-regex
  return typed.replace(/\x1b(?:\[[0-9;?]*[@-~]|O.)/g, "");
}

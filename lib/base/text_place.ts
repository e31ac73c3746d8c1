import type { JsonPath } from "./json_schema.ts";

/** Where something is in a text. */
export interface TextPlace {
  /** From 1 on. */
  readonly line: number;
  /** In UTF-16 units, from 1 on. */
  readonly column: number;
}

/** A text that cannot be read, and where. */
export class TextSyntaxError extends Error {
  /** The name of the class. */
  override readonly name = "TextSyntaxError";
  /** Where reading stopped. */
  readonly place: TextPlace;

  /** The problem is told without the place. */
  constructor(problem: string, place: TextPlace, options?: ErrorOptions) {
    super(problem, options);
    this.place = place;
  }
}

/** Where the values of a text are: members by their names, items by the start. */
export class TextPlaces {
  readonly #text: string;
  readonly #offsets = new Map<string, number>();

  /** The places of a text that holds nothing yet. */
  constructor(text: string) {
    this.#text = text;
  }

  /** Whether something is known to be there. */
  has(path: JsonPath): boolean {
    return this.#offsets.has(JSON.stringify(path));
  }

  /** Keeps the first place that is told. */
  set(path: JsonPath, offset: number): void {
    if (!this.has(path)) this.#offsets.set(JSON.stringify(path), offset);
  }

  /** The place of a value; of what it would be in, when it is not there. */
  find(path: JsonPath): TextPlace {
    for (let length = path.length; length > 0; length--) {
      const offset = this.#offsets.get(JSON.stringify(path.slice(0, length)));
      if (offset !== undefined) return placeAt(this.#text, offset);
    }
    return { line: 1, column: 1 };
  }
}

/** The line and column of an offset. */
export function placeAt(text: string, offset: number): TextPlace {
  const before = text.slice(0, offset);
  const line = before.split("\n").length;
  return { line, column: offset - before.lastIndexOf("\n") };
}

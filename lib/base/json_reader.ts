import type { JsonPath } from "./json_schema.ts";
import { placeAt, TextPlaces, TextSyntaxError } from "./text_place.ts";

/** A value and where its parts are in the text. */
export interface PlacedValue {
  readonly value: unknown;
  readonly places: TextPlaces;
}

/** Deeper than any file of ours; the reader calls itself. */
const MAX_DEPTH = 64;

/** JSON's own words, from where they are looked for. */
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const STRING = /"(?:[^"\\\n]|\\.)*"/y;
const WORD = /true|false|null/y;
const SPACE = /[ \t\r\n]*/y;

/**
 * Reads JSON (RFC 8259) and remembers where everything is. What
 * `JSON.parse` says about a mistake differs between runtimes and often has no
 * place. A name that stands twice in one object is a mistake.
 *
 * @throws {TextSyntaxError}
 */
export function readJson(text: string): PlacedValue {
  const reader = new JsonReader(text);
  const value = reader.readAll();
  return { value, places: reader.places };
}

class JsonReader {
  readonly places: TextPlaces;
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
    this.places = new TextPlaces(text);
    if (text.startsWith("\ufeff")) this.#at = 1;
  }

  readAll(): unknown {
    this.#take(SPACE);
    const value = this.#value([]);
    this.#take(SPACE);
    if (this.#at < this.#text.length) throw this.#unexpected("the end");
    return value;
  }

  #value(path: JsonPath): unknown {
    if (path.length > MAX_DEPTH) throw this.#error("it is nested too deep");
    this.places.set(path, this.#at);
    switch (this.#text[this.#at]) {
      case "{":
        return this.#object(path);
      case "[":
        return this.#array(path);
      case '"':
        return this.#string();
      default: {
        const word = this.#take(NUMBER) ?? this.#take(WORD);
        if (word === null) throw this.#unexpected("a value");
        return JSON.parse(word);
      }
    }
  }

  #object(path: JsonPath): object {
    const members: [string, unknown][] = [];
    const names = new Set<string>();
    this.#list("}", () => {
      const begin = this.#at;
      if (this.#text[begin] !== '"') throw this.#unexpected("a name");
      const name = this.#string();
      if (names.has(name)) {
        this.#at = begin;
        throw this.#error(`${JSON.stringify(name)} stands here twice`);
      }
      names.add(name);
      this.places.set([...path, name], begin);
      this.#take(SPACE);
      this.#expect(":");
      members.push([name, this.#value([...path, name])]);
    });
    // Not by assignment: a member may be called __proto__.
    return Object.fromEntries(members);
  }

  #array(path: JsonPath): unknown[] {
    const items: unknown[] = [];
    this.#list("]", () => {
      items.push(this.#value([...path, items.length]));
    });
    return items;
  }

  /** Elements with commas between them, from the bracket that opens on. */
  #list(close: string, readElement: () => void): void {
    this.#at++;
    this.#take(SPACE);
    if (this.#text[this.#at] === close) {
      this.#at++;
      return;
    }
    for (;;) {
      readElement();
      this.#take(SPACE);
      if (this.#text[this.#at] === close) {
        this.#at++;
        return;
      }
      if (this.#text[this.#at] !== ",") {
        throw this.#unexpected(`"," or "${close}"`);
      }
      this.#expect(",");
    }
  }

  #string(): string {
    const begin = this.#at;
    const text = this.#take(STRING);
    if (text === null) throw this.#error("this text does not end");
    try {
      return JSON.parse(text);
    } catch {
      this.#at = begin;
      throw this.#error("this text has an escape or a mark that JSON has not");
    }
  }

  #expect(mark: string): void {
    if (this.#text[this.#at] !== mark) throw this.#unexpected(`"${mark}"`);
    this.#at++;
    this.#take(SPACE);
  }

  #take(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? null;
    this.#at += found?.length ?? 0;
    return found;
  }

  /** Of the text itself one character is shown: it may hold secrets. */
  #unexpected(wanted: string): TextSyntaxError {
    const [here] = this.#text.slice(this.#at);
    const found = here === undefined ? "the end" : JSON.stringify(here);
    return this.#error(`expected ${wanted}, found ${found}`);
  }

  #error(problem: string): TextSyntaxError {
    return new TextSyntaxError(problem, placeAt(this.#text, this.#at));
  }
}

import type { JsonPath } from "./json_schema.ts";
import { TextPlaces } from "./text_place.ts";

/** What may stand between the parts of a document. */
const BLANK = /(?:[ \t\r\n]|#[^\n]*)*/y;
const KEY_SPACE = /[ \t]*/y;
const BARE_KEY = /[^\s.=\[\]{}"'#,]+/y;
/** Strings, the ones of several lines first. */
const STRING =
  /"""(?:[^\\]|\\[\s\S])*?"{3,5}|'''[\s\S]*?'{3,5}|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'/y;
/** Numbers, dates, words: what ends at a mark or at the end of the line. */
const BARE_VALUE = /[^,\]}#\r\n]*/y;

/**
 * Where the keys of a TOML document are (https://toml.io/en/v1.0.0). The
 * document has to be valid: what parses it tells its values, but not where
 * they came from. Of anything else, places may be missing or wrong, and that is
 * all.
 */
export function tomlPlaces(text: string): TextPlaces {
  return new TomlScanner(text).scan();
}

class TomlScanner {
  readonly #text: string;
  readonly #places: TextPlaces;
  /** How many tables there are in an array of tables. */
  readonly #counts = new Map<string, number>();
  #at = 0;

  constructor(text: string) {
    this.#text = text;
    this.#places = new TextPlaces(text);
  }

  scan(): TextPlaces {
    let table: JsonPath = [];
    for (;;) {
      this.#take(BLANK);
      const begin = this.#at;
      if (begin >= this.#text.length) return this.#places;
      if (this.#text.startsWith("[[", begin)) {
        this.#at += 2;
        table = this.#arrayTable(this.#key(), begin);
        this.#at += 2;
      } else if (this.#text[begin] === "[") {
        this.#at++;
        table = this.#resolve(this.#key(), begin);
        this.#at++;
      } else {
        this.#assignment(table);
      }
      // Whatever was not understood must not be met again.
      if (this.#at === begin) this.#at++;
    }
  }

  #arrayTable(key: readonly string[], begin: number): JsonPath {
    const parent = this.#resolve(key.slice(0, -1), begin);
    const path = [...parent, key.at(-1) ?? ""];
    const name = JSON.stringify(path);
    const count = this.#counts.get(name) ?? 0;
    this.#counts.set(name, count + 1);
    this.#places.set(path, begin);
    const item = [...path, count];
    this.#places.set(item, begin);
    return item;
  }

  /** The path of a table; in an array of tables, the last one is meant. */
  #resolve(key: readonly string[], begin: number): JsonPath {
    let path: JsonPath = [];
    for (const name of key) {
      path = [...path, name];
      this.#places.set(path, begin);
      const count = this.#counts.get(JSON.stringify(path));
      if (count !== undefined) path = [...path, count - 1];
    }
    return path;
  }

  #assignment(table: JsonPath): void {
    const begin = this.#at;
    const key = this.#key();
    if (key.length === 0) return;
    let path = table;
    for (const name of key) {
      path = [...path, name];
      this.#places.set(path, begin);
    }
    if (this.#text[this.#at] === "=") this.#at++;
    this.#take(BLANK);
    this.#value(path);
  }

  /** A key with its dots; the spaces behind it are taken too. */
  #key(): readonly string[] {
    const names: string[] = [];
    for (;;) {
      this.#take(KEY_SPACE);
      const quoted = this.#take(STRING);
      const name = quoted === null ? this.#take(BARE_KEY) : unquoted(quoted);
      if (name === null) return names;
      names.push(name);
      this.#take(KEY_SPACE);
      if (this.#text[this.#at] !== ".") return names;
      this.#at++;
    }
  }

  #value(path: JsonPath): void {
    this.#places.set(path, this.#at);
    switch (this.#text[this.#at]) {
      case "[": {
        let index = 0;
        return this.#elements("]", () => this.#value([...path, index++]));
      }
      case "{":
        return this.#elements("}", () => this.#assignment(path));
      default:
        if (this.#take(STRING) === null) this.#take(BARE_VALUE);
    }
  }

  #elements(close: string, readElement: () => void): void {
    this.#at++;
    while (this.#at < this.#text.length) {
      this.#take(BLANK);
      const begin = this.#at;
      if (this.#text[begin] === close) {
        this.#at++;
        return;
      }
      if (this.#text[begin] === ",") this.#at++;
      else readElement();
      if (this.#at === begin) this.#at++;
    }
  }

  #take(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? null;
    this.#at += found?.length ?? 0;
    return found;
  }
}

function unquoted(text: string): string {
  if (text.startsWith("'")) return text.slice(1, -1);
  try {
    return JSON.parse(text);
  } catch {
    return text.slice(1, -1); // It has escapes that only TOML knows.
  }
}

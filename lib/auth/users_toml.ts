import { TextSyntaxError } from "../base/text_place.ts";
import type { UsersChange, UsersFormat } from "./users_format.ts";

/**
 * A users file in TOML: users are the tables `[users.NAME]`. Commands change
 * the lines that they have to and leave all others, comments included.
 *
 * @param parse of a library for TOML
 */
export function tomlUsersFormat(
  parse: (text: string) => unknown,
): UsersFormat {
  return {
    name: "TOML",
    parse(text) {
      const value = asJson(parseOrFail(parse, text.replace(/^\ufeff/, "")));
      // Without users, there is no table of them either.
      return { users: {}, ...value as object };
    },
    change(text, change, after) {
      const changed = edit(text ?? "", change);
      let now: unknown;
      try {
        now = { users: {}, ...asJson(parse(changed)) as object };
      } catch {
        throw byHand(change);
      }
      // Strings of several lines look like anything.
      if (!isSame(now, after)) throw byHand(change);
      return changed;
    },
  };
}

/** `line` and `column` are what libraries agree on. */
function parseOrFail(parse: (text: string) => unknown, text: string): unknown {
  try {
    return parse(text);
  } catch (cause) {
    const told = cause instanceof TextSyntaxError ? cause.place : cause;
    const { line, column } = told as {
      readonly line?: number;
      readonly column?: number;
    };
    const place = line === undefined ? "" : `line ${line}, column ${column}`;
    throw new SyntaxError(place || "it cannot be understood", { cause });
  }
}

/** Dates as texts, which is what the schema speaks of. */
function asJson(value: unknown): unknown {
  if (value instanceof Date) {
    return value.toISOString().replace(/\.0+(?=Z|[+-]|$)/, "");
  }
  if (Array.isArray(value)) return value.map(asJson);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, asJson(member)]),
  );
}

function edit(text: string, change: UsersChange): string {
  switch (change.kind) {
    case "add": {
      const gap = text === "" ? "" : text.endsWith("\n") ? "\n" : "\n\n";
      return text + gap + tablesOf(["users", change.name], change.user);
    }
    case "password":
      return setPassword(text, change);
    case "remove":
      return removeTables(text, change.name);
  }
}

/** Lines with their ends. */
function linesOf(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

function setPassword(
  text: string,
  change: UsersChange & { readonly kind: "password" },
): string {
  const lines = linesOf(text);
  const header = lines.findIndex((line) => {
    const keys = headerOf(line);
    return keys?.length === 2 && isOfUser(keys, change.name);
  });
  if (header < 0) throw byHand(change);
  const hash = quoted(change.hash);
  const known =
    /^(\s*(?:password|"password"|'password')\s*=\s*)(?:"[^"]*"|'[^']*')/;
  for (let at = header + 1; at < lines.length; at++) {
    if (headerOf(lines[at]!) !== null) break;
    if (!known.test(lines[at]!)) continue;
    lines[at] = lines[at]!.replace(known, (_, start) => start + hash);
    return lines.join("");
  }
  if (!lines[header]!.endsWith("\n")) lines[header] += "\n";
  lines.splice(header + 1, 0, `password = ${hash}\n`);
  return lines.join("");
}

function removeTables(text: string, name: string): string {
  const kept: string[] = [];
  // What may belong to what comes next: it goes with nobody.
  let waiting: string[] = [];
  let isGoing = false;
  for (const line of linesOf(text)) {
    const keys = headerOf(line);
    if (keys !== null) {
      isGoing = isOfUser(keys, name);
      kept.push(...waiting);
      waiting = [];
    }
    if (!isGoing) kept.push(line);
    else if (/^\s*#/.test(line)) waiting.push(line);
    else if (line.trim() !== "") waiting = [];
    else if (waiting.length > 0) waiting.push(line);
  }
  return kept.concat(waiting).join("");
}

function isOfUser(keys: readonly string[], name: string): boolean {
  return keys[0] === "users" && keys[1] === name;
}

/** The keys of `[a."b c".d]`; `null` when the line is none. */
function headerOf(line: string): readonly string[] | null {
  const key = /[\w-]+|"(?:[^"\\]|\\.)*"|'[^']*'/y;
  const text = /^\s*\[(.*)$/.exec(line.trimEnd())?.[1];
  if (text === undefined) return null;
  const keys: string[] = [];
  for (let at = 0;;) {
    at += /^\s*/.exec(text.slice(at))![0].length;
    key.lastIndex = at;
    const found = key.exec(text)?.[0];
    if (found === undefined) return null;
    const parsed = unquoted(found);
    if (parsed === null) return null;
    keys.push(parsed);
    const [rest, sign] = /^\s*([.\]])/.exec(text.slice(key.lastIndex)) ?? [];
    if (rest === undefined) return null;
    at = key.lastIndex + rest.length;
    if (sign === "]") return /^\s*(#.*)?$/.test(text.slice(at)) ? keys : null;
  }
}

function unquoted(key: string): string | null {
  if (key.startsWith("'")) return key.slice(1, -1);
  if (!key.startsWith('"')) return key;
  try {
    return JSON.parse(key);
  } catch {
    return null; // TOML has escapes that JSON lacks.
  }
}

/** A table and those below it. */
function tablesOf(keys: readonly string[], table: object): string {
  const isTable = (value: unknown): value is object =>
    typeof value === "object" && !Array.isArray(value);
  const members = Object.entries(table);
  const own = members.filter(([, value]) => !isTable(value))
    .map(([key, value]) => `${keyText(key)} = ${valueText(value)}\n`);
  const below = members.filter(([, value]) => isTable(value))
    .map(([key, value]) => "\n" + tablesOf([...keys, key], value));
  return `[${keys.map(keyText).join(".")}]\n${own.join("")}${below.join("")}`;
}

function keyText(key: string): string {
  return /^[\w-]+$/.test(key) ? key : quoted(key);
}

function valueText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(valueText).join(", ")}]`;
  return typeof value === "string" ? quoted(value) : String(value);
}

/** As JSON, but for one character that TOML wants escaped. */
function quoted(text: string): string {
  return JSON.stringify(text).replaceAll("\x7f", "\\u007f");
}

function isSame(left: unknown, right: unknown): boolean {
  if (typeof left !== "object" || typeof right !== "object") {
    return left === right;
  }
  if (left === null || right === null) return left === right;
  const names = Object.keys(left);
  return names.length === Object.keys(right).length &&
    names.every((name) =>
      Object.hasOwn(right, name) &&
      isSame(
        (left as Record<string, unknown>)[name],
        (right as Record<string, unknown>)[name],
      )
    );
}

function byHand({ name }: UsersChange): Error {
  return new Error(
    `the file does not have ${JSON.stringify(name)} as tables of the form ` +
      `[users.NAME] with values on single lines; change it by hand`,
  );
}

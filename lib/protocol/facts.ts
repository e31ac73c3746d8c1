import type { Action } from "../spi/authorizer.ts";
import type { FileStat } from "../spi/file_system.ts";
import { timeValueFormatter } from "./time_value.ts";

/** A fact of MLSD and MLST (RFC 3659 section 7.5). */
export type FactName =
  | "type"
  | "perm"
  | "size"
  | "modify"
  | "create"
  | "unique"
  | "unix.mode"
  | "unix.uid"
  | "unix.gid";

/** Every fact there is, in the order of FEAT. */
export const AVAILABLE_FACTS: readonly FactName[] = [
  "type",
  "perm",
  "size",
  "modify",
  "unique",
  "unix.mode",
  "unix.uid",
  "unix.gid",
  "create",
];

/** What a client gets that did not ask by OPTS MLST. */
export const DEFAULT_FACTS: readonly FactName[] = [
  "type",
  "perm",
  "size",
  "modify",
  "unique",
];

/** How facts are written. */
export interface FactOptions {
  /** The time zone of the server instead of UTC, which the RFC asks for. */
  readonly localTime: boolean;
}

/**
 * The line of FEAT (RFC 3659 section 7.8): a `*` after what is enabled.
 *
 * @param hasCreated Whether the files have a time of creation
 */
export function featureLine(
  enabled: readonly string[],
  hasCreated: boolean,
): string {
  const facts = AVAILABLE_FACTS.filter((fact) =>
    fact !== "create" || hasCreated
  ).map((fact) => enabled.includes(fact) ? `${fact}*;` : `${fact};`);
  return `MLST ${facts.join("")}`;
}

/**
 * The facts that the argument of OPTS MLST asks for (RFC 3659 section 7.9):
 * in any letter case, unknown ones left out, order and repetitions kept.
 * Nothing asks for none. `null` when there is no `;` in it.
 */
export function parseFacts(argument: string): readonly FactName[] | null {
  if (argument === "") return [];
  if (!argument.includes(";")) return null;
  return argument.toLowerCase().split(";").filter(isFactName);
}

/**
 * The facts of one file, `modify=…;perm=…;`, sorted by name. What the file
 * system does not know is left out. The space and the name are the caller's.
 */
export function formatFacts(
  enabled: readonly FactName[],
  stat: FileStat,
  permissions: readonly Action[],
  options: FactOptions,
): string {
  return factsFormatter(enabled, permissions, options)(stat);
}

/** The same for many files: what does not change is worked out once. */
export function factsFormatter(
  enabled: readonly FactName[],
  permissions: readonly Action[],
  options: FactOptions,
): (stat: FileStat) => string {
  const names = [...new Set(enabled)].sort();
  const context: FactContext = {
    directoryLetters: directoryPermissions(permissions),
    fileLetters: letters(permissions, FILE_LETTERS),
    time: timeValueFormatter(options.localTime),
  };
  return (stat) => {
    let text = "";
    for (const name of names) {
      const value = FACTS[name](stat, context);
      if (value !== null) text += `${name}=${value};`;
    }
    return text;
  };
}

interface FactContext {
  readonly directoryLetters: string;
  readonly fileLetters: string;
  readonly time: (milliseconds: number) => string | null;
}

/** How each fact is told from a stat; `null`: not known. */
const FACTS: Readonly<
  Record<FactName, (stat: FileStat, context: FactContext) => string | null>
> = {
  "type": (stat) => stat.kind === "directory" ? "dir" : "file",
  "perm": (stat, { directoryLetters, fileLetters }) =>
    stat.kind === "directory" ? directoryLetters : fileLetters,
  "size": (stat) => String(stat.size),
  "modify": (stat, { time }) => time(stat.modified),
  "create": (stat, { time }) =>
    stat.created === undefined ? null : time(stat.created),
  "unique": (stat) => stat.id ?? null,
  "unix.mode": (stat) =>
    stat.mode === undefined
      ? null
      : `0${(stat.mode & 0o7777).toString(8).padStart(3, "0")}`,
  "unix.uid": (stat) => number(stat.uid),
  "unix.gid": (stat) => number(stat.gid),
};

type PermLetters = Readonly<Partial<Record<Action, string>>>;

/** The letters of the perm fact (RFC 3659 section 7.5.5) for a file. */
const FILE_LETTERS: PermLetters = {
  read: "r",
  append: "a",
  delete: "d",
  rename: "f",
  write: "w",
};

const DIRECTORY_LETTERS: PermLetters = {
  enter: "e",
  list: "l",
  delete: "d",
  rename: "f",
  mkdir: "m",
};

function letters(permissions: readonly Action[], known: PermLetters): string {
  return permissions.map((action) => known[action] ?? "").join("");
}

function directoryPermissions(permissions: readonly Action[]): string {
  const own = letters(permissions, DIRECTORY_LETTERS);
  // c: files may be made in it. p: they may be removed from it.
  const creates = permissions.some((action) =>
    action === "write" || action === "append" || action === "rename"
  );
  return own + (creates ? "c" : "") +
    (permissions.includes("delete") ? "p" : "");
}

function number(value: number | undefined): string | null {
  return value === undefined ? null : String(value);
}

function isFactName(text: string): text is FactName {
  return (AVAILABLE_FACTS as readonly string[]).includes(text);
}

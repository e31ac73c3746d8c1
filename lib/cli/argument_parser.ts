import { UsageError } from "./usage_error.ts";

/** One option that a command line may hold. */
export interface OptionSpec<Name extends string = string> {
  /** The long name without its dashes. */
  readonly name: Name;
  /** One letter. */
  readonly short?: string;
  /** Whether a value follows; left out: the option is a switch. */
  readonly takesValue?: true;
}

/** A command line taken apart. */
export interface ParsedArguments<Name extends string = string> {
  /** The last value of each option that takes one. */
  readonly values: ReadonlyMap<Name, string>;
  /** All of them, in order. */
  readonly lists: ReadonlyMap<Name, readonly string[]>;
  readonly switches: ReadonlySet<Name>;
  readonly positionals: readonly string[];
}

/** How an option is called in messages: `argument -p/--port`. */
export function describeOption(spec: OptionSpec): string {
  const short = spec.short === undefined ? "" : `-${spec.short}/`;
  return `argument ${short}--${spec.name}`;
}

/**
 * Reads a value; what is wrong with it is told with the option's name.
 *
 * @throws {UsageError}
 */
export function namedValue<T>(
  spec: OptionSpec,
  value: string,
  parse: (value: string) => T,
): T {
  try {
    return parse(value);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new UsageError(`${describeOption(spec)}: ${error.message}`);
  }
}

/**
 * Takes a command line apart as Python's argparse does: `--name value`,
 * `--name=value`, `-n value`, `-nvalue`, `-n=value`, switches in one word
 * (`-wD`), `--` before words that are no options. The last one of equal options
 * wins. A value that starts with a dash needs the form with `=`, because
 * `-u -P secret` is more likely a forgotten name than a user called `-P`.
 *
 * @throws {UsageError} for an unknown option, a value that is missing, or one
 * too many
 */
export function parseArguments<Name extends string>(
  args: readonly string[],
  specs: readonly OptionSpec<Name>[],
): ParsedArguments<Name> {
  const values = new Map<Name, string>();
  const lists = new Map<Name, string[]>();
  const switches = new Set<Name>();
  const positionals: string[] = [];
  let at = 0;

  function keep(name: Name, value: string): void {
    values.set(name, value);
    lists.set(name, [...lists.get(name) ?? [], value]);
  }

  function takeValue(spec: OptionSpec<Name>, attached: string | null): void {
    if (attached !== null) return keep(spec.name, attached);
    const next = args[at];
    if (next === undefined || isOption(next)) {
      throw new UsageError(`${describeOption(spec)}: expected one argument`);
    }
    at++;
    keep(spec.name, next);
  }

  function readLong(word: string): void {
    const equals = word.indexOf("=");
    const name = equals < 0 ? word : word.slice(0, equals);
    const spec = specs.find((candidate) => `--${candidate.name}` === name);
    if (spec === undefined) throw new UsageError(`unknown option: ${name}`);
    const attached = equals < 0 ? null : word.slice(equals + 1);
    if (spec.takesValue) return takeValue(spec, attached);
    if (attached !== null) {
      throw new UsageError(`${describeOption(spec)}: takes no value`);
    }
    switches.add(spec.name);
  }

  function readShort(word: string): void {
    for (let letter = 1; letter < word.length; letter++) {
      const short = word[letter];
      const spec = specs.find((candidate) => candidate.short === short);
      if (spec === undefined) throw new UsageError(`unknown option: -${short}`);
      if (spec.takesValue) {
        const rest = word.slice(letter + 1);
        const value = rest.startsWith("=") ? rest.slice(1) : rest;
        return takeValue(spec, rest === "" ? null : value);
      }
      switches.add(spec.name);
    }
  }

  while (at < args.length) {
    const word = args[at++] ?? "";
    if (word === "--") {
      positionals.push(...args.slice(at));
      break;
    }
    if (word.startsWith("--")) readLong(word);
    else if (isOption(word)) readShort(word);
    else positionals.push(word);
  }
  return { values, lists, switches, positionals };
}

function isOption(word: string): boolean {
  return word.length > 1 && word.startsWith("-");
}

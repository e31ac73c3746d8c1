import { type PlacedValue, readJson } from "../base/json_reader.ts";
import {
  formatPath,
  type JsonPath,
  schemaViolations,
} from "../base/json_schema.ts";
import { TextSyntaxError } from "../base/text_place.ts";
import { tomlPlaces } from "../base/toml_places.ts";
import type { Config } from "./config.ts";
import { ConfigMistakes } from "./config_mistakes.ts";
import { CONFIG_SCHEMA } from "./config_schema.ts";

/** A configuration file, checked for its form. */
export interface ConfigText {
  readonly config: Config;
  /** `anyftpd.toml:12:3`, of a key or of what it would be in. */
  where(path: JsonPath): string;
  /** Whether the file itself has the key. */
  has(path: JsonPath): boolean;
}

/**
 * The value of a TOML document.
 *
 * @throws {TextSyntaxError}
 */
export type ParseToml = (text: string) => unknown;

/**
 * Reads a configuration: JSON when the name ends so, else TOML.
 *
 * @param name for messages, and for its ending
 * @throws {ConfigMistakes} with the place of each
 */
export function parseConfigText(
  text: string,
  name: string,
  parseToml: ParseToml,
): ConfigText {
  const { value, places } = read(text, name, parseToml);
  const where = (path: JsonPath): string => {
    const { line, column } = places.find(path);
    return `${name}:${line}:${column}`;
  };
  const mistakes = [...schemaViolations(CONFIG_SCHEMA, value)]
    .map(({ path, ofName, problem }) => {
      const key = formatPath(path) || "the file";
      return `${where(path)}: ${key}${ofName ? " (the name)" : ""}: ${problem}`;
    });
  if (mistakes.length > 0) throw new ConfigMistakes(mistakes);
  return { config: value as Config, where, has: (path) => places.has(path) };
}

function read(text: string, name: string, parseToml: ParseToml): PlacedValue {
  try {
    if (/\.json$/i.test(name)) return readJson(text);
    const document = text.replace(/^\ufeff/, "");
    return { value: parseToml(document), places: tomlPlaces(document) };
  } catch (error) {
    if (!(error instanceof TextSyntaxError)) throw error;
    const { line, column } = error.place;
    throw new ConfigMistakes([`${name}:${line}:${column}: ${error.message}`]);
  }
}

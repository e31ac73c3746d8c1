import { ConfigError } from "../base/errors.ts";
import {
  formatPath,
  type JsonPath,
  type JsonSchema,
} from "../base/json_schema.ts";
import type { Config } from "./config.ts";
import { configObjections } from "./config_checks.ts";
import { ConfigMistakes } from "./config_mistakes.ts";
import { CONFIG_SCHEMA } from "./config_schema.ts";
import { type ConfigText, parseConfigText } from "./config_text.ts";
import {
  CONFIG_KEYS,
  type ConfigKey,
  findKey,
  mergeConfigs,
  parseValue,
  variableOf,
  withValue,
} from "./config_value.ts";
import type { CliHost } from "./host.ts";
import { UsageError } from "./usage_error.ts";

/** The variable that may name the file. */
export const CONFIG_VARIABLE = "ANYFTPD_CONFIG";

/** Where a configuration comes from, besides the environment. */
export interface ConfigSource {
  /** `null`: `ANYFTPD_CONFIG`, or none. */
  readonly file: string | null;
  /** `KEY=VALUE` of `--set`, in order. */
  readonly sets: readonly string[];
}

/** A configuration whose values hold, with paths made absolute. */
export interface LoadedConfig {
  readonly config: Config;
  /** `null`: there is none. */
  readonly file: string | null;
  /** Where a value comes from: `anyftpd.toml:12:3`, a variable, `--set`. */
  where(path: JsonPath): string;
}

/** What the environment or the command line says. */
interface Words {
  config: Config;
  /** Who said it, by the key. */
  readonly origins: Map<string, string>;
}

/**
 * Reads the file, then the variables, then `--set`; the last one wins.
 *
 * @throws {ConfigMistakes} with the places of what does not hold
 * @throws {ConfigError} when the file cannot be read
 * @throws {UsageError} when `--set` cannot be understood
 */
export async function loadConfig(
  source: ConfigSource,
  host: CliHost,
): Promise<LoadedConfig> {
  const file = source.file ?? (host.env[CONFIG_VARIABLE] || null);
  const text = file === null ? null : await readConfig(file, host);
  const words: Words = { config: {}, origins: new Map() };
  readEnvironment(words, host.env);
  for (const set of source.sets) readSet(words, set);
  const config = mergeConfigs(
    text === null ? {} : withAbsolutePaths(text.config, file, host),
    withAbsolutePaths(words.config, null, host),
  );
  const where = (path: JsonPath): string => originOf(path, words, text);
  const mistakes = [...configObjections(config)].map(({ path, problem }) =>
    `${where(path)}: ${formatPath(path)}: ${problem}`
  ).sort((a, b) => lineOf(a) - lineOf(b));
  if (mistakes.length > 0) throw new ConfigMistakes(mistakes);
  return { config, file, where };
}

async function readConfig(file: string, host: CliHost): Promise<ConfigText> {
  const text = await host.readTextFile(file);
  const parseToml = await host.tomlParser();
  return parseConfigText(text, file, parseToml);
}

/** In the order of the file; what stands elsewhere comes last. */
function lineOf(mistake: string): number {
  return Number(/:(\d+):\d+: /.exec(mistake)?.[1] ?? Number.MAX_VALUE);
}

function readEnvironment(words: Words, env: CliHost["env"]): void {
  for (const key of CONFIG_KEYS) {
    const variable = variableOf(key.path);
    const text = env[variable];
    // An empty one is how many tools say that it is not set.
    if (text === undefined || text === "") continue;
    readWord(words, key, text, variable);
  }
}

function readSet(words: Words, set: string): void {
  const equals = set.indexOf("=");
  if (equals < 0) {
    throw new UsageError(`argument --set: expected KEY=VALUE, got '${set}'`);
  }
  const name = set.slice(0, equals);
  const key = findKey(name);
  if (key === null) {
    throw new UsageError(`argument --set: there is no key '${name}'`);
  }
  readWord(words, key, set.slice(equals + 1), "argument --set");
}

function readWord(
  words: Words,
  key: ConfigKey,
  text: string,
  origin: string,
): void {
  const parsed = parseValue(key, text);
  if ("problem" in parsed) {
    const message = `${origin}: ${formatPath(key.path)}: ${parsed.problem}`;
    if (origin.startsWith("argument")) throw new UsageError(message);
    throw new ConfigError(message);
  }
  words.config = withValue(words.config, key.path, parsed.value);
  words.origins.set(JSON.stringify(key.path), origin);
}

function originOf(
  path: JsonPath,
  { origins }: Words,
  text: ConfigText | null,
): string {
  for (let length = path.length; length > 0; length--) {
    const origin = origins.get(JSON.stringify(path.slice(0, length)));
    if (origin !== undefined) return origin;
  }
  return text === null ? "the configuration" : text.where(path);
}

/** Of a file, relative to its folder; of words, to the current folder. */
function withAbsolutePaths(
  config: Config,
  file: string | null,
  host: CliHost,
): Config {
  const resolve = (path: string): string =>
    file === null ? host.absolutePath(path) : host.siblingPath(file, path);
  return mapPaths(CONFIG_SCHEMA, config, resolve) as Config;
}

function mapPaths(
  schema: JsonSchema | undefined,
  value: unknown,
  change: (path: string) => string,
): unknown {
  if (schema === undefined) return value;
  if (typeof value === "string") {
    return schema.format === "path" ? change(value) : value;
  }
  if (Array.isArray(value)) {
    return value.map((item) => mapPaths(schema.items, item, change));
  }
  if (typeof value !== "object" || value === null) return value;
  const { properties = {}, additionalProperties } = schema;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => {
      const inner = properties[key] ?? (additionalProperties || undefined);
      return [key, mapPaths(inner, member, change)];
    }),
  );
}

import { ConfigError, messageOf } from "../lib/base/errors.ts";
import { TextSyntaxError } from "../lib/base/text_place.ts";
import type { ParseToml } from "../lib/cli/config_text.ts";

/** See `CliHost.tomlParser`; loaded when there is a file to read. */
export async function tomlParser(): Promise<ParseToml> {
  const { parse, TomlError } = await import("smol-toml");
  return (text) => {
    try {
      return parse(text);
    } catch (error) {
      if (!(error instanceof TomlError)) {
        throw new ConfigError(`Cannot read TOML: ${messageOf(error)}`);
      }
      // Behind the first line it shows the text, which may hold secrets.
      const [first = ""] = error.message.split("\n");
      const problem = first.replace(
        "Invalid TOML document: ",
        "it is no TOML: ",
      );
      const { line, column } = error;
      throw new TextSyntaxError(problem, { line, column });
    }
  };
}

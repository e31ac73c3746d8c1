import { ConfigError } from "../base/errors.ts";

/** What is wrong with a configuration: a line for each mistake, the place first. */
export class ConfigMistakes extends ConfigError {
  /** One line each: `anyftpd.toml:3:1: port: is not known`. */
  readonly lines: readonly string[];

  /** @param lines at least one */
  constructor(lines: readonly string[]) {
    const more = lines.length - 1;
    super(`${lines[0]}${more > 0 ? ` (and ${more} more)` : ""}`);
    this.lines = lines;
  }
}

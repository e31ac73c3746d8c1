import type { CliHost } from "./host.ts";
import type { CliOptions } from "./options.ts";
import { UsageError } from "./usage_error.ts";

/** The variable that may hold the password. */
export const PASSWORD_VARIABLE = "ANYFTPD_PASSWORD";

/** The variable, when only that can bring the password. */
export function passwordVariable(options: CliOptions): string | null {
  const { username, password, passwordFile } = options;
  const elsewhere = password !== null || passwordFile !== null;
  return username === null || elsewhere ? null : PASSWORD_VARIABLE;
}

/**
 * The password for the user of `-u`: from `-P`, else from the first line of
 * `--password-file`, else from the environment.
 *
 * @throws {UsageError} when there is none, or an empty one
 * @throws {ConfigError} when the file cannot be read
 */
export async function findPassword(
  options: CliOptions,
  host: CliHost,
): Promise<string> {
  if (options.password !== null) {
    return notEmpty(options.password, "argument -P/--password");
  }
  if (options.passwordFile !== null) {
    const text = await host.readTextFile(options.passwordFile);
    return notEmpty(firstLine(text), "argument --password-file");
  }
  const variable = host.env[PASSWORD_VARIABLE];
  if (variable !== undefined && variable !== "") return variable;
  throw new UsageError(
    "if username (-u) is supplied, a password is required: " +
      `-P, --password-file or ${PASSWORD_VARIABLE}`,
  );
}

/** Without its end, and without a mark before it. */
export function firstLine(text: string): string {
  return text.replace(/^\ufeff/, "").split(/\r?\n/, 1)[0] ?? "";
}

function notEmpty(password: string, source: string): string {
  if (password !== "") return password;
  throw new UsageError(`${source}: the password must not be empty`);
}

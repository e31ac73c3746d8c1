import type { PasswordScheme } from "../auth/password_scheme.ts";
import { ConfigError } from "../base/errors.ts";
import type { CliHost } from "./host.ts";
import { firstLine } from "./password.ts";
import { UsageError } from "./usage_error.ts";
import type { NewPassword } from "./user_options.ts";

/**
 * The hash of a new password: from the command line, which is warned of, from
 * a file, from the terminal, where it is typed twice and not shown, or from
 * the first line of standard input.
 *
 * @throws {UsageError} there is no such scheme, or the password is empty
 * @throws {ConfigError} it cannot be read
 */
export async function hashNewPassword(
  request: NewPassword,
  host: CliHost,
): Promise<string> {
  const scheme = chooseScheme(request.scheme, host);
  const password = await readPassword(request, host);
  if (password === "") throw new UsageError("the password must not be empty");
  return await scheme.hash(password);
}

function chooseScheme(name: string | null, host: CliHost): PasswordScheme {
  const { passwordSchemes } = host;
  const found = name === null
    ? passwordSchemes[0]
    : passwordSchemes.find((scheme) => scheme.name === name);
  if (found !== undefined) return found;
  const names = passwordSchemes.map((scheme) => scheme.name).join(" or ");
  throw new UsageError(
    `argument --scheme: invalid value: '${name}' (expected ${names})`,
  );
}

async function readPassword(
  { password, passwordFile }: NewPassword,
  host: CliHost,
): Promise<string> {
  if (password !== null) {
    host.stderr.write(
      "anyftpd: warning: other users of this machine can see a password " +
        "on the command line\n",
    );
    return password;
  }
  if (passwordFile !== null && passwordFile !== "-") {
    return firstLine(await host.readTextFile(passwordFile));
  }
  if (passwordFile === null && host.stdin.isTerminal) {
    return await askTwice(host);
  }
  return firstLine(await host.stdin.readLine());
}

async function askTwice(host: CliHost): Promise<string> {
  const ask = async (prompt: string): Promise<string> => {
    const answer = await host.stdin.readSecret(prompt);
    if (answer !== null) return answer;
    throw new ConfigError("Cannot go on: no password was given");
  };
  const password = await ask("Password: ");
  if (password === "") return "";
  if (await ask("The same again: ") === password) return password;
  throw new ConfigError("Cannot go on: the two passwords differ");
}

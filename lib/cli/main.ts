import { checkConfig } from "./check.ts";
import { ConfigError, messageOf } from "../base/errors.ts";
import { escapeText } from "../protocol/command_line.ts";
import type { CliHost } from "./host.ts";
import { hashNewPassword } from "./new_password.ts";
import { parseCommandLineOptions } from "./options.ts";
import { PermissionError } from "./permission_error.ts";
import { serve } from "./serve.ts";
import { UsageError } from "./usage_error.ts";
import { runUserCommand } from "./user_commands.ts";
import { VERSION } from "./version.ts";

/** The command did what it was asked for. */
const EXIT_OK = 0;
/** Something outside the command line is wrong: a port in use, say. */
const EXIT_FAILURE = 1;
/** The command line is wrong. */
const EXIT_USAGE = 2;

/**
 * Runs the command: a server until it is told to stop.
 *
 * @param args the words after the command's name
 * @returns the exit code: 0 after `--help`, `--version` and an orderly stop, 1
 * when the server cannot run, 2 when the command line is wrong, 130 when a
 * second signal cut transfers off. Never rejects; errors are one line on
 * standard error.
 */
export async function main(
  args: readonly string[],
  host: CliHost,
): Promise<number> {
  try {
    const request = parseCommandLineOptions(args);
    switch (request.kind) {
      case "help":
        host.stdout.write(request.text);
        return EXIT_OK;
      case "version":
        host.stdout.write(`anyftpd ${VERSION}\n`);
        return EXIT_OK;
      case "user":
        await runUserCommand(request.request, host);
        return EXIT_OK;
      case "hash": {
        const hash = await hashNewPassword(request.password, host);
        host.stdout.write(`${hash}\n`);
        return EXIT_OK;
      }
      case "check":
        return await checkConfig(request.file, host) ? EXIT_OK : EXIT_USAGE;
      case "serve":
        return await serve(request, host);
    }
  } catch (error) {
    const line = escapeText(messageOf(error));
    host.stderr.write(`anyftpd: error: ${line}\n`);
    if (error instanceof UsageError) {
      host.stderr.write("Try 'anyftpd --help'\n");
      return EXIT_USAGE;
    }
    if (error instanceof PermissionError) {
      host.stderr.write(`${escapeText(error.hint)}\n`);
    }
    return error instanceof ConfigError ? EXIT_USAGE : EXIT_FAILURE;
  }
}

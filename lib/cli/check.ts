import { loadConfig } from "./config_load.ts";
import { ConfigMistakes } from "./config_mistakes.ts";
import { withConfig } from "./config_overlay.ts";
import type { CliHost } from "./host.ts";
import { SILENT_LOGGER } from "./logger.ts";
import { parseCommandLineOptions } from "./options.ts";
import { makePlan } from "./serve.ts";
import { openService } from "./service.ts";

/**
 * Checks a configuration file and what it names, and says that it is well.
 *
 * @returns whether it is; mistakes are told on standard error, a line for each
 * @throws {ConfigError | UsageError} for a single one
 */
export async function checkConfig(
  file: string,
  host: CliHost,
): Promise<boolean> {
  const request = parseCommandLineOptions(["--config", file]);
  if (request.kind !== "serve") throw new Error("Nothing is served");
  try {
    const loaded = await loadConfig(request.source, host);
    const plan = await makePlan(request, loaded, host);
    // Not its log files: whoever checks may be another user than who serves,
    // and would leave files that the server cannot write to.
    const { log: _log, ...config } = loaded.config;
    await openService(
      withConfig(request.options, request.given, config),
      plan.password,
      host,
      SILENT_LOGGER,
      loaded.where,
    );
  } catch (error) {
    if (!(error instanceof ConfigMistakes)) throw error;
    for (const line of error.lines) {
      host.stderr.write(`anyftpd: error: ${line}\n`);
    }
    return false;
  }
  host.stdout.write(`${file}: ok\n`);
  return true;
}

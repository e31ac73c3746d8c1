import { wantsColour } from "./colour.ts";
import type { CliHost } from "./host.ts";
import { LiveView } from "./live_view.ts";
import type { Logger } from "./logger.ts";
import type { CliOptions } from "./options.ts";
import type { Serving } from "./serving.ts";

/**
 * Shows who is connected below the log, where that is a terminal and nobody
 * asked for something else, until the answer is called.
 */
export async function startLive(
  server: Serving,
  options: CliOptions,
  host: CliHost,
  logger: Logger,
): Promise<() => void> {
  if (!wantsLive(options, host)) return () => {};
  let view: LiveView | null = null;
  const screen = await host.openScreen?.(() => view?.redraw()) ?? null;
  if (screen === null) return () => {};
  const live = new LiveView({
    screen,
    clock: host.platform.clock,
    colour: wantsColour(host),
    unicode: isUnicode(host),
    sessions: () => server.whoIsOn(),
  });
  view = live;
  // Whatever begins or ends is logged.
  logger.listen(() => live.wake());
  live.wake();
  return () => live.close();
}

function wantsLive(options: CliOptions, host: CliHost): boolean {
  return options.live && !options.json && options.logLevel !== "warn" &&
    host.stderr.isTerminal && host.env["TERM"] !== "dumb";
}

/** By the locale, where one is named; terminals of today are. */
function isUnicode({ env }: CliHost): boolean {
  const locale = env["LC_ALL"] || env["LC_CTYPE"] || env["LANG"];
  return locale === undefined || locale === "" || /utf-?8/i.test(locale);
}

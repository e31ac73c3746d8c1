import type { CliHost } from "./host.ts";

/**
 * Whether log lines are coloured: never with `NO_COLOR` (no-color.org), always
 * with `FORCE_COLOR` unless it is 0, else on terminals that are not `dumb`.
 */
export function wantsColour(host: CliHost): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = host.env;
  if (NO_COLOR !== undefined && NO_COLOR !== "") return false;
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== "") {
    return FORCE_COLOR !== "0" && FORCE_COLOR !== "false";
  }
  return host.stderr.isTerminal && TERM !== "dumb";
}

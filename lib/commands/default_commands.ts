import { ConfigError } from "../base/errors.ts";
import type { CommandSpec, CommandTable } from "../session/command.ts";
import { TLS_COMMANDS } from "./security.ts";
import { DEFAULT_COMMANDS } from "./table.ts";

/** Old names (RFC 775) that some clients still use. */
const ALIASES: Readonly<Record<string, readonly [string, string]>> = {
  XCUP: ["CDUP", "Syntax: XCUP (obsolete; go to parent directory)."],
  XCWD: ["CWD", "Syntax: XCWD [<SP> dir-name] (obsolete; change directory)."],
  XMKD: ["MKD", "Syntax: XMKD <SP> dir-name (obsolete; create directory)."],
  XPWD: ["PWD", "Syntax: XPWD (obsolete; get current dir)."],
  XRMD: ["RMD", "Syntax: XRMD <SP> dir-name (obsolete; remove directory)."],
};

/**
 * The default commands with changes applied: a description adds or replaces,
 * `null` removes. Those of TLS are there only with `options.tls`.
 *
 * @throws {ConfigError} when a name cannot be a command's
 */
export function defaultCommands(
  changes: Readonly<Record<string, CommandSpec | null>> = {},
  options: { readonly tls?: boolean } = {},
): CommandTable {
  const table = new Map(Object.entries(DEFAULT_COMMANDS));
  for (const [alias, [name, help]] of Object.entries(ALIASES)) {
    const spec = DEFAULT_COMMANDS[name];
    // The feature is told under its proper name only.
    if (spec !== undefined) {
      const { feature: _feature, ...rest } = spec;
      table.set(alias, { ...rest, help });
    }
  }
  if (options.tls === true) {
    for (const [name, spec] of Object.entries(TLS_COMMANDS)) {
      table.set(name, spec);
    }
  }
  for (const [name, spec] of Object.entries(changes)) {
    if (!/^(?:SITE )?[A-Z][A-Z0-9]*$/.test(name)) {
      throw new ConfigError(
        `Cannot use command "${name}": must be capital letters and digits, ` +
          'for a sub-command of SITE behind "SITE "',
      );
    }
    if (spec === null) table.delete(name);
    else table.set(name, spec);
  }
  return table;
}

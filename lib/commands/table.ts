import { ConfigError } from "../base/errors.ts";
import { featureLine } from "../protocol/facts.ts";
import type { CommandSpec, CommandTable } from "../session/command.ts";
import { extendedPassive, extendedPort, passive, port } from "./data.ts";
import {
  changeMode,
  modificationTime,
  modifyTime,
  remove,
  renameFrom,
  renameTo,
  size,
} from "./files.ts";
import {
  list,
  machineList,
  machineListDirectory,
  nameList,
} from "./listings.ts";
import { pass, quit, rein, user } from "./login.ts";
import { help, noop, site, siteHelp, system } from "./misc.ts";
import {
  changeDirectory,
  makeDirectory,
  printDirectory,
  removeDirectory,
} from "./navigate.ts";
import {
  allocate,
  features,
  mode,
  options,
  structure,
  type,
} from "./parameters.ts";
import { TLS_COMMANDS } from "./security.ts";
import { status } from "./status.ts";
import {
  abort,
  append,
  restart,
  retrieve,
  store,
  storeUnique,
} from "./transfers.ts";

/** Every command that the server knows by itself. */
export const DEFAULT_COMMANDS: Readonly<Record<string, CommandSpec>> = {
  ABOR: {
    argument: "none",
    login: "needed",
    lane: "interrupt",
    help: "Syntax: ABOR (abort transfer).",
    run: abort,
  },
  ALLO: {
    argument: "required",
    login: "needed",
    help: "Syntax: ALLO <SP> bytes (noop; allocate storage).",
    run: allocate,
  },
  APPE: {
    argument: "required",
    login: "needed",
    action: "append",
    path: "whole",
    data: "transfer",
    help: "Syntax: APPE <SP> file-name (append data to file).",
    run: append,
  },
  CDUP: {
    argument: "none",
    login: "needed",
    action: "enter",
    path: "parent",
    help: "Syntax: CDUP (go to parent directory).",
    run: changeDirectory,
  },
  CWD: {
    argument: "optional",
    login: "needed",
    action: "enter",
    path: "whole-or-root",
    help: "Syntax: CWD [<SP> dir-name] (change working directory).",
    run: changeDirectory,
  },
  DELE: {
    argument: "required",
    login: "needed",
    action: "delete",
    path: "whole",
    help: "Syntax: DELE <SP> file-name (delete file).",
    run: remove,
  },
  EPRT: {
    argument: "required",
    login: "needed",
    data: "endpoint",
    help: "Syntax: EPRT <SP> |proto|ip|port| (extended active mode).",
    feature: "EPRT",
    run: extendedPort,
  },
  EPSV: {
    argument: "optional",
    login: "needed",
    data: "endpoint",
    help: 'Syntax: EPSV [<SP> proto/"ALL"] (extended passive mode).',
    feature: "EPSV",
    run: extendedPassive,
  },
  FEAT: {
    argument: "none",
    login: "free",
    help: "Syntax: FEAT (list all new features supported).",
    run: features,
  },
  HELP: {
    argument: "optional",
    login: "free",
    help: "Syntax: HELP [<SP> cmd] (show help).",
    run: help,
  },
  LIST: {
    argument: "optional",
    login: "needed",
    action: "list",
    path: "listing",
    data: "transfer",
    help: "Syntax: LIST [<SP> path] (list files).",
    run: list,
  },
  MDTM: {
    argument: "required",
    login: "needed",
    action: "list",
    path: "whole",
    help: "Syntax: MDTM [<SP> path] (file last modification time).",
    feature: "MDTM",
    run: modificationTime,
  },
  MFMT: {
    argument: "two",
    login: "needed",
    action: "touch",
    path: "second",
    help: "Syntax: MFMT <SP> timeval <SP> path (file update last " +
      "modification time).",
    feature: ({ state }) =>
      state.account !== null && state.account.fileSystem.setModified ===
          undefined
        ? null
        : "MFMT",
    run: modifyTime,
  },
  MKD: {
    argument: "required",
    login: "needed",
    action: "mkdir",
    path: "whole",
    help: "Syntax: MKD <SP> path (create directory).",
    run: makeDirectory,
  },
  MLSD: {
    argument: "optional",
    login: "needed",
    action: "list",
    path: "whole",
    data: "transfer",
    help: "Syntax: MLSD [<SP> path] (list directory).",
    run: machineListDirectory,
  },
  MLST: {
    argument: "optional",
    login: "needed",
    action: "list",
    path: "whole",
    help: "Syntax: MLST [<SP> path] (show information about path).",
    feature: ({ state }) =>
      featureLine(
        state.facts,
        state.account?.fileSystem.keepsCreationTime ?? false,
      ),
    run: machineList,
  },
  MODE: {
    argument: "required",
    login: "needed",
    help: "Syntax: MODE <SP> mode (noop; set data transfer mode).",
    run: mode,
  },
  NLST: {
    argument: "optional",
    login: "needed",
    action: "list",
    path: "listing",
    data: "transfer",
    help: "Syntax: NLST [<SP> path] (list path in a compact form).",
    run: nameList,
  },
  NOOP: {
    argument: "none",
    login: "free",
    lane: "interrupt",
    help: "Syntax: NOOP (just do nothing).",
    run: noop,
  },
  OPTS: {
    argument: "required",
    login: "free",
    help: "Syntax: OPTS <SP> cmd [<SP> option] (set option for command).",
    run: options,
  },
  PASS: {
    argument: "optional",
    login: "free",
    secret: true,
    help: "Syntax: PASS [<SP> password] (set user password).",
    run: pass,
  },
  PASV: {
    argument: "none",
    login: "needed",
    data: "endpoint",
    help: "Syntax: PASV (open passive data connection).",
    run: passive,
  },
  PORT: {
    argument: "required",
    login: "needed",
    data: "endpoint",
    help: "Syntax: PORT <sp> h,h,h,h,p,p (open active data connection).",
    run: port,
  },
  PWD: {
    argument: "none",
    login: "needed",
    help: "Syntax: PWD (get current working directory).",
    run: printDirectory,
  },
  QUIT: {
    argument: "none",
    login: "free",
    help: "Syntax: QUIT (quit current session).",
    run: quit,
  },
  REIN: {
    argument: "none",
    login: "needed",
    help: "Syntax: REIN (flush account).",
    run: rein,
  },
  REST: {
    argument: "required",
    login: "needed",
    help: "Syntax: REST <SP> offset (set file offset).",
    feature: "REST STREAM",
    run: restart,
  },
  RETR: {
    argument: "required",
    login: "needed",
    action: "read",
    path: "whole",
    data: "transfer",
    help: "Syntax: RETR <SP> file-name (retrieve a file).",
    run: retrieve,
  },
  RMD: {
    argument: "required",
    login: "needed",
    action: "delete",
    path: "whole",
    help: "Syntax: RMD <SP> dir-name (remove directory).",
    run: removeDirectory,
  },
  RNFR: {
    argument: "required",
    login: "needed",
    action: "rename",
    path: "whole",
    forgets: "rename",
    help: "Syntax: RNFR <SP> file-name (rename (source name)).",
    run: renameFrom,
  },
  RNTO: {
    argument: "required",
    login: "needed",
    action: "rename",
    path: "whole",
    help: "Syntax: RNTO <SP> file-name (rename (destination name)).",
    run: renameTo,
  },
  SITE: {
    argument: "required",
    login: "free",
    help: "Syntax: SITE <SP> site-command (execute SITE command).",
    run: site,
  },
  "SITE CHMOD": {
    argument: "two",
    login: "needed",
    action: "chmod",
    path: "second",
    help: "Syntax: SITE CHMOD <SP> mode path (change file mode).",
    run: changeMode,
  },
  "SITE HELP": {
    argument: "optional",
    login: "free",
    help: "Syntax: SITE HELP [<SP> cmd] (show SITE command help).",
    run: siteHelp,
  },
  SIZE: {
    argument: "required",
    login: "needed",
    action: "list",
    path: "whole",
    help: "Syntax: SIZE <SP> file-name (get file size).",
    feature: "SIZE",
    run: size,
  },
  STAT: {
    argument: "optional",
    login: "with-argument",
    action: "list",
    path: "listing-if-given",
    globs: "refused",
    lane: "interrupt",
    help: "Syntax: STAT [<SP> path name] (server stats [list files]).",
    run: status,
  },
  STOR: {
    argument: "required",
    login: "needed",
    action: "write",
    path: "whole",
    data: "transfer",
    help: "Syntax: STOR <SP> file-name (store a file).",
    run: store,
  },
  STOU: {
    argument: "optional",
    login: "needed",
    path: "whole",
    data: "transfer",
    help: "Syntax: STOU [<SP> name] (store a file with a unique name).",
    run: storeUnique,
  },
  STRU: {
    argument: "required",
    login: "needed",
    help: "Syntax: STRU <SP> type (noop; set file structure).",
    run: structure,
  },
  SYST: {
    argument: "none",
    login: "free",
    help: "Syntax: SYST (get operating system type).",
    run: system,
  },
  TYPE: {
    argument: "required",
    login: "needed",
    help: "Syntax: TYPE <SP> [A | I] (set transfer type).",
    run: type,
  },
  USER: {
    argument: "required",
    login: "free",
    secret: true,
    help: "Syntax: USER <SP> user-name (set username).",
    run: user,
  },
};

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

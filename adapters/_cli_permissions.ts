import { realpathSync } from "node:fs";
import { isIP } from "node:net";
import { resolve } from "node:path";
import process from "node:process";
import type { CliFolder, CliHost, CliNeeds, CliNote } from "../lib/cli/host.ts";
import { TOKEN_VARIABLE } from "../lib/cli/external_users.ts";
import { PermissionError } from "../lib/cli/permission_error.ts";
import {
  flagFor,
  isGranted,
  NETWORK_INTERFACES,
  permissionHost,
  request,
  SPAWN_VARIABLE,
  STATFS,
} from "./_deno_permissions.ts";
import { mayOpenScreen, SCREEN_VARIABLES } from "./_live_screen.ts";
import type { DenoPermission } from "./_runtime_types.ts";
import { STATE_VARIABLES, stateFolder } from "./_state_folder.ts";

/** See {@linkcode CliHost.permit}; for Deno. */
export async function permit(needs: CliNeeds): Promise<readonly CliNote[]> {
  const refused = [
    ...await requestNetwork(needs),
    ...await requestFiles(needs),
    ...await requestCertificate(needs),
    ...await requestAll(variables(needs)),
    ...await requestExternal(needs),
  ];
  refuse(refused);
  return notesFor(needs);
}

/** See {@linkcode CliHost.permitFolders}; for Deno. */
export async function permitFolders(
  folders: readonly CliFolder[],
): Promise<void> {
  const refused: DenoPermission[] = [];
  for (const folder of folders) refused.push(...await requestFolder(folder));
  refuse(refused);
}

function refuse(refused: readonly DenoPermission[]): void {
  if (refused.length === 0) return;
  const things = refused.map(describe).join(", ");
  throw new PermissionError(
    `Cannot start: Deno was not allowed ${things}`,
    `Add to 'deno run': ${refused.map(flagFor).map(quoted).join(" ")}`,
  );
}

/** The environment as far as it may be read; the rest looks as if not set. */
export function allowedEnvironment(): CliHost["env"] {
  return new Proxy<Record<string, string | undefined>>({}, {
    get: (_, variable) =>
      typeof variable === "string" && isGranted({ name: "env", variable })
        ? process.env[variable]
        : undefined,
  });
}

async function requestNetwork(
  needs: CliNeeds,
): Promise<readonly DenoPermission[]> {
  const { interface: address, port } = needs;
  // A name is looked up first; what it stands for is not known before.
  if (address === null || isIP(address) === 0) {
    return await requestAll([{ name: "net" }]);
  }
  // Whoever allows one port alone wants it so, and knows what to allow else.
  const host = permissionHost(address, port);
  if (isGranted({ name: "net", host })) return [];
  return await requestAll([{ name: "net", host: permissionHost(address) }]);
}

async function requestFiles(
  needs: CliNeeds,
): Promise<readonly DenoPermission[]> {
  const { passwordFile, usersFile, directory, write, others = [] } = needs;
  const files = [passwordFile, usersFile].filter((file) => file !== null);
  const refused = [
    ...await requestAll(
      files.map((file) => ({ name: "read", path: resolve(file) })),
    ),
    ...await requestFolder({ path: directory, write }),
  ];
  for (const other of others) refused.push(...await requestFolder(other));
  return refused;
}

async function requestFolder(
  folder: CliFolder,
): Promise<readonly DenoPermission[]> {
  const named = resolve(folder.path);
  const unread = await requestAll([{ name: "read", path: named }]);
  // Without the first permission, nobody knows where a link leads.
  const path = unread.length > 0 ? named : realPath(named);
  return [
    ...unread,
    ...(path === named ? [] : await requestAll([{ name: "read", path }])),
    ...(folder.write ? await requestAll([{ name: "write", path }]) : []),
  ];
}

/** The files that are named, or the folder where one is kept. */
async function requestCertificate(
  needs: CliNeeds,
): Promise<readonly DenoPermission[]> {
  const { certificateFiles } = needs;
  if (certificateFiles === null) return [];
  if (certificateFiles.length > 0) {
    return await requestAll(
      certificateFiles.map((file) => ({ name: "read", path: resolve(file) })),
    );
  }
  const refused = await requestAll(
    STATE_VARIABLES.map((variable) => ({ name: "env", variable })),
  );
  const folder = stateFolder(allowedEnvironment());
  return [
    ...refused,
    ...(folder === null ? [] : await requestAll([
      { name: "read", path: folder },
      { name: "write", path: folder },
    ])),
  ];
}

/** The program is run, or the service is spoken to; folders come later. */
async function requestExternal(
  { external }: CliNeeds,
): Promise<readonly DenoPermission[]> {
  if (external === null) return [];
  if (external.kind === "program") {
    const variables = ["PATH", "HOME", "LANG"];
    await requestAll(variables.map((variable) => ({ name: "env", variable })));
    return await requestAll([
      { name: "run", command: resolve(external.path) },
      SPAWN_VARIABLE,
    ]);
  }
  await requestAll([{ name: "env", variable: TOKEN_VARIABLE }]);
  // What is no URL is refused with a better text soon.
  if (!URL.canParse(external.url)) return [];
  return await requestAll([{ name: "net", host: new URL(external.url).host }]);
}

function variables(needs: CliNeeds): readonly DenoPermission[] {
  const { variable } = needs;
  return variable === null ? [] : [{ name: "env", variable }];
}

/** Asks for one after the other; answers what was refused. */
async function requestAll(
  permissions: readonly DenoPermission[],
): Promise<readonly DenoPermission[]> {
  const refused: DenoPermission[] = [];
  for (const permission of permissions) {
    if (!await request(permission)) refused.push(permission);
  }
  return refused;
}

/** What is done without, and how to have it. */
function notesFor(needs: CliNeeds): readonly CliNote[] {
  const notes: CliNote[] = [];
  if (needs.interface === null && !isGranted(NETWORK_INTERFACES)) {
    notes.push({
      level: "info",
      message: "not showing the addresses of this machine: Deno needs " +
        flagFor(NETWORK_INTERFACES),
    });
  }
  if (!isGranted({ name: "read", path: "/etc/passwd" })) {
    notes.push({
      level: "debug",
      message: "not showing names of owners: Deno needs " +
        "--allow-read=/etc/passwd,/etc/group",
    });
  }
  if (!isGranted(STATFS)) {
    notes.push({
      level: "debug",
      message: "not looking for network file systems, which are slower so: " +
        `Deno needs ${flagFor(STATFS)}`,
    });
  }
  if (process.stderr.isTTY && !mayOpenScreen()) {
    notes.push({
      level: "debug",
      message: "not showing sessions and transfers below the log: Deno needs " +
        `--allow-env=${SCREEN_VARIABLES.join(",")}`,
    });
  }
  return notes;
}

function describe(permission: DenoPermission): string {
  switch (permission.name) {
    case "read":
      return `to read ${permission.path}`;
    case "write":
      return `to write to ${permission.path}`;
    case "net":
      return "to use the network";
    case "env":
      return `to read the variable ${permission.variable}`;
    case "sys":
      return `to ask the system for ${permission.kind}`;
    case "run":
      return `to run ${permission.command}`;
    case "ffi":
      return "to call the C library";
  }
}

/** A word for a shell. */
function quoted(word: string): string {
  if (/^[\w./:=,@%+[\]-]*$/.test(word)) return word;
  return `'${word.replaceAll("'", "'\\''")}'`;
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path; // There is none, as opening it will tell.
  }
}

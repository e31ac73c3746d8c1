import { type DenoPermission, runtimeGlobals } from "./_runtime_types.ts";

/** To know the addresses of this machine. */
export const NETWORK_INTERFACES: DenoPermission = {
  name: "sys",
  kind: "networkInterfaces",
};

/** To know the name of this machine. */
export const HOSTNAME: DenoPermission = { name: "sys", kind: "hostname" };

/** To know what kind of file system a folder lies on, and how full it is. */
export const STATFS: DenoPermission = { name: "sys", kind: "statfs" };

/** What `spawn` of `node:child_process` looks at, seen with Deno 2.9.5. */
export const SPAWN_VARIABLE: DenoPermission = {
  name: "env",
  variable: "NODE_V8_COVERAGE",
};

/**
 * Whether this program may do something, without asking the user. Other
 * runtimes than Deno have no permissions and allow everything.
 */
export function isGranted(permission: DenoPermission): boolean {
  const deno = runtimeGlobals.Deno;
  if (deno === undefined) return true;
  return deno.permissions.querySync(permission).state === "granted";
}

/**
 * The same, after asking the user at the terminal if there is one and it is
 * not decided yet.
 */
export async function request(permission: DenoPermission): Promise<boolean> {
  if (isGranted(permission)) return true;
  const status = await runtimeGlobals.Deno!.permissions.request(permission);
  return status.state === "granted";
}

/** The option of Deno that allows something. */
export function flagFor(permission: DenoPermission): string {
  const { name, ...details } = permission;
  const [detail] = Object.values(details);
  // A comma would begin a second detail.
  return detail === undefined || detail.includes(",")
    ? `--allow-${name}`
    : `--allow-${name}=${detail}`;
}

/** An address as Deno's permissions name it. */
export function permissionHost(hostname: string, port?: number): string {
  const host = hostname.includes(":") ? `[${hostname}]` : hostname;
  return port === undefined ? host : `${host}:${port}`;
}

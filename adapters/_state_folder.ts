import { join } from "node:path";
import process from "node:process";

const NAME = "anyftpd";

/** The variables that may be looked at, for the permissions of Deno. */
export const STATE_VARIABLES: readonly string[] = process.platform === "win32"
  ? ["LOCALAPPDATA"]
  : process.platform === "darwin"
  ? ["HOME"]
  : ["XDG_STATE_HOME", "HOME"];

/**
 * Where a program keeps what it must find again and nobody else wants; `null`
 * when the environment does not tell.
 */
export function stateFolder(
  env: Readonly<Record<string, string | undefined>>,
): string | null {
  const below = (variable: string, ...folders: string[]): string | null => {
    const value = env[variable];
    return value === undefined || value === ""
      ? null
      : join(value, ...folders, NAME);
  };
  switch (process.platform) {
    case "win32":
      return below("LOCALAPPDATA");
    case "darwin":
      return below("HOME", "Library", "Application Support");
    default:
      return below("XDG_STATE_HOME") ?? below("HOME", ".local", "state");
  }
}

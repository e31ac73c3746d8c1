import { readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { isGranted } from "./_deno_permissions.ts";

/** How long the names of users and groups are kept. */
const LIFE_MS = 60_000;

/**
 * Names of users and groups by number, from `/etc/passwd` and `/etc/group`.
 *
 * The files are read when a name is asked for and they were last read a minute
 * ago. Users of a directory service (LDAP, Active Directory) are not in them
 * and have no name here; listings then show the number. So they do on Deno
 * without the permission to read the files.
 */
export class OwnerNames {
  readonly #file: string;
  #names: ReadonlyMap<number, string> = new Map();
  #readAt = -Infinity;

  constructor(file: string) {
    this.#file = file;
  }

  /** The name of a number, if it has one. */
  get(id: number): string | undefined {
    const now = performance.now();
    if (now - this.#readAt >= LIFE_MS) {
      this.#readAt = now;
      this.#names = parseNames(readText(this.#file));
    }
    return this.#names.get(id);
  }
}

/** Numbers and names of `name:password:number:…` lines; the first one wins. */
export function parseNames(text: string): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  for (const line of text.split("\n")) {
    const [name = "", , number = ""] = line.split(":", 3);
    if (name === "" || !/^\d+$/.test(number)) continue;
    if (!names.has(Number(number))) names.set(Number(number), name);
  }
  return names;
}

/** Names of users. */
export const users: OwnerNames = new OwnerNames("/etc/passwd");

/** Names of groups. */
export const groups: OwnerNames = new OwnerNames("/etc/group");

function readText(path: string): string {
  try {
    // Deno would ask at the terminal, for each listing.
    if (!isGranted({ name: "read", path })) return "";
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

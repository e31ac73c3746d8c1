import { fstat, fstatSync, type Stats } from "node:fs";
import { promisify } from "node:util";
import { ConfigError } from "../lib/base/errors.ts";
import {
  type AnyStats,
  blockingCalls,
  type FileCallSets,
  pooledCalls,
} from "./_file_calls.ts";
import type { ReadNames } from "./_folder_names.ts";
import type { HostPath } from "./_host_path.ts";
import {
  type DenoApi,
  type DenoFileInfo,
  runtimeGlobals,
} from "./_runtime_types.ts";

const fstatLater = promisify(fstat) as (descriptor: number) => Promise<Stats>;

/**
 * The file calls of Deno: its own where they are clearly faster, `node:fs` for
 * the rest.
 *
 * `node:fs` turns what `Deno.lstat` says into an object with seven defined
 * properties, which takes three times as long as the call itself. Its
 * `opendirSync` reads a whole folder before it answers one name and holds up
 * everybody, for 0.15 s at 100,000 names; `Deno.readDir` holds up nobody.
 * Opening stays with `node:fs`: the jail needs flags and descriptors that Deno
 * does not offer. For the rest, reading and writing among it, Deno's own calls
 * are no faster (seen with 2.9).
 *
 * @throws {ConfigError} on another runtime
 */
export function denoFileCalls(): FileCallSets {
  const deno = runtimeGlobals.Deno;
  if (deno === undefined) {
    throw new ConfigError(
      "Cannot use the deno adapter: globalThis.Deno is missing",
    );
  }
  const readNames = readNamesOf(deno);
  return {
    blocking: {
      ...blockingCalls,
      stat: (path) => new DenoStats(deno.statSync(textOf(path))),
      lstat: (path) => new DenoStats(deno.lstatSync(textOf(path))),
      // Without `exact`: numbers, as of `lstat`, for the jail to compare.
      fstat: (descriptor, alias) =>
        alias === undefined
          ? fstatSync(descriptor)
          : new DenoStats(deno.statSync(textOf(alias))),
      linkAt: (path) => {
        try {
          const { isSymlink } = deno.lstatSync(textOf(path));
          return isSymlink ? blockingCalls.readlink(path) : null;
        } catch (error) {
          if ((error as Error).name === "NotFound") return undefined;
          throw error;
        }
      },
      readNames,
    },
    pooled: {
      ...pooledCalls,
      stat: async (path) => new DenoStats(await deno.stat(textOf(path))),
      lstat: async (path) => new DenoStats(await deno.lstat(textOf(path))),
      fstat: async (descriptor, alias) =>
        alias === undefined
          ? await fstatLater(descriptor)
          : new DenoStats(await deno.stat(textOf(alias))),
      readNames,
    },
  };
}

/** What Deno says of a file, as `node:fs` would. */
class DenoStats implements AnyStats {
  readonly dev: number;
  readonly ino: number;
  readonly mode: number;
  readonly nlink: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly mtimeMs: number;
  readonly birthtimeMs: number;
  readonly #info: DenoFileInfo;

  constructor(info: DenoFileInfo) {
    this.dev = info.dev;
    this.ino = info.ino ?? 0;
    this.mode = info.mode ?? 0;
    this.nlink = info.nlink ?? 0;
    this.uid = info.uid ?? 0;
    this.gid = info.gid ?? 0;
    this.size = info.size;
    this.mtimeMs = info.mtime?.getTime() ?? 0;
    this.birthtimeMs = info.birthtime?.getTime() ?? 0;
    this.#info = info;
  }

  isFile(): boolean {
    return this.#info.isFile;
  }

  isDirectory(): boolean {
    return this.#info.isDirectory;
  }

  isSymbolicLink(): boolean {
    return this.#info.isSymlink;
  }
}

function readNamesOf(deno: DenoApi): ReadNames {
  return async function* (folder, atMost): AsyncGenerator<string[]> {
    let names: string[] = [];
    for await (const { name } of deno.readDir(textOf(folder))) {
      names.push(name);
      if (names.length < atMost) continue;
      yield names;
      names = [];
    }
    if (names.length > 0) yield names;
  };
}

/** `hostPath` makes no bytes on Deno. */
function textOf(path: HostPath): string {
  return path as string;
}

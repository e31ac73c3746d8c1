import { FileError } from "../base/errors.ts";
import { parentPath, resolvePath } from "../protocol/path.ts";
import type { FileSystem } from "../spi/file_system.ts";
import type { CommandSpec } from "./command.ts";

/** What became of an argument: its path, and what is left of it. */
export interface PathArgument {
  /** Absolute virtual path; empty when the command has none this time. */
  readonly path: string;
  readonly argument: string;
}

/** Options of LIST as clients send them: `-la`, `-a -1`. */
const LIST_OPTIONS = /^(?:-[A-Za-z0-9]*(?: +|$))+/;

/** Finds the path in an argument, as the command's columns say. */
export async function pathArgument(
  spec: CommandSpec,
  argument: string,
  workingDirectory: string,
  files: FileSystem,
): Promise<PathArgument> {
  const at = (word: string): string => resolvePath(workingDirectory, word);
  const kind = spec.path;
  if (kind === undefined) return { path: "", argument };
  switch (kind) {
    case "whole":
      return { path: at(argument), argument };
    case "whole-or-root":
      return { path: at(argument === "" ? "/" : argument), argument };
    case "parent":
      return { path: parentPath(workingDirectory), argument };
    case "second": {
      const space = argument.indexOf(" ");
      return {
        path: at(argument.slice(space + 1)),
        argument: argument.slice(0, space),
      };
    }
    case "listing-if-given":
      if (argument === "") return { path: "", argument };
      return await listingPath(argument, at, files);
    case "listing":
      return await listingPath(argument, at, files);
  }
}

/**
 * A word that begins with `-` is a name when there is such a file, and options
 * otherwise: whatever letters it has, it is never taken for a missing name.
 */
async function listingPath(
  argument: string,
  at: (word: string) => string,
  files: FileSystem,
): Promise<PathArgument> {
  if (argument.startsWith("-") && !await exists(files, at(argument))) {
    const rest = argument.replace(LIST_OPTIONS, "");
    return { path: at(rest), argument: rest };
  }
  return { path: at(argument), argument };
}

async function exists(files: FileSystem, path: string): Promise<boolean> {
  try {
    await files.stat(path, { followLinks: false });
    return true;
  } catch (error) {
    if (error instanceof FileError) return false;
    throw error;
  }
}

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

/** One option as clients send them, `-la`, with the spaces behind it. */
const LIST_OPTION = /^-[^ ]* */;

/**
 * What begins with `-` is a name when there is such a file, and an option
 * otherwise: whatever letters it has, it is never taken for a missing name.
 */
async function listingPath(
  argument: string,
  at: (word: string) => string,
  files: FileSystem,
): Promise<PathArgument> {
  let rest = argument;
  while (rest.startsWith("-") && !await exists(files, at(rest))) {
    rest = rest.replace(LIST_OPTION, "");
  }
  return { path: at(rest), argument: rest };
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

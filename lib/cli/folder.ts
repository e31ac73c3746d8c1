import { atomicUploads } from "../fs/atomic_uploads.ts";
import { noOverwrite } from "../fs/no_overwrite.ts";
import type { FileSystem } from "../spi/file_system.ts";
import type { CliOptions } from "./options.ts";

/** A folder as the options want it shared. */
export function asShared(
  folder: FileSystem,
  options: CliOptions,
): FileSystem {
  const kept = options.noOverwrite ? noOverwrite(folder) : folder;
  return options.atomicUploads ? atomicUploads(kept) : kept;
}

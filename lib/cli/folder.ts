import { atomicUploads } from "../fs/atomic_uploads.ts";
import type { FileSystem } from "../spi/file_system.ts";
import type { CliOptions } from "./options.ts";

/** A folder as the options want it shared. */
export function asShared(
  folder: FileSystem,
  options: CliOptions,
): FileSystem {
  return options.atomicUploads ? atomicUploads(folder) : folder;
}

import { atomicUploads } from "../fs/atomic_uploads.ts";
import type { FileSystem } from "../spi/file_system.ts";
import type { CliHost } from "./host.ts";
import type { CliOptions } from "./options.ts";

/**
 * A folder as the options want it shared.
 *
 * @throws {ConfigError} when it is no folder
 */
export function openFolder(
  path: string,
  options: CliOptions,
  host: CliHost,
): FileSystem {
  const folder = host.openFolder(path);
  return options.atomicUploads ? atomicUploads(folder) : folder;
}

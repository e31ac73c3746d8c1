import { denoFileCalls } from "./_deno_file_calls.ts";
import { withFileCalls } from "./_file_calls.ts";
import { LocalFileSystem as NodeFileSystem } from "./_local_file_system.ts";
import type { LocalFileSystemOptions } from "./_local_files.ts";
import { runtimeName } from "./_runtime.ts";

/**
 * The class behind `localFileSystem`, to build upon: every call of it may be
 * overridden. Each does the whole of its work, so that overriding one changes
 * no other.
 */
export class LocalFileSystem extends NodeFileSystem {
  /**
   * The folder `root`, as `localFileSystem` shares it.
   *
   * @throws {ConfigError} there is no such folder
   */
  constructor(root: string, options: LocalFileSystemOptions = {}) {
    super(
      root,
      runtimeName() === "deno"
        ? withFileCalls(options, denoFileCalls())
        : options,
    );
  }
}

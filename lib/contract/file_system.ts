import { collectCases, type ContractCase } from "./cases.ts";
import { contentsCases } from "./file_system_contents.ts";
import {
  type FullFixture,
  fullFixture,
  type MakeFileSystem,
} from "./file_system_fixture.ts";
import { linksCases } from "./file_system_links.ts";
import { listingCases } from "./file_system_listing.ts";
import { namesCases } from "./file_system_names.ts";
import { treeCases } from "./file_system_tree.ts";

/**
 * What every `FileSystem` must do, whatever it keeps its files on: what the
 * server relies on, and what clients have learned to expect. The file systems
 * of this package pass all of it.
 *
 * @param make an empty file system, and what it can do; called for each case
 *
 * @example
 * ```ts
 * import { fileSystemContract } from "anyftpd/contract";
 * import { MemoryFileSystem } from "anyftpd/core";
 *
 * const cases = fileSystemContract(() => ({
 *   fileSystem: new MemoryFileSystem(),
 *   rawNames: true,
 * }));
 * for (const { name, run } of cases.slice(0, 3)) {
 *   console.assert(await run() === "passed", name);
 * }
 * ```
 */
export function fileSystemContract(
  make: MakeFileSystem,
): readonly ContractCase[] {
  return collectCases<FullFixture>(
    {
      contents: contentsCases,
      tree: treeCases,
      names: namesCases,
      listing: listingCases,
      links: linksCases,
    },
    async () => fullFixture(await make()),
  );
}

import { describe, expect, test } from "vitest";
import { fileSystemContract } from "../../lib/contract/file_system.ts";
import type { FileSystemFixture } from "../../lib/contract/file_system_fixture.ts";

/** Our own file systems lack nothing: no case is skipped. */
export function describeFileSystem(
  name: string,
  make: () => Required<FileSystemFixture>,
): void {
  describe(`${name} file system`, () => {
    for (const { name, run } of fileSystemContract(make)) {
      test(name, async () => expect(await run()).toBe("passed"));
    }
  });
}

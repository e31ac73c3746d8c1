import { afterEach, beforeEach, describe } from "vitest";
import type {
  FileSystemFixture,
  MakeFileSystem,
} from "./_file_system_fixture.ts";
import { describeContents } from "./_file_system_contents.ts";
import { describeLinks } from "./_file_system_links.ts";
import { describeListing } from "./_file_system_listing.ts";
import { describeNames } from "./_file_system_names.ts";
import { describeTree } from "./_file_system_tree.ts";

/** What every `FileSystem` must do, whatever it keeps its files on. */
export function describeFileSystem(name: string, make: MakeFileSystem): void {
  describe(`${name} file system`, () => {
    let fixture: FileSystemFixture;
    beforeEach(() => {
      fixture = make();
    });
    afterEach(() => fixture.dispose());

    const current = (): FileSystemFixture => fixture;
    describe("contents", () => describeContents(current));
    describe("tree", () => describeTree(current));
    describe("names", () => describeNames(current));
    describe("listing", () => describeListing(current));
    describe("links", () => describeLinks(current));
  });
}

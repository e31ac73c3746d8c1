import { atomicUploads } from "../../lib/fs/atomic_uploads.ts";
import { MemoryFileSystem } from "../../lib/fs/memory_file_system.ts";
import { QuotaBook } from "../../lib/fs/quota_book.ts";
import { describeFileSystem } from "./file_system.ts";

const ENOUGH = { bytes: 2 ** 50, files: 1e9 };

describeFileSystem("memory with a quota and atomic uploads", () => {
  const files = new MemoryFileSystem();
  const root = "/";
  return {
    fileSystem: atomicUploads(
      new QuotaBook().keep({ fileSystem: files, root }, () => ENOUGH),
    ),
    makeLink: (path, target) => files.makeLink(path, target),
    makeSpecial: (path) => files.makeSpecial(path),
    outside: ["../..", "../../etc"],
    inside: (path) => path,
    rawNames: true,
    obeysModes: true,
    sparse: false,
    dispose: () => {},
  };
});

for (
  const [name, quota] of [
    ["memory with a quota", ENOUGH],
    ["memory that could have a quota", null],
  ] as const
) {
  describeFileSystem(name, () => {
    const files = new MemoryFileSystem();
    return {
      fileSystem: new QuotaBook().keep(
        { fileSystem: files, root: "/" },
        () => quota,
      ),
      makeLink: (path, target) => files.makeLink(path, target),
      makeSpecial: (path) => files.makeSpecial(path),
      outside: ["../..", "../../etc"],
      inside: (path) => path,
      rawNames: true,
      obeysModes: true,
      sparse: false,
      dispose: () => {},
    };
  });
}

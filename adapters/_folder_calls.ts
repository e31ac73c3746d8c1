import process from "node:process";
import { LIBC, nativeErrno, nativeFunctions } from "./_native_library.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** The functions of Linux's C library that listing a folder takes. */
export interface FolderCalls {
  /** `ssize_t getdents64(int, void *, size_t)`, for all of `into`. */
  getdents(descriptor: number, into: Bytes): number;
  /**
   * `int statx(int, const char *, int, unsigned, struct statx *)`; `name` ends
   * with a zero byte.
   */
  statx(
    folder: number,
    name: Bytes,
    flags: number,
    mask: number,
    into: Bytes,
  ): number;
  /** What went wrong in the call just made. */
  errno(): number;
}

const SIGNATURES = {
  getdents64: { parameters: ["i32", "buffer", "address"], result: "i64" },
  statx: {
    parameters: ["i32", "buffer", "i32", "u32", "buffer"],
    result: "i32",
  },
} as const;

let known: FolderCalls | null | undefined;

/**
 * The functions, or `null` when this program cannot call them: on other
 * systems than Linux, where the runtime has no way to call C or is not
 * permitted to, and where the C library is too old to have them. Looked for
 * once, when first asked for.
 *
 * They are apart from those that move files: a C library without statx(2)
 * shall not stop sendfile(2).
 */
export function folderCalls(): FolderCalls | null {
  if (known === undefined) known = load();
  return known;
}

function load(): FolderCalls | null {
  if (process.platform !== "linux") return null;
  try {
    const libc = nativeFunctions(LIBC, SIGNATURES);
    const errno = nativeErrno();
    if (libc === null || errno === null) return null;
    return {
      getdents: (descriptor, into) =>
        Number(libc.getdents64(descriptor, into, into.length)),
      statx: (folder, name, flags, mask, into) =>
        Number(libc.statx(folder, name, flags, mask, into)),
      errno,
    };
  } catch {
    return null;
  }
}

import { createRequire } from "node:module";
import process from "node:process";
import { isGranted } from "./_deno_permissions.ts";
import { LIBC } from "./_ffi_libc.ts";
import { runtimeName } from "./_runtime.ts";
import { runtimeGlobals } from "./_runtime_types.ts";

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

/** What all of the runtimes' ways have in common. */
interface Functions<Length> {
  getdents64(descriptor: number, into: unknown, length: Length):
    | number
    | bigint;
  statx(
    folder: number,
    name: unknown,
    flags: number,
    mask: number,
    into: unknown,
  ): number;
}

interface Koffi {
  load(library: null): {
    func(
      name: string,
      result: string,
      parameters: readonly string[],
      // deno-lint-ignore no-explicit-any -- as the C function
    ): any;
  };
  errno(): number;
}

interface NodeFfi {
  dlopen(library: string, definitions: object): {
    readonly functions: Functions<bigint> & { __errno_location(): bigint };
  };
  getInt32(address: bigint, offset: number): number;
}

interface BunFfi {
  dlopen(library: string, definitions: object): {
    readonly symbols: Functions<number> & { __errno_location(): number };
  };
  readonly read: { i32(address: number, offset: number): number };
}

interface DenoFfi {
  dlopen(library: string, definitions: object): {
    readonly symbols: Functions<bigint> & { __errno_location(): object };
  };
  readonly UnsafePointerView: new (pointer: object) => { getInt32(): number };
}

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
    switch (runtimeName()) {
      case "deno":
        return denoCalls();
      case "bun":
        return bunCalls();
      case "node":
        return nodeCalls();
    }
  } catch {
    return null;
  }
}

function nodeCalls(): FolderCalls {
  const require = createRequire(import.meta.url);
  try {
    return koffiCalls(require("koffi"));
  } catch {
    // Not installed: Node 26 has a way of its own.
    return builtinCalls();
  }
}

function koffiCalls(koffi: Koffi): FolderCalls {
  // What the program has loaded already, whatever its name is.
  const program = koffi.load(null);
  const out = "_Out_ void *";
  const getdents = program.func("getdents64", "long", ["int", out, "size_t"]);
  return {
    getdents: (descriptor, into) => getdents(descriptor, into, into.length),
    statx: program.func("statx", "int", ["int", "void *", "int", "uint", out]),
    errno: () => koffi.errno(),
  };
}

function builtinCalls(): FolderCalls {
  const ffi = process.getBuiltinModule("node:ffi") as unknown as NodeFfi;
  const { functions } = ffi.dlopen(LIBC, {
    getdents64: { arguments: ["int32", "pointer", "uint64"], return: "int64" },
    statx: {
      arguments: ["int32", "pointer", "int32", "uint32", "pointer"],
      return: "int32",
    },
    __errno_location: { arguments: [], return: "pointer" },
  });
  return {
    getdents: (descriptor, into) =>
      Number(
        functions.getdents64(descriptor, into.buffer, BigInt(into.length)),
      ),
    statx: (folder, name, flags, mask, into) =>
      functions.statx(folder, name.buffer, flags, mask, into.buffer),
    errno: () => ffi.getInt32(functions.__errno_location(), 0),
  };
}

function bunCalls(): FolderCalls {
  const ffi: BunFfi = createRequire(import.meta.url)("bun:ffi");
  const { symbols } = ffi.dlopen(LIBC, {
    getdents64: { args: ["i32", "ptr", "u64"], returns: "i64_fast" },
    statx: { args: ["i32", "ptr", "i32", "u32", "ptr"], returns: "i32" },
    __errno_location: { args: [], returns: "ptr" },
  });
  return {
    getdents: (descriptor, into) =>
      Number(symbols.getdents64(descriptor, into, into.length)),
    statx: (folder, name, flags, mask, into) =>
      symbols.statx(folder, name, flags, mask, into),
    errno: () => ffi.read.i32(symbols.__errno_location(), 0),
  };
}

/** With everything of that kind permitted; nobody is asked. */
function denoCalls(): FolderCalls | null {
  if (!isGranted({ name: "ffi" })) return null;
  const deno = runtimeGlobals.Deno as unknown as DenoFfi;
  const { symbols } = deno.dlopen(LIBC, {
    getdents64: { parameters: ["i32", "buffer", "usize"], result: "isize" },
    statx: {
      parameters: ["i32", "buffer", "i32", "u32", "buffer"],
      result: "i32",
    },
    __errno_location: { parameters: [], result: "pointer" },
  });
  return {
    getdents: (descriptor, into) =>
      Number(symbols.getdents64(descriptor, into, BigInt(into.length))),
    statx: (folder, name, flags, mask, into) =>
      symbols.statx(folder, name, flags, mask, into),
    errno: () =>
      new deno.UnsafePointerView(symbols.__errno_location()).getInt32(),
  };
}

import { createRequire } from "node:module";
import process from "node:process";
import { LIBC, type Libc } from "./_ffi_libc.ts";

/** What is used of the package `koffi`. */
interface Koffi {
  load(library: string | null): {
    func(
      name: string,
      result: string,
      parameters: readonly string[],
      // deno-lint-ignore no-explicit-any -- as the C function
    ): (...values: any[]) => any;
  };
  errno(): number;
}

/** What is used of `node:ffi`. */
interface NodeFfi {
  dlopen(
    library: string,
    definitions: Readonly<
      Record<
        string,
        { readonly arguments: readonly string[]; readonly return: string }
      >
    >,
  ): {
    readonly functions: {
      sendfile(
        socket: number,
        file: number,
        offset: ArrayBuffer,
        length: bigint,
      ): bigint;
      splice(
        from: number,
        fromOffset: bigint,
        to: number,
        toOffset: ArrayBuffer | bigint,
        length: bigint,
        flags: number,
      ): bigint;
      read(descriptor: number, into: ArrayBuffer, length: bigint): bigint;
      pipe2(ends: ArrayBuffer, flags: number): number;
      fcntl(descriptor: number, command: number, argument: number): number;
      close(descriptor: number): number;
      __errno_location(): bigint;
    };
  };
  getInt32(address: bigint, offset: number): number;
}

/**
 * The C library by `koffi`, an optional dependency, or by `node:ffi`, which
 * Node has from 26 on: the second, as it warns that it is experimental.
 */
export function nodeLibc(): Libc | null {
  return koffiLibc() ?? ffiLibc();
}

function koffiLibc(): Libc | null {
  let koffi: Koffi;
  try {
    koffi = createRequire(import.meta.url)("koffi");
  } catch {
    return null;
  }
  // What the program has loaded already, whatever its name is.
  const program = koffi.load(null);
  const splice = program.func("splice", "int64_t", [
    "int",
    "int64_t *",
    "int",
    "int64_t *",
    "size_t",
    "uint",
  ]);
  const read = program.func("read", "int64_t", [
    "int",
    "_Out_ void *",
    "size_t",
  ]);
  return {
    sendfile: program.func("sendfile", "int64_t", [
      "int",
      "int",
      "int64_t *",
      "size_t",
    ]),
    splice: (from, to, offset, length, flags) =>
      splice(from, null, to, offset, length, flags),
    read: (descriptor, into) => read(descriptor, into, into.length),
    pipe2: program.func("pipe2", "int", ["_Out_ int *", "int"]),
    fcntl: program.func("fcntl", "int", ["int", "int", "int"]),
    close: program.func("close", "int", ["int"]),
    errno: () => koffi.errno(),
  };
}

/** A pointer to nothing. */
const NULL = 0n;

function ffiLibc(): Libc | null {
  const ffi = process.getBuiltinModule("node:ffi") as NodeFfi | undefined;
  if (ffi === undefined) return null;
  const { functions } = ffi.dlopen(LIBC, {
    sendfile: {
      arguments: ["int32", "int32", "pointer", "uint64"],
      return: "int64",
    },
    splice: {
      arguments: ["int32", "pointer", "int32", "pointer", "uint64", "uint32"],
      return: "int64",
    },
    read: { arguments: ["int32", "pointer", "uint64"], return: "int64" },
    pipe2: { arguments: ["pointer", "int32"], return: "int32" },
    fcntl: { arguments: ["int32", "int32", "int32"], return: "int32" },
    close: { arguments: ["int32"], return: "int32" },
    __errno_location: { arguments: [], return: "pointer" },
  });
  const { fcntl, close, __errno_location: errnoLocation } = functions;
  return {
    sendfile: (socket, file, offset, length) =>
      functions.sendfile(socket, file, offset.buffer, BigInt(length)),
    splice: (from, to, offset, length, flags) =>
      functions.splice(
        from,
        NULL,
        to,
        offset?.buffer ?? NULL,
        BigInt(length),
        flags,
      ),
    read: (descriptor, into) =>
      functions.read(descriptor, into.buffer, BigInt(into.length)),
    pipe2: (ends, flags) => functions.pipe2(ends.buffer, flags),
    fcntl: (descriptor, command, argument) =>
      fcntl(descriptor, command, argument),
    close: (descriptor) => close(descriptor),
    errno: () => ffi.getInt32(errnoLocation(), 0),
  };
}

import { isGranted } from "./_deno_permissions.ts";
import { LIBC, type Libc } from "./_ffi_libc.ts";
import { runtimeGlobals } from "./_runtime_types.ts";

/** What is used of `Deno.dlopen` and `Deno.UnsafePointerView`. */
interface DenoFfi {
  dlopen(
    library: string,
    definitions: Readonly<
      Record<
        string,
        { readonly parameters: readonly string[]; readonly result: string }
      >
    >,
  ): {
    readonly symbols: {
      sendfile(
        socket: number,
        file: number,
        offset: BigInt64Array,
        length: bigint,
      ): bigint;
      splice(
        from: number,
        fromOffset: null,
        to: number,
        toOffset: BigInt64Array | null,
        length: bigint,
        flags: number,
      ): bigint;
      read(descriptor: number, into: Uint8Array, length: bigint): bigint;
      pipe2(ends: Int32Array, flags: number): number;
      fcntl(descriptor: number, command: number, argument: number): number;
      close(descriptor: number): number;
      __errno_location(): object;
    };
  };
  readonly UnsafePointerView: new (pointer: object) => {
    getInt32(): number;
  };
}

/**
 * The C library by `Deno.dlopen`, when everything of that kind is permitted; a
 * single library would have to be one of a path. Nobody is asked.
 */
export function denoLibc(): Libc | null {
  if (!isGranted({ name: "ffi" })) return null;
  const deno = runtimeGlobals.Deno as unknown as DenoFfi;
  const { symbols } = deno.dlopen(LIBC, {
    sendfile: {
      parameters: ["i32", "i32", "buffer", "usize"],
      result: "isize",
    },
    splice: {
      parameters: ["i32", "buffer", "i32", "buffer", "usize", "u32"],
      result: "isize",
    },
    read: { parameters: ["i32", "buffer", "usize"], result: "isize" },
    pipe2: { parameters: ["buffer", "i32"], result: "i32" },
    fcntl: { parameters: ["i32", "i32", "i32"], result: "i32" },
    close: { parameters: ["i32"], result: "i32" },
    __errno_location: { parameters: [], result: "pointer" },
  });
  return {
    sendfile: (socket, file, offset, length) =>
      symbols.sendfile(socket, file, offset, BigInt(length)),
    splice: (from, to, offset, length, flags) =>
      symbols.splice(from, null, to, offset, BigInt(length), flags),
    read: (descriptor, into) =>
      symbols.read(descriptor, into, BigInt(into.length)),
    pipe2: (ends, flags) => symbols.pipe2(ends, flags),
    fcntl: (descriptor, command, argument) =>
      symbols.fcntl(descriptor, command, argument),
    close: (descriptor) => symbols.close(descriptor),
    errno: () =>
      new deno.UnsafePointerView(symbols.__errno_location()).getInt32(),
  };
}

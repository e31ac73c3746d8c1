import { createRequire } from "node:module";
import { LIBC, type Libc } from "./_ffi_libc.ts";

/** What is used of `bun:ffi`. */
interface BunFfi {
  dlopen(
    library: string,
    definitions: Readonly<
      Record<
        string,
        { readonly args: readonly string[]; readonly returns: string }
      >
    >,
  ): {
    readonly symbols: {
      sendfile(
        socket: number,
        file: number,
        offset: BigInt64Array,
        length: number,
      ): number | bigint;
      splice(
        from: number,
        fromOffset: null,
        to: number,
        toOffset: BigInt64Array | null,
        length: number,
        flags: number,
      ): number | bigint;
      read(descriptor: number, into: Uint8Array, length: number):
        | number
        | bigint;
      pipe2(ends: Int32Array, flags: number): number;
      fcntl(descriptor: number, command: number, argument: number): number;
      close(descriptor: number): number;
      __errno_location(): number;
    };
  };
  readonly read: { i32(address: number, offset: number): number };
}

/** The C library by `bun:ffi`. */
export function bunLibc(): Libc {
  const ffi: BunFfi = createRequire(import.meta.url)("bun:ffi");
  const { symbols } = ffi.dlopen(LIBC, {
    sendfile: { args: ["i32", "i32", "ptr", "u64"], returns: "i64_fast" },
    splice: {
      args: ["i32", "ptr", "i32", "ptr", "u64", "u32"],
      returns: "i64_fast",
    },
    read: { args: ["i32", "ptr", "u64"], returns: "i64_fast" },
    pipe2: { args: ["ptr", "i32"], returns: "i32" },
    fcntl: { args: ["i32", "i32", "i32"], returns: "i32" },
    close: { args: ["i32"], returns: "i32" },
    __errno_location: { args: [], returns: "ptr" },
  });
  return {
    sendfile: (socket, file, offset, length) =>
      symbols.sendfile(socket, file, offset, length),
    splice: (from, to, offset, length, flags) =>
      symbols.splice(from, null, to, offset, length, flags),
    read: (descriptor, into) => symbols.read(descriptor, into, into.length),
    pipe2: (ends, flags) => symbols.pipe2(ends, flags),
    fcntl: (descriptor, command, argument) =>
      symbols.fcntl(descriptor, command, argument),
    close: (descriptor) => symbols.close(descriptor),
    errno: () => ffi.read.i32(symbols.__errno_location(), 0),
  };
}
